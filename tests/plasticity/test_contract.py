"""A region in which all rules are at work keeps the contract of regions."""

from __future__ import annotations

import pytest

from tests.regions.contract import CHECKS
from thalia_dask.neurons.base import INHIBITORY
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.inhibitory_stdp import InhibitorySTDP
from thalia_dask.plasticity.oja import Oja
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.regions import REGIONS, RegionSpec
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Connection, Layout, Population
from thalia_dask.regions.spec import Incoming
from thalia_dask.regions.wiring import wire

RULES = (
    STDP(dendritic_delay_ms=3.0, mu_plus=0.4),
    Hebbian(),
    ThreeFactor(),
    Oja(),
    BCM(),
    SynapticScaling(),
    DopamineSTDP(potentiation=0.1, tau_credit_ms=1.0, baseline=0.01),
    DopamineSTDP(potentiation=0.1, dendritic_delay_ms=5.0),
)


def layout(spec: RegionSpec) -> Layout:
    """For each rule cells whose axons end on their own kind, and on the next."""
    names = [f"cells{i}" for i in range(len(RULES))]
    connections = []
    for name, after, rule in zip(names, [*names[1:], names[0]], RULES, strict=True):
        gates = ("dopamine",) if isinstance(rule, DopamineSTDP) else ()
        connections += [
            Connection("in", name, 0.5, 80.0, delay_ms=(0, 0), rule=rule, gates=gates),
            Connection(name, after, 0.5, 30.0, delay_ms=(1.0, 4.0), rule=rule, gates=gates),
            Connection(name, name, 0.5, -10.0, INHIBITORY, rule=InhibitorySTDP()),
        ]
    populations = tuple(Population(name, spec.size) for name in names)
    return Layout(populations, tuple(connections), ("in",), "in", names[0], n_actions=1)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGIONS, "learning", SpikingKind(layout))
    incoming = (Incoming("other.all", 8, "in"), Incoming("stimulus", 12, "in"))
    check(RegionSpec("here", "learning", 6, dt_ms=0.5, seed=3, incoming=incoming))


def test_a_rule_that_keeps_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SynapticScaling, "n_kept", 3)
    spec = RegionSpec("here", "learning", 6, dt_ms=0.5, seed=3)
    with pytest.raises(ValueError, match="keeps 3 numbers for each synapse; write n_kept = 2 at most"):
        wire(spec, layout(spec))
