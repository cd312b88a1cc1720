"""Hippocampus: dentate gyrus, CA3 and CA1 along the trisynaptic path.

Dentate granule cells fire sparsely under strong inhibition and drive CA3 through few strong mossy synapses; CA3 is
recurrent and learns by Hebb's rule at the theta phase of encoding, under acetylcholine; CA1 compares CA3 with the
direct perforant path: Hasselmo, Bodelón & Wyble (2002), Neural Comput. 14:793; Rolls (2013), Front. Syst.
Neurosci. 7:74.
"""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class HippocampusParams:
    """Fractions are of the region's excitatory cells; efficacies are sums onto one cell, in mV."""

    dg_fraction: float = 0.5
    ca3_fraction: float = 0.25
    ca1_fraction: float = 0.25
    inhibitory_ratio: float = 0.2
    perforant_mv: float = 120.0
    mossy_mv: float = 100.0
    recurrent_mv: float = 20.0
    schaffer_mv: float = 60.0
    hebbian_rate: float = 0.02
    theta_mv: float = 1.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells over three subfields, and their inhibitory cells."""
    p = read_params(spec, HippocampusParams)
    granule = LIFParams(adaptation_mv=4.0, tau_adaptation_ms=100.0)
    pyramidal = LIFParams(resting_mv=-60.0, adaptation_mv=3.0, tau_adaptation_ms=100.0)
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=1.0, tau_adaptation_ms=50.0)
    theta = (Drive("theta", p.theta_mv),)
    dg, ca3, ca1 = (share(spec.size, f) for f in (p.dg_fraction, p.ca3_fraction, p.ca1_fraction))
    hebbian = Hebbian(rate=p.hebbian_rate)
    return Layout(
        populations=(
            Population("dg", dg, granule, Background(300.0, 2.0), theta),
            Population("dg_inh", share(dg, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
            Population("ca3", ca3, pyramidal, Background(300.0, 2.0), theta),
            Population("ca3_inh", share(ca3, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
            Population("ca1", ca1, pyramidal, Background(300.0, 2.0), theta),
            Population("ca1_inh", share(ca1, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
        ),
        connections=(
            Connection("perforant", "dg", 0.15, p.perforant_mv, delay_ms=(0, 0)),
            Connection("perforant", "dg_inh", 0.2, 60.0, delay_ms=(0, 0)),
            Connection("perforant", "ca1", 0.1, 40.0, delay_ms=(0, 0)),
            Connection("dg", "dg_inh", 0.3, 80.0),
            Connection("dg_inh", "dg", 0.5, -50.0, INHIBITORY),
            Connection("dg", "ca3", 0.05, p.mossy_mv),
            Connection("ca3", "ca3", 0.2, p.recurrent_mv, rule=hebbian, gates=("theta", "acetylcholine")),
            Connection("ca3", "ca3_inh", 0.3, 80.0),
            Connection("ca3_inh", "ca3", 0.5, -40.0, INHIBITORY),
            Connection("ca3", "ca1", 0.2, p.schaffer_mv),
            Connection("ca1", "ca1_inh", 0.3, 80.0),
            Connection("ca1_inh", "ca1", 0.5, -30.0, INHIBITORY),
        ),
        ports=("perforant",),
        stimulus="perforant",
        default_output="ca1",
    )
