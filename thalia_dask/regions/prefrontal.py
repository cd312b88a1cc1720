"""Prefrontal cortex: recurrent excitation through slow (NMDA-like) synapses, balanced by inhibition.

Slow recurrent excitation is what lets activity outlast its cause: Wang (1999), J. Neurosci. 19:9587. Dopamine raises
the excitability of the cells that hold it.
"""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.neurons.lif import INHIBITORY, SLOW, LIFParams
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class PrefrontalParams:
    """Efficacies are sums onto one cell, in mV."""

    inhibitory_ratio: float = 0.25
    afferent_mv: float = 100.0
    recurrent_mv: float = 10.0
    slow_recurrent_mv: float = 3.0
    inhibition_mv: float = 30.0
    dopamine_mv: float = 1.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells and their inhibitory cells."""
    p = read_params(spec, PrefrontalParams)
    pyramidal = LIFParams(adaptation_mv=3.0, tau_adaptation_ms=150.0)
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=1.0, tau_adaptation_ms=50.0)
    drives = (Drive("dopamine", p.dopamine_mv), Drive("beta", 0.3))
    return Layout(
        populations=(
            Population("exc", spec.size, pyramidal, Background(400.0, 2.0), drives),
            Population("inh", share(spec.size, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
        ),
        connections=(
            Connection("exc", "exc", 0.15, p.recurrent_mv),
            Connection("exc", "exc", 0.15, p.slow_recurrent_mv, SLOW),
            Connection("exc", "inh", 0.3, 60.0),
            Connection("exc", "inh", 0.3, 2.0, SLOW),
            Connection("inh", "exc", 0.5, -p.inhibition_mv, INHIBITORY),
            Connection("inh", "inh", 0.3, -15.0, INHIBITORY),
            Connection("afferent", "exc", 0.15, p.afferent_mv, delay_ms=(0, 0)),
            Connection("afferent", "inh", 0.15, 30.0, delay_ms=(0, 0)),
            Connection("hippocampal", "exc", 0.15, 40.0, delay_ms=(0, 0)),
            Connection("gate", "exc", 0.15, 20.0, delay_ms=(0, 0)),
        ),
        ports=("afferent", "hippocampal", "gate"),
        stimulus="afferent",
        default_output="exc",
    )
