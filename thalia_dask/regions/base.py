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


NUMERIC = "biufc"
"""Kinds of NumPy dtypes that are numbers: what else there is, does not come back from a file or a wire as it was."""


def plain_entries(snapshot: Any, region: str | None = None) -> dict[str, NDArray[Any] | bool | int | float]:
    """The entries of a snapshot, those that are no number as arrays on the CPU; ``region`` is for the error.

    Raises
    ------
    TypeError : if it is no mapping from names to tensors, arrays of numbers, and numbers.
    """
    whose = "the snapshot" if region is None else f"the snapshot of region '{region}'"
    if not isinstance(snapshot, Mapping):
        raise TypeError(
            f"{whose} is a {type(snapshot).__name__}; write a dict of tensors, arrays, ints and floats, {{}} where "
            "there is no state"
        )
    for name in snapshot:
        if not isinstance(name, str):
            raise TypeError(f"{whose} has an entry called {name!r}; write a text as its name")
    return {
        name: value if isinstance(value, bool | int | float) else _as_array(f"the entry '{name}' in {whose}", value)
        for name, value in snapshot.items()
    }


def _as_array(what: str, value: Any) -> NDArray[Any]:
    if str(getattr(value, "dtype", None)) == "torch.bfloat16":
        raise TypeError(f"{what} is of torch.bfloat16, which a file of arrays does not have; write x.float()")
    try:
        array = value if isinstance(value, np.ndarray) else cast("NDArray[Any]", value.detach().cpu().numpy())
    except AttributeError:
        raise TypeError(f"{what} is a {type(value).__name__}; write a tensor, an array, an int or a float") from None
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array, whose mask would be lost; write the mask as an entry of its own")
    if array.dtype.kind not in NUMERIC:
        raise TypeError(f"{what} has dtype {array.dtype}; write an array of numbers")
    if array.dtype.char in "gG" or not array.dtype.isnative:
        plain = {"g": "float64", "G": "complex128"}.get(array.dtype.char, array.dtype.name)
        raise TypeError(f"{what} has dtype {array.dtype}, which a file would change; write x.astype('{plain}')")
    return array


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
