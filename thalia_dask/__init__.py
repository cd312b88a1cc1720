"""Simulate multi-region spiking brains: every region a stateful Dask actor, every result an xarray Dataset."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thalia_dask.brain import DynamicBrain, simulate
    from thalia_dask.config import load_config
    from thalia_dask.distributed.described import open_cluster

__all__ = ["DynamicBrain", "load_config", "open_cluster", "simulate"]
__version__ = version("thalia_dask")

_HOME = {
    "DynamicBrain": "brain",
    "load_config": "config",
    "open_cluster": "distributed.described",
    "simulate": "brain",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: ``describe`` and the workers need only a part of the package."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
