"""A state that somebody gives to a region, in the form of the region's own snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thalia_dask.brain.arrays import as_array
from thalia_dask.errors import InputError
from thalia_dask.names import what_to_write
from thalia_dask.regions import create_region, find_kind
from thalia_dask.regions.base import Snapshot
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.spec import RegionSpec

if TYPE_CHECKING:
    from thalia_dask.regions.layout_region import LayoutRegion


def settled(spec: RegionSpec, present: Snapshot, now: int) -> Snapshot:
    """The state of step ``now`` with all that rules keep aside put into efficacies, by a region built for it."""
    kind = find_kind(spec.kind)
    if not isinstance(kind, SpikingKind) or not any(one.rule for one in kind.layout(spec).connections):
        return present
    region = cast("LayoutRegion", create_region(replace(spec, device="cpu")))
    region.restore(present)
    region.settle(now)
    return region.snapshot()


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
        state[name] = _alike(where, present[name], as_array(value, where))
    return state


def _alike(where: str, present: Any, values: NDArray[Any]) -> Any:
    """Values as the tensor, the array or the number that is there now."""
    now = np.asarray(present)
    if values.shape != now.shape or not np.can_cast(values.dtype, now.dtype, "same_kind"):
        raise InputError(
            f"{where} is of shape {values.shape} and dtype {values.dtype}; write shape {now.shape} and dtype "
            f"{now.dtype}, as brain.state gives it"
        )
    with np.errstate(over="ignore"):
        kept = values.astype(now.dtype)
    if values.dtype.kind == "f" and not np.isfinite(kept).all():
        raise InputError(f"{where} has numbers that are not finite in {now.dtype}; write finite ones")
    if values.dtype.kind in "iu" and (kept != values).any():
        raise InputError(f"{where} has numbers that {now.dtype} does not hold; write smaller ones")
    values = kept
    if isinstance(present, np.ndarray):
        return values
    import torch  # a brain whose regions live elsewhere need not wait for it

    return torch.from_numpy(values) if isinstance(present, torch.Tensor) else values.item()
