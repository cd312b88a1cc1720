"""Hippocampus: dentate gyrus, CA3 and CA1 along the trisynaptic path.

Dentate granule cells rest far below their threshold, compete through inhibition and so fire sparsely; each drives the
few CA3 cells that it reaches alone (mossy detonators). CA3 cells learn by Hebb's rule which perforant axons and which
other CA3 cells were active with them; CA1 cells learn which CA3 cells were active when the perforant path drove them:
Treves & Rolls (1992), Hippocampus 2:189; Rolls (2013), Front. Syst. Neurosci. 7:74.

Theta alternates two tasks: at one phase granule cells and CA1 are excitable, CA3 is driven by mossy fibres alone, and
synapses learn; at the other CA3 is excitable and recalls: Hasselmo, Bodelón & Wyble (2002), Neural Comput. 14:793.
The septum releases acetylcholine and paces theta, so without the one there is not the other; CA3, which acetylcholine
restrains, then replays by itself what it learned: Hasselmo (1999), Trends Cogn. Sci. 3:351; Buzsáki (2015),
Hippocampus 25:1073.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from thalia_dask.declared import Efficacy, Share
from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.regions.kind import read_params, share, shares
from thalia_dask.regions.layout import Background, Connection, Drive, FixedInDegree, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.distributions import Uniform

_SEPTAL = ("acetylcholine",)
_MOSSY_SYNAPSES = 4


@dataclass(frozen=True, slots=True)
class HippocampusParams:
    """Parameters of a hippocampus."""

    dg_fraction: Annotated[float, "share of the excitatory cells that is in the dentate gyrus"] = 0.5
    ca3_fraction: Annotated[float, "share of the excitatory cells that is in CA3"] = 0.25
    ca1_fraction: Annotated[float, "share of the excitatory cells that is in CA1"] = 0.25
    inhibitory_ratio: Annotated[Share, "interneurons for each excitatory cell of their subfield"] = 0.2
    perforant_mv: Annotated[Efficacy, "from port perforant onto a granule cell, mV in all"] = 150.0
    perforant_ca3_mv: Annotated[Efficacy, "from port perforant onto a CA3 cell before learning, mV in all"] = 20.0
    perforant_ca1_mv: Annotated[Efficacy, "from port perforant onto a CA1 cell, mV in all"] = 80.0
    mossy_mv: Annotated[Efficacy, "of one mossy synapse, from a granule cell onto a CA3 cell, mV on average"] = 400.0
    recurrent_mv: Annotated[Efficacy, "from CA3 onto a CA3 cell before learning, mV in all"] = 20.0
    schaffer_mv: Annotated[Efficacy, "from CA3 onto a CA1 cell before learning, mV in all"] = 30.0
    hebbian_rate: Annotated[
        float, "of `Hebbian`: share of the way to the present pattern that a spike moves an efficacy"
    ] = 0.11
    theta_dg_mv: Annotated[float, "amplitude of theta on granule cells at an acetylcholine level of 1, mV"] = 6.0
    theta_ca3_mv: Annotated[
        float, "amplitude of theta, reversed, on CA3 cells at an acetylcholine level of 1, mV"
    ] = 19.0
    theta_ca1_mv: Annotated[float, "amplitude of theta on CA1 cells at an acetylcholine level of 1, mV"] = 9.0
    acetylcholine_mv: Annotated[float, "by how much an acetylcholine level of 1 restrains CA3 cells, mV"] = 26.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells over three subfields, and their inhibitory cells."""
    p = read_params(spec, HippocampusParams)
    granule = LIFParams(resting_mv=-76.0, adaptation_mv=0.3, tau_adaptation_ms=100.0)
    ca3_cell = LIFParams(resting_mv=-52.0, adaptation_mv=1.0, tau_adaptation_ms=100.0)
    ca1_cell = LIFParams(resting_mv=-70.0, adaptation_mv=0.5, tau_adaptation_ms=100.0)
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=4.0, tau_adaptation_ms=50.0)
    dg, ca3, ca1 = shares(spec, {"dg": p.dg_fraction, "ca3": p.ca3_fraction, "ca1": p.ca1_fraction}).values()
    noise = Background(300.0, 0.9)
    restrained = Drive("acetylcholine", -p.acetylcholine_mv)
    mossy = Uniform(0.5 * p.mossy_mv, 1.5 * p.mossy_mv)

    def theta(amplitude_mv: float) -> Drive:
        return Drive("theta", amplitude_mv, gates=_SEPTAL)

    def learned(source: str, target: str, initial_mv: float, largest: float) -> AnyConnection:
        """From all to all, so that few cells have as many partners as cells have in a brain; weak before learning."""
        rule = Hebbian(rate=p.hebbian_rate, largest=largest)
        delay_ms = (0.0, 0.0) if source == "perforant" else (0.5, 1.5)
        return Connection(source, target, 1.0, initial_mv, delay_ms=delay_ms, rule=rule, gates=("theta", *_SEPTAL))

    return Layout(
        populations=(
            Population("dg", dg, granule, noise, (theta(p.theta_dg_mv),)),
            Population("dg_inh", share(dg, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
            Population("ca3", ca3, ca3_cell, noise, (theta(-p.theta_ca3_mv), restrained)),
            Population("ca3_inh", share(ca3, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
            Population("ca1", ca1, ca1_cell, noise, (theta(p.theta_ca1_mv),)),
            Population("ca1_inh", share(ca1, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
        ),
        connections=(
            Connection("perforant", "dg", 0.15, p.perforant_mv, delay_ms=(0, 0)),
            Connection("perforant", "dg_inh", 0.2, 20.0, delay_ms=(0, 0)),
            learned("perforant", "ca3", p.perforant_ca3_mv, largest=37.0),
            Connection("perforant", "ca1", 0.1, p.perforant_ca1_mv, delay_ms=(0, 0)),
            Connection("dg", "dg_inh", 0.3, 4000.0),
            Connection("dg_inh", "dg", 0.5, -100.0, INHIBITORY),
            FixedInDegree("dg", "ca3", _MOSSY_SYNAPSES, mossy, Uniform(0.5, 1.5)),
            learned("ca3", "ca3", p.recurrent_mv, largest=250.0),
            Connection("ca3", "ca3_inh", 0.3, 500.0),
            Connection("ca3_inh", "ca3", 0.5, -440.0, INHIBITORY),
            learned("ca3", "ca1", p.schaffer_mv, largest=200.0),
            Connection("ca1", "ca1_inh", 0.3, 600.0),
            Connection("ca1_inh", "ca1", 0.5, -200.0, INHIBITORY),
        ),
        ports=("perforant",),
        stimulus="perforant",
        default_output="ca1",
    )
