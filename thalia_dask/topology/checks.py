"""What makes a topology impossible to simulate, told with the mend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from thalia_dask.config.models import RegionConfig
from thalia_dask.declared import check_fields, check_value
from thalia_dask.errors import ConfigError
from thalia_dask.names import check_named, check_names
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, PROBE, Observable
from thalia_dask.regions.kind import VOTES, Anatomy
from thalia_dask.ticks import to_steps
from thalia_dask.topology.plan import BrainPlan, longest_window_steps

_ROUNDING = 1e-6


def check_population(where: str, population: str | None, plan: BrainPlan) -> None:
    """Refuse a ``"region.population"`` that the brain does not have; None is no population."""
    if population is not None:
        region, _, name = population.partition(".")
        check_named(where, "region", region, plan.region_names)
        check_named(where, f"population of region '{region}'", name, dict(dict(plan.populations)[region]))


def check_anatomy(where: str, anatomy: object) -> None:
    """Refuse what a kind said of itself if it is no anatomy, or names or counts what is not there."""
    if not isinstance(anatomy, Anatomy):
        raise ConfigError(f"{where}: anatomy() returned {anatomy!r}; return an Anatomy")
    check_fields(f"{where}: anatomy().", anatomy)
    for name, observable in anatomy.observables.items():
        check_value(f"{where}: anatomy().observables[{name!r}]", "observables", observable, Observable)
        check_value(f"{where}: a name in anatomy().observables", "observables", name, str)
        if name == MEMBRANE_POTENTIAL_MEAN and observable.dims:
            raise ConfigError(
                f"{where}: anatomy() has the observable '{name}' of dims {observable.dims}; it is that of a region: "
                "write (), or another name for that of cells"
            )
        if observable.dims not in ((), (PROBE,)):
            raise ConfigError(
                f"{where}: anatomy() has the observable '{name}' of dims {observable.dims}; write () for one value "
                f"of the region in each step, or ('{PROBE}',) for one of each cell that is probed"
            )
    check_names(f"{where}: anatomy()", "population", (name for name, _ in anatomy.populations))
    check_names(f"{where}: anatomy()", "port", anatomy.ports)
    counted = sum(size for _, size in anatomy.populations)
    if anatomy.n_neurons != counted:
        raise ConfigError(
            f"{where}: anatomy() has n_neurons = {anatomy.n_neurons}, and populations of {counted} together; "
            "return the sum of their sizes"
        )
    ports, populations = anatomy.ports, dict(anatomy.populations)
    if anatomy.n_actions and not VOTES.keys() & populations:
        raise ConfigError(
            f"{where}: anatomy() has {anatomy.n_actions} actions, and no population whose spikes vote for one; call "
            f"one of its populations {' or '.join(repr(name) for name in VOTES)}"
        )
    for field, name, known, what in (
        ("default_port", anatomy.default_port, ports, "port"),
        ("stimulus_port", anatomy.stimulus_port, ports, "port"),
        ("default_output", anatomy.default_output, populations, "population"),
        *(("learning", name, populations, "population") for name in anatomy.learning),
    ):
        if name:
            check_named(f"{where}: {field}", what, name, known)


def delay_to_steps(delay_ms: float, dt_ms: float, what: str, *, round_delays: bool) -> int:
    """Convert the delay of a projection to steps, at least one.

    Raises
    ------
    ConfigError : if it is shorter than one step, or off the grid of ``dt_ms`` where delays are not rounded.
    """
    otherwise = "or set global.round_delays: true"
    shortest = dt_ms / 2 if round_delays else dt_ms
    if math.isfinite(delay_ms) and delay_ms < shortest * (1 - _ROUNDING):
        rounding = f", {otherwise}" if delay_ms >= dt_ms / 2 and not round_delays else ""
        raise ConfigError(
            f"{what} is {delay_ms:g} ms, but a spike needs at least one step ({dt_ms:g} ms) from region to "
            "region, or the regions could not advance independently; give that projection a delay_ms of "
            f"{dt_ms:g} or more{rounding}"
        )
    return max(1, to_steps(delay_ms, dt_ms, what, round_to_grid=round_delays, otherwise=otherwise))


def check_actions(n_actions: Mapping[str, int]) -> None:
    """Refuse regions, with the number of their action channels, that could not learn from the same actions.

    Raises
    ------
    ConfigError : if two that have any have another number of them.
    """
    acting = {region: number for region, number in n_actions.items() if number}
    if len(set(acting.values())) > 1:
        counted = ", ".join(f"'{region}' has {number}" for region, number in acting.items())
        raise ConfigError(f"all regions learn from the same actions, but {counted}; write the same n_actions for all")


def check_reached(regions: Mapping[str, RegionConfig], axons: Iterable[tuple[str, str]]) -> None:
    """Refuse regions that no activity can ever reach.

    Parameters
    ----------
    regions : by name.
    axons : pairs (source region, target region).
    """
    targets: dict[str, set[str]] = {}
    for source, target in axons:
        targets.setdefault(source, set()).add(target)
    waiting = [name for name, region in regions.items() if region.input_size or region.spontaneous]
    reached = set(waiting)
    while waiting:
        new = targets.get(waiting.pop(), set()) - reached
        reached |= new
        waiting.extend(new)
    unreached = sorted(set(regions) - reached)
    if unreached:
        raise ConfigError(
            f"nothing reaches region {' and '.join(repr(name) for name in unreached)}: no stimulus, and no "
            "projections that lead there from a region that has one; add a projection, write an input_size, "
            "set spontaneous: true for a region that is active by itself, or remove the region"
        )


def check_unique(bundles: Sequence[str]) -> None:
    """Refuse a projection that is given twice."""
    for bundle in sorted(set(bundles)):
        if bundles.count(bundle) > 1:
            raise ConfigError(
                f"projection {bundle} is given {bundles.count(bundle)} times; "
                "keep one, with a larger weight_scale if it is to be stronger"
            )


def check_window(plan: BrainPlan, window_ms: float | None) -> None:
    """Refuse a window of no step, and one longer than the shortest delay between regions or than any may be."""
    if window_ms is None:
        return
    n_steps = to_steps(window_ms, plan.dt_ms, "execution.window_ms")
    longest = longest_window_steps(plan.look_ahead_steps)
    if n_steps < 1:
        raise ConfigError(
            f"execution.window_ms is {window_ms:g} ms, which is no step of {plan.dt_ms:g} ms; write at least "
            f"{plan.dt_ms:g}, or leave it out"
        )
    if n_steps > longest:
        shortest = next((str(p) for p in plan.projections if p.delay_steps == longest), None)
        reason = f"longer than the delay of projection {shortest}: within a window no region may influence another"
        if shortest is None:
            reason = f"more than {longest} steps of {plan.dt_ms:g} ms"
        raise ConfigError(
            f"execution.window_ms is {window_ms:g} ms, {reason}; write {longest * plan.dt_ms:g} or less, or leave it "
            "out"
        )
