"""What ``forward`` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import xarray as xr

from thalia_dask.notebook import block, table


class Result(Mapping[str, Any]):
    """The outcome of one ``forward``: a mapping for quick looks, a Dataset for everything.

    Keys
    ----
    ``spike_counts`` (region -> spikes), ``events_processed`` (packets that arrived anywhere, stimulus included: one
    holds all spikes of one projection that arrive in one step), ``n_timesteps``, ``start_step``.
    """

    def __init__(
        self, spike_counts: Mapping[str, int], events_processed: int, span: tuple[int, int], read: DatasetReader
    ) -> None:
        self._span = span
        self._read = read
        self._values: dict[str, Any] = {
            "spike_counts": dict(spike_counts),
            "events_processed": events_processed,
            "n_timesteps": span[1] - span[0],
            "start_step": span[0],
        }

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Everything recorded in these steps, dims (region, time); made when first asked for."""
        return self._read(*self._span)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _repr_html_(self) -> str:
        steps, start = self["n_timesteps"], self["start_step"]
        return block(
            f"Result: {steps:,} steps from step {start:,}, {self['events_processed']:,} events",
            table(("region", "spikes"), list(self["spike_counts"].items())),
        )

    def __repr__(self) -> str:
        counts = ", ".join(f"{region} {count}" for region, count in self["spike_counts"].items())
        return f"Result({self['n_timesteps']} steps from step {self['start_step']}; spikes: {counts})"


DatasetReader = Callable[[int, int], xr.Dataset]
"""Reads the steps ``start <= step < stop``."""
