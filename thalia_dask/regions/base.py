"""What the engine asks of a region. Nothing else is needed to bring your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from thalia_dask.spikes import Arrivals, SpikePacket
from thalia_dask.ticks import Window

if TYPE_CHECKING:  # describing a brain must not cost the two seconds that importing torch takes
    from torch import Tensor

Snapshot = dict[str, "Tensor | int | float"]


PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Observable:
    """A per-step quantity of a region that can be recorded.

    Attributes
    ----------
    dims : what it has a value for in each step: ``()`` for the region as a whole, ``("probe",)`` for each of the
        cells that are probed.
    comment : what a reader must know besides.
    """

    units: str
    long_name: str
    dims: tuple[str, ...] = ()
    comment: str = ""


def entry_as_array(name: str, value: Any, region: str | None = None) -> NDArray[Any]:
    """An entry of a snapshot that is no number, as an array on the CPU; ``region`` is for the error.

    Raises
    ------
    TypeError : if it is neither a tensor nor an array.
    """
    if isinstance(value, np.ndarray):
        return value
    try:
        return cast("NDArray[Any]", value.detach().cpu().numpy())
    except AttributeError:
        owner = "the snapshot" if region is None else f"the snapshot of region '{region}'"
        raise TypeError(
            f"the entry '{name}' in {owner} is a {type(value).__name__}; write a tensor, an array, an int or a float"
        ) from None


MEMBRANE_POTENTIAL_MEAN = "membrane_potential_mean"


class Region(ABC):
    """A stateful part of the brain that advances through windows of steps.

    Attributes
    ----------
    populations : name -> number of neurons; populations are consecutive slices of the neuron array.
    observables : what :meth:`observe` returns, declared once.
    probes : neurons whose observables of dim ``probe`` are returned; what ``recording.probes`` asks for, in
        ``RegionSpec.probes``.
    shares_arrays : whether it leaves arrays that it is given as they are, and never uses those again that it has
        returned; of others, copies travel.
    """

    populations: Mapping[str, int]
    observables: Mapping[str, Observable] = {}
    probes: Sequence[int] = ()
    shares_arrays: ClassVar[bool] = False

    @abstractmethod
    def advance(self, window: Window, arrivals: Arrivals) -> SpikePacket:
        """Step ``window.start … window.stop - 1`` and return the spikes emitted, ordered by (step, neuron).

        The result of two adjacent windows equals that of the two joined. ``arrivals.signals`` take effect
        before the first step.
        """

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """The complete state: membranes, weights, traces, noise, spikes in flight inside the region."""

    @abstractmethod
    def restore(self, snapshot: Snapshot) -> None:
        """Return to a state that :meth:`snapshot` gave; what follows is the same to the bit."""

    def observe(self) -> dict[str, NDArray[np.float32]]:
        """Each declared observable over the last window, float32, shape (steps,), or (steps, probes) with that dim.

        Values are those after each step.
        """
        return {}
