"""Cortex: a column of layers 4, 2/3, 5 and 6, each with its inhibitory cells.

Feedforward input enters layers 4 and 5 (and, more weakly, layer 6), layer 4 drives 2/3, 2/3 drives 5, 5 drives 6;
layer 6 closes the loop to layer 4 and to the thalamus: Douglas & Martin (2004), Annu. Rev. Neurosci. 27:419, fig. 4;
Constantinople & Bruno (2013), Science 340:1591, for the direct thalamic drive of layer 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from thalia_dask.declared import Efficacy, Share
from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions.kind import read_params, share, shares
from thalia_dask.regions.layered_cortex import LayeredCortex as LayeredCortex
from thalia_dask.regions.layered_cortex import LayeredCortexConfig as LayeredCortexConfig
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class CortexParams:
    """Parameters of a column; the fractions of its layers are 1 together."""

    l4_fraction: Annotated[float, "share of the pyramidal cells that is in layer 4"] = 0.3
    l23_fraction: Annotated[float, "share of the pyramidal cells that is in layer 2/3"] = 0.3
    l5_fraction: Annotated[float, "share of the pyramidal cells that is in layer 5"] = 0.25
    l6_fraction: Annotated[float, "share of the pyramidal cells that is in layer 6"] = 0.15
    inhibitory_ratio: Annotated[Share, "interneurons for each pyramidal cell of their layer"] = 0.25
    resting_mv: Annotated[float, "resting potential of pyramidal cells, mV"] = -58.0
    feedforward_mv: Annotated[Efficacy, "from port feedforward onto a layer 4 pyramidal cell, mV in all"] = 200.0
    feedforward_deep_mv: Annotated[Efficacy, "from port feedforward onto a layer 5 pyramidal cell, mV in all"] = 200.0
    feedforward_inhibitory_mv: Annotated[
        Efficacy, "from port feedforward onto an interneuron of layer 4, mV in all"
    ] = 70.0
    interlaminar_mv: Annotated[
        Efficacy, "from layer 4 onto a cell of 2/3, and 5 onto 6, mV in all; 0.7 of it from 2/3 onto 5"
    ] = 100.0
    recurrent_mv: Annotated[Efficacy, "from the pyramidal cells of a layer onto each of them, mV in all"] = 10.0
    inhibition_mv: Annotated[Efficacy, "from the interneurons of a layer onto a pyramidal cell, mV in all"] = 30.0
    stdp_rate: Annotated[
        float, "potentiation of `STDP`, layer 4 to 2/3 to 5; depression is 1.05 times it; 0 for efficacies that stay"
    ] = 0.002
    gamma_mv: Annotated[float, "amplitude of gamma's drive on pyramidal cells, mV"] = 3.0
    noradrenaline_mv: Annotated[float, "drive on pyramidal cells at a noradrenaline level of 1, mV"] = 1.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells over four layers, and their inhibitory cells."""
    p = read_params(spec, CortexParams)
    pyramidal = LIFParams(resting_mv=p.resting_mv, adaptation_mv=4.0, tau_adaptation_ms=100.0)
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=4.0, tau_adaptation_ms=60.0)
    drives = (Drive("gamma", p.gamma_mv), Drive("noradrenaline", p.noradrenaline_mv))
    fractions = {"l4": p.l4_fraction, "l23": p.l23_fraction, "l5": p.l5_fraction, "l6": p.l6_fraction}
    populations, connections = [], []
    for layer, size in shares(spec, fractions).items():
        inhibitory = f"{layer}_inh"
        populations += [
            Population(layer, size, pyramidal, Background(200.0, 1.5), drives),
            Population(inhibitory, share(size, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
        ]
        connections += [
            Connection(layer, layer, 0.1, p.recurrent_mv),
            Connection(layer, inhibitory, 0.3, 80.0),
            Connection(inhibitory, layer, 0.5, -p.inhibition_mv, INHIBITORY),
            Connection(inhibitory, inhibitory, 0.3, -15.0, INHIBITORY),
        ]
    stdp = STDP(potentiation=p.stdp_rate, depression=1.05 * p.stdp_rate) if p.stdp_rate else None
    connections += [
        Connection("l4", "l23", 0.2, p.interlaminar_mv, rule=stdp),
        Connection("l23", "l5", 0.2, 0.7 * p.interlaminar_mv, rule=stdp),
        Connection("l5", "l6", 0.2, p.interlaminar_mv),
        Connection("l6", "l4", 0.1, 10.0),
        Connection("feedforward", "l4", 0.15, p.feedforward_mv, delay_ms=(0, 0)),
        Connection("feedforward", "l4_inh", 0.15, p.feedforward_inhibitory_mv, delay_ms=(0, 0)),
        Connection("feedforward", "l5", 0.1, p.feedforward_deep_mv, delay_ms=(0, 0)),
        Connection("feedforward", "l6", 0.1, 30.0, delay_ms=(0, 0)),
        Connection("feedback", "l23", 0.1, 15.0, delay_ms=(0, 0)),
        Connection("feedback", "l5", 0.1, 15.0, delay_ms=(0, 0)),
    ]
    return Layout(
        populations=tuple(populations),
        connections=tuple(connections),
        ports=("feedforward", "feedback"),
        stimulus="feedforward",
        default_output="l5",
    )
