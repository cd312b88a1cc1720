"""What learning costs: the kernel where synapses among excitatory cells learn, against the same without a rule."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.contest import alternate
from benchmarks.networks.cuba import cuba
from benchmarks.ours import OneRegion, connections, region_of
from benchmarks.row import Benchmark, Effort, Measurement
from benchmarks.rows.pairs import WARM_UP_MS
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor

DURATION_MS = 1000.0
RULES: tuple[Rule, ...] = (
    ThreeFactor(),
    Hebbian(rate=1e-6),
    BCM(rate=1e-6),
    Oja(rate=1e-6),
    InhibitorySTDP(rate=1e-6),
    STDP(potentiation=1e-6, depression=1e-6, scaling=1e-6),
    DopamineSTDP(potentiation=1e-6, depression=1e-6),
    SynapticScaling(tau_scaling_ms=1e9),
)
"""So slow that activity stays what it is without learning: by how much efficacies change takes no time."""


def learning(rule: Rule, n_neurons: int, effort: Effort) -> Measurement:
    """Times longer than without the rule; rates of the two must agree."""
    network = cuba(n_neurons)
    static = tuple(connections(network))
    plastic = tuple(replace(c, rule=rule) if c.source == c.target == "exc" else c for c in static)
    duration_ms = effort.duration_ms(DURATION_MS)
    with (
        OneRegion(region_of(network, static), WARM_UP_MS, duration_ms) as without,
        OneRegion(region_of(network, plastic), WARM_UP_MS, duration_ms) as with_rule,
    ):
        contest = alternate(without, with_rule, effort.repeats)
    static_hz, plastic_hz = contest.rates_hz
    return Measurement(
        contest.ratios, contest.agree(effort.rate_tolerance), {"static_hz": static_hz, "plastic_hz": plastic_hz}
    )


LEARNING = tuple(
    Benchmark(
        name=f"learning-{type(rule).__name__}",
        what=f"CUBA 4000 at 5 Hz, {type(rule).__name__} among excitatory cells: times longer than without",
        unit="x",
        must=1.3,
        aim=1.3,
        measure=partial(learning, rule, 4000),
    )
    for rule in RULES
)
