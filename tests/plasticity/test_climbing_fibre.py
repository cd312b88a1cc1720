"""Climbing fibres teach parallel fibres: against the formula, and in torch operations against the kernels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from thalia_dask.neurons.lif import SLOW, LIFParams
from thalia_dask.plasticity.climbing_fibre import ClimbingFibre, ParallelFibre
from thalia_dask.regions.layout import Connection, Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.spikes import Arrivals
from thalia_dask.ticks import Window

N_AXONS, N_CELLS, TOTAL_MV = 4, 3, 0.4
PARALLEL = [(1, 0), (3, 1), (3, 1), (6, 0), (9, 2), (14, 0), (20, 1), (21, 3)]
CLIMBING = [(3, 0), (7, 0), (7, 2), (15, 2), (22, 0), (22, 1)]
"""Pairs (step, axon); a climbing fibre has one cell, of its own number."""
RULES = [
    ParallelFibre(),
    ParallelFibre(tau_pre_ms=8.0, potentiation=0.2, depression=0.4),
    ParallelFibre(depression=3.0, largest=1.2),
]
TEACHER = Connection("climbing", "purkinje", 1.0, 1.0, delay_ms=(0, 0), aligned=True, rule=ClimbingFibre())


def weights_after(
    rule: ParallelFibre,
    climbing: list[tuple[int, int]],
    kind: type[LayoutRegion],
    teaching: tuple[Connection, ...] = (TEACHER,),
    gates: tuple[str, ...] = (),
    *,
    reverse: bool = False,
) -> np.ndarray:
    """Efficacies, shape (cells, axons), before and after 25 steps; ``reverse``: climbing axons come first."""
    layout = Layout(
        (Population("purkinje", N_CELLS, LIFParams()),),
        (
            Connection("parallel", "purkinje", 1.0, TOTAL_MV, delay_ms=(0, 0), rule=rule, gates=gates),
            *teaching,
        ),
        ports=("parallel", "climbing"),
    )
    incoming = (Incoming("x.all", N_AXONS, "parallel"), Incoming("y.all", N_CELLS, "climbing"))
    region = kind(RegionSpec("r", "r", N_CELLS, 1.0, 3, incoming=incoming[:: -1 if reverse else 1]), layout)
    events = sorted([(s, int(reverse), a) for s, a in PARALLEL] + [(s, int(not reverse), c) for s, c in climbing])
    states = [region.snapshot()["weight"].numpy()]
    columns = np.array(events, np.int32).T
    region.advance(Window(0, 25), Arrivals(*(c.copy() for c in columns)))
    states.append(region.snapshot()["weight"].numpy())
    plastic = slice(N_CELLS, None) if reverse else slice(N_AXONS * N_CELLS)
    return np.array([w[plastic].reshape(N_AXONS, N_CELLS).T for w in states])


def formula(rule: ParallelFibre, before: np.ndarray, climbing: list[tuple[int, int]]) -> np.ndarray:
    """Spikes of one step are not paired; parallel fibres learn from them before climbing fibres teach."""
    w, largest = before.astype(float).copy(), rule.largest * TOTAL_MV / N_AXONS
    for step in range(25):
        for axon in (a for s, a in PARALLEL if s == step):
            w[:, axon] += rule.potentiation * (largest - w[:, axon])
        for cell in (c for s, c in climbing if s == step):
            for axon in range(N_AXONS):
                x = sum(math.exp(-(step - s) / rule.tau_pre_ms) for s, a in PARALLEL if a == axon and s < step)
                w[cell, axon] = min(max(w[cell, axon] * (1 - rule.depression * x), 0.0), largest)
    return w


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_rule_is_its_formula(rule: ParallelFibre, kind: type[LayoutRegion], reverse: bool) -> None:
    """Whichever region comes first by its name."""
    before, after = weights_after(rule, CLIMBING, kind, reverse=reverse)
    np.testing.assert_allclose(after, formula(rule, before, CLIMBING), rtol=2e-5, atol=1e-8)
    assert (after < before).any()
    assert (after > before).any()


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
@pytest.mark.parametrize("order", [1, -1])
def test_spikes_of_one_step_are_not_paired(kind: type[LayoutRegion], order: int) -> None:
    """Nor within a region, whichever of its connections is listed first.

    fuse ──> granule ──parallel──> purkinje <──climbing── olive <── fuse
    """
    quick = LIFParams(refractory_ms=0.0, tau_slow_ms=0.01)
    learning = (
        Connection("granule", "purkinje", 1.0, TOTAL_MV, rule=ParallelFibre(potentiation=0.0, depression=0.5)),
        Connection("olive", "purkinje", 1.0, TOTAL_MV, rule=ClimbingFibre()),
    )
    fuses = [Connection("fuse", cell, 1.0, 1e6, SLOW, delay_ms=(0, 0)) for cell in ("granule", "olive")]
    populations = (Population("granule", 1, quick), Population("olive", 1, quick), Population("purkinje", 1))
    spec = RegionSpec("r", "r", 1, 1.0, 3, incoming=(Incoming("x.all", 1, "fuse"),))
    region = kind(spec, Layout(populations, (*learning[::order], *fuses), ports=("fuse",)))
    before, lit = region.snapshot()["weight"].clone(), [np.array([now], np.int32) for now in (4, 0, 0)]
    packet = region.advance(Window(0, 20), Arrivals(*lit))
    assert sorted(packet.neurons.tolist()) == [0, 1]
    assert len(set(packet.steps.tolist())) == 1
    assert (region.snapshot()["weight"] == before).all()


def test_without_climbing_spikes_parallel_fibres_only_grow() -> None:
    before, after = weights_after(RULES[1], [], SpikingRegion)
    assert (after > before).all()
    assert (after <= RULES[1].largest * TOTAL_MV / N_AXONS).all()


@pytest.mark.parametrize("kind", [SpikingRegion, TorchSpikingRegion])
def test_gates_of_pupils_and_of_teachers_scale_what_is_taught(kind: type[LayoutRegion]) -> None:
    """There is no dopamine: what it gates does not change."""
    gated = replace(TEACHER, gates=("dopamine",))
    for gates, teaching in ((("dopamine",), TEACHER), ((), gated)):
        rule = ParallelFibre(potentiation=0.0, depression=0.4)
        before, after = weights_after(rule, CLIMBING, kind, (teaching,), gates)
        np.testing.assert_allclose(after, before, rtol=1e-6)


def test_other_synapses_of_a_climbing_fibre_teach_nothing() -> None:
    """Though they lie between those that do, in the order of delays."""
    fan = Connection("climbing", "purkinje", 0.67, 1.0, delay_ms=(0, 5), rule=ClimbingFibre())
    stray = Connection("climbing", "purkinje", 1.0, 1e-6, delay_ms=(0, 5))
    alone, beside = (weights_after(RULES[1], CLIMBING, SpikingRegion, t) for t in ((fan,), (fan, stray)))
    np.testing.assert_array_equal(beside, alone)
    assert (alone[1] < alone[0]).any()
