"""Thalamus: relay cells under the control of the reticular nucleus.

Circuit of Sherman & Guillery (2006), "Exploring the Thalamus and Its Role in Cortical Function", ch. 3: sensory axons
drive relay cells one to one, relay and corticothalamic axons excite the reticular nucleus, which inhibits the relay.
Relay cells that are released from inhibition fire a burst (ibid., ch. 6): ``rebound`` of their threshold.

The reticular nucleus is the gate, and all that opens or closes it acts there. Alpha paces its cells, so that they
hold the relay back in pulses, once a cycle: Jensen & Mazaheri (2010), Front. Hum. Neurosci. 4:186. Attention quiets
them and relay cells answer more: McAlonan, Cavanaugh & Wurtz (2008), Nature 456:391; here it comes as noradrenaline.
That is the net effect of attention, not that of receptors: applied alone, noradrenaline excites relay and reticular
cells both: McCormick (1992), Prog. Neurobiol. 39:337.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from thalia_dask.declared import Efficacy
from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class ThalamusParams:
    """Parameters of a thalamus."""

    reticular_fraction: Annotated[float, "reticular cells for each relay cell"] = 0.25
    resting_mv: Annotated[float, "resting potential of relay cells, mV"] = -60.0
    sensory_mv: Annotated[Efficacy, "from the one axon of port sensory onto a relay cell, mV"] = 90.0
    corticothalamic_mv: Annotated[Efficacy, "from port corticothalamic onto a relay cell, mV in all"] = 15.0
    reticular_inhibition_mv: Annotated[Efficacy, "from reticular cells onto a relay cell, mV in all"] = 25.0
    reticular_resting_mv: Annotated[float, "resting potential of reticular cells, mV"] = -53.0
    alpha_mv: Annotated[float, "amplitude of alpha, reversed, on reticular cells, mV"] = 5.0
    noradrenaline_mv: Annotated[float, "by how much a noradrenaline level of 1 restrains reticular cells, mV"] = 6.0
    rebound: Annotated[float, "fall of a relay cell's threshold with a membrane below rest, mV for each mV"] = 1.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` relay cells and their reticular nucleus."""
    p = read_params(spec, ThalamusParams)
    relay = LIFParams(
        resting_mv=p.resting_mv, tau_membrane_ms=10.0, adaptation_mv=4.0, tau_adaptation_ms=80.0, rebound=p.rebound
    )
    reticular = LIFParams(
        resting_mv=p.reticular_resting_mv, tau_membrane_ms=10.0, adaptation_mv=4.0, tau_adaptation_ms=80.0
    )
    return Layout(
        populations=(
            Population("relay", spec.size, relay, Background(50.0, 2.0)),
            Population(
                "reticular",
                share(spec.size, p.reticular_fraction),
                reticular,
                Background(100.0, 2.0),
                (Drive("alpha", -p.alpha_mv), Drive("noradrenaline", -p.noradrenaline_mv)),
            ),
        ),
        connections=(
            Connection("sensory", "relay", 1.0, p.sensory_mv, delay_ms=(0, 0), aligned=True),
            Connection("corticothalamic", "relay", 0.1, p.corticothalamic_mv, delay_ms=(0, 0)),
            Connection("corticothalamic", "reticular", 0.1, 30.0, delay_ms=(0, 0)),
            Connection("relay", "reticular", 0.1, 30.0),
            Connection("reticular", "relay", 0.2, -p.reticular_inhibition_mv, INHIBITORY),
            Connection("reticular", "reticular", 0.1, -10.0, INHIBITORY),
        ),
        ports=("sensory", "corticothalamic"),
        stimulus="sensory",
        default_output="relay",
    )
