"""A state that somebody gives to a region, in the form of the region's own snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from thalia_dask.errors import InputError
from thalia_dask.names import what_to_write
from thalia_dask.regions.base import Snapshot


def laid_over(present: Snapshot, given: Mapping[str, ArrayLike], region: str) -> Snapshot:
    """The present state with those entries replaced that are given.

    Raises
    ------
    InputError : for what is no mapping, an entry that the region does not have, another shape or kind of number, or
        numbers that are not finite.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"set_state: the state of region '{region}' is {given!r}; write a mapping, such as brain.state gives"
        )
    state = dict(present)
    for name, value in given.items():
        where = f"set_state: '{name}' of region '{region}'"
        if name not in present:
            raise InputError(f"{where}: it has no such entry; {what_to_write(str(name), present)}")
        state[name] = _alike(where, present[name], np.asarray(value))
    return state


def _alike(where: str, present: Any, values: NDArray[Any]) -> Any:
    """Values as the tensor, the array or the number that is there now."""
    now = np.asarray(present)
    if values.shape != now.shape or not np.can_cast(values.dtype, now.dtype, "same_kind"):
        raise InputError(
            f"{where} is of shape {values.shape} and dtype {values.dtype}; write shape {now.shape} and dtype "
            f"{now.dtype}, as brain.state gives it"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(f"{where} has numbers that are not finite; write finite ones")
    values = values.astype(now.dtype)
    if isinstance(present, np.ndarray):
        return values
    return torch.from_numpy(values) if isinstance(present, torch.Tensor) else values.item()
