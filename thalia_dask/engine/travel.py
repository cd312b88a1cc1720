"""What moves between regions at one point in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalia_dask.errors import StateError
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.spikes import Int32Array, Signal
from thalia_dask.ticks import NEVER

_GREATEST = 1e300


@dataclass(frozen=True, slots=True, eq=False)
class TravelState:
    """With the regions' own snapshots, the whole state.

    Attributes
    ----------
    now : the next step to be computed.
    flights : spikes in flight, as :meth:`~thalia_dask.engine.event_queue.EventQueue.flights` gives them.
    signals : broadcasts that take effect at ``now``, in order.
    """

    now: int
    flights: Sequence[tuple[str, int, Int32Array, Int32Array]]
    signals: tuple[Signal, ...]


def check_travel(state: TravelState, regions: Sequence[RegionSpec]) -> None:
    """See that all of it arrives where there is something to arrive at.

    Raises
    ------
    StateError : naming what does not.
    """
    if not 0 <= state.now < NEVER:
        raise _refusal(f"{state.now} as the next step")
    incoming = {region.name: region.incoming for region in regions}
    for region, projection, steps, neurons in state.flights:
        if not (region in incoming and 0 <= projection < len(incoming[region])):
            raise _refusal(f"spikes in flight to projection {projection} of region '{region}', which there is not")
        source = incoming[region][projection]
        where = f"in flight from {source.source} to region '{region}'"
        if not _inside(neurons, 0, source.source_size):
            raise _refusal(f"spikes {where} of neurons beyond the {source.source_size} that project there")
        if not _inside(steps, state.now, NEVER) or (np.diff(steps) < 0).any():
            raise _refusal(f"spikes {where} at steps that are not in order from step {state.now} on")
    for signal in state.signals:
        if signal.step != state.now or not abs(signal.value) < _GREATEST:
            raise _refusal(f"a signal '{signal.name}' of {signal.value} at step {signal.step}, not {state.now}")


def _inside(values: Int32Array, first: int, end: int) -> bool:
    return bool(len(values)) and bool(((values >= first) & (values < end)).all())


def _refusal(what: str) -> StateError:
    return StateError(f"the state between regions cannot be restored: it has {what}; give that of this brain")
