"""Each kind of connection keeps its promise in the table of a region."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from thalia_dask.neurons.base import INHIBITORY
from thalia_dask.plasticity import stdp
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.regions.layout import Connection, FixedInDegree, FixedTotalNumber, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.synapses import draws
from thalia_dask.synapses.distributions import Constant, Normal, Uniform
from thalia_dask.topology.summary import BYTES_PER_SYNAPSE

N_A, N_B, N_AXONS = 60, 90, 40


def wired(*connections: AnyConnection, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Source, target, weight and delay of every synapse; from a onto b, or from a port of 40 axons onto b."""
    layout = Layout((Population("a", N_A), Population("b", N_B)), connections, ("in",), "in", "a")
    spec = RegionSpec("r", "r", 1, 0.1, seed, incoming=(Incoming("x.all", N_AXONS, "in", 2.0),))
    table = wire(spec, layout).synapses
    assert layout.synapse_count(spec) == len(table.slot)
    rows = np.repeat(np.arange(len(table.row_start) - 1), np.diff(table.row_start))
    first = N_A + N_B if connections[0].source == "in" else 0
    return rows - first, table.slot % (N_A + N_B) - N_A, table.weight, table.delay


def test_fixed_in_degree() -> None:
    sources, targets, weights, delays = wired(FixedInDegree("a", "b", 25, Constant(0.5), Uniform(0.2, 1.0)))
    assert (np.bincount(targets, minlength=N_B) == 25).all()
    assert sources.max() == N_A - 1
    assert (weights == 0.5).all()
    assert delays.min() == 2
    assert delays.max() == 10


def test_fixed_total_number() -> None:
    kind = FixedTotalNumber("a", "b", 5000, Normal(-0.4, 0.04), Normal(0.2, 0.3), INHIBITORY)
    sources, targets, weights, delays = wired(kind)
    assert len(sources) == 5000
    assert len(set(np.bincount(targets, minlength=N_B))) > 10, "in-degrees differ"
    assert weights.mean() == pytest.approx(-0.4, abs=0.003)
    assert weights.std() == pytest.approx(0.04, abs=0.003)
    assert delays.min() == 1, "clipped at one step"
    assert (delays == 1).mean() == pytest.approx(0.43, abs=0.05)  # P(delay < 0.15 ms)


def test_efficacies_of_random_synapses_are_uniform_and_sum_to_their_total() -> None:
    _, targets, weights, delays = wired(Connection("a", "b", 0.5, 60.0, delay_ms=(0.2, 0.6)))
    assert (np.bincount(targets) == 30).all()
    relative = weights / 2.0
    assert 0.5 <= relative.min() < 0.51
    assert 1.49 < relative.max() <= 1.5
    assert weights.sum() / N_B == pytest.approx(60.0, rel=0.02)
    seen = np.bincount(delays, minlength=7)
    assert seen[:2].sum() == 0
    assert ((seen[2:] - 540) ** 2 / 540).sum() < 20  # 4 degrees of freedom, 0.05 %


@pytest.mark.parametrize(
    "connection",
    [
        Connection("in", "b", 0.5, 10.0, delay_ms=(0.0, 0.3)),
        Connection("in", "b", 0.5, 10.0, delay_ms=(0.0, 0.3), aligned=True),
        FixedInDegree("in", "b", 7, Uniform(0.2, 0.3), Constant(0.0)),
        FixedTotalNumber("in", "b", 700, Normal(0.2, 0.3), Normal(0.1, 0.1)),
    ],
    ids=lambda connection: type(connection).__name__,
)
def test_axons_of_a_port_may_arrive_at_once_and_are_scaled(connection: AnyConnection, monkeypatch) -> None:
    sources, targets, weights, delays = wired(connection)
    assert ((sources >= 0) & (sources < N_AXONS)).all()
    assert delays.min() == 0
    total = 2.0 * connection.total_weight(N_AXONS, N_B)
    assert weights.sum() / N_B == pytest.approx(total, rel=0.3)
    monkeypatch.setattr(draws, "_SYNAPSES_AT_ONCE", 50)
    for one, other in zip(wired(connection), (sources, targets, weights, delays), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (wired(connection, seed=2)[2] != weights).any()


@pytest.mark.parametrize(("n_synapses", "mean"), [(50, 0.5), (135, 0.5), (0, 0.0)])
def test_rules_hear_the_mean_efficacy_where_cells_have_unequal_numbers(n_synapses: int, mean: float) -> None:
    kind = FixedTotalNumber("a", "b", n_synapses, Constant(0.5), Constant(1.0), rule=STDP(largest=3.0))
    layout = Layout((Population("a", N_A), Population("b", N_B)), (kind,))
    plastic = wire(RegionSpec("r", "r", 1, 0.1, 1), layout).plastic
    assert plastic.params[0, stdp.LARGEST] == pytest.approx(3.0 * mean)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_efficacies_of_a_rule_begin_within_its_bounds(sign: float) -> None:
    """They are drawn up to 1.5 times their mean."""
    bounded, free = (
        wired(Connection("in", "b", 0.5, sign * 10.0, delay_ms=(0.0, 0.3), rule=rule))[2]
        for rule in (STDP(largest=1.1), None)
    )
    largest = 1.1 * 2.0 * 10.0 / (N_AXONS // 2)
    np.testing.assert_allclose(bounded, np.clip(free, -largest, largest), rtol=1e-6)
    assert (bounded != free).any()


def test_connections_between_the_same_populations_have_synapses_of_their_own() -> None:
    one = Connection("a", "b", 0.5, 60.0)

    def synapses(*connections: AnyConnection) -> set[tuple[int, int, float]]:
        return set(zip(*(column.tolist() for column in wired(*connections)[:3]), strict=True))

    both, first = synapses(one, one), synapses(one)
    assert first < both, "the first has those that it has alone"
    pairs, more = ({pair[:2] for pair in some} for some in (first, both - first))
    assert 0.4 < len(pairs & more) / len(more) < 0.6, "by chance, each second one"
    weights, others = ({weight for *_, weight in some} for some in (first, both - first))
    assert len(weights & others) < 0.02 * len(weights), "but for a few that are equal by chance"


@pytest.mark.parametrize("rule", [STDP(), DopamineSTDP()], ids=lambda rule: type(rule).__name__)
def test_memory_is_what_was_estimated(rule: Rule) -> None:
    connections = Connection("a", "b", 0.5, 60.0, rule=rule), Connection("b", "a", 0.5, 60.0)
    layout = Layout((Population("a", 800), Population("b", 1000)), connections)
    spec = RegionSpec("r", "r", 1, 0.1, 1)
    n_synapses, n_plastic = layout.synapse_count(spec), layout.synapse_count(spec, plastic=True)
    assert (n_synapses, n_plastic) == (800_000, 400_000)
    estimated = BYTES_PER_SYNAPSE * n_synapses + layout.learning_bytes(spec)
    wire(spec, layout)  # compiles what is not yet
    tracemalloc.start()
    try:
        wiring = wire(spec, layout)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    kept = sum(array.nbytes for table in (wiring.synapses, wiring.plastic) for array in table)
    assert estimated == pytest.approx(kept, rel=0.02)
    assert peak < 1.3 * estimated
