"""Striatum: for each action a group of D1 cells that vote for it and a group of D2 cells that vote against it.

Corticostriatal synapses learn from dopamine, with opposite sign on D1 and D2 cells; fast-spiking interneurons and
collaterals between the groups of different actions inhibit laterally: Gurney, Prescott & Redgrave (2001), Biol.
Cybern. 84:401; Collins & Frank (2014), Psychol. Rev. 121:337 (opponent actor learning).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from thalia_dask.declared import Count, Efficacy
from thalia_dask.errors import ConfigError
from thalia_dask.neurons.lif import INHIBITORY, LIFParams
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Drive, Layout, Population
from thalia_dask.regions.spec import RegionSpec


@dataclass(frozen=True, slots=True)
class StriatumParams:
    """Parameters of a striatum; efficacies from its ports are those before learning."""

    n_actions: Annotated[Count, "actions to select from: equal groups of D1 cells, and of D2 cells"] = 2
    fsi_fraction: Annotated[float, "fast-spiking interneurons for each D1 or D2 cell"] = 0.1
    resting_mv: Annotated[float, "resting potential of D1 and D2 cells, mV"] = -60.0
    cortical_mv: Annotated[Efficacy, "from port cortical onto a D1 or D2 cell, mV in all"] = 90.0
    thalamic_mv: Annotated[Efficacy, "from port thalamic onto a D1 or D2 cell, mV in all"] = 45.0
    contextual_mv: Annotated[Efficacy, "from port hippocampal or prefrontal onto a D1 or D2 cell, mV in all"] = 20.0
    lateral_mv: Annotated[Efficacy, "from D1 onto D1 cells of other actions, and from D2 onto D2, mV in all"] = 20.0
    feedforward_inhibition_mv: Annotated[Efficacy, "from interneurons onto a D1 or D2 cell, mV in all"] = 20.0
    learning_rate: Annotated[
        float, "of `ThreeFactor`: learning rate of D1 cells; its negative is that of D2 cells"
    ] = 0.1
    trace_ms: Annotated[float, "of `ThreeFactor`: time constant of the trace of presynaptic spikes, ms"] = 20.0
    eligibility_ms: Annotated[float, "of `ThreeFactor`: time constant of eligibility, ms"] = 200.0
    efference: Annotated[
        float, "of `ThreeFactor`: eligibility that the selected action adds, for a trace of 1 above the mean"
    ] = 1.0
    dopamine_mv: Annotated[float, "drive on D1 cells at a dopamine level of 1, mV; its negative on D2 cells"] = 1.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` D1 cells and as many D2 cells, both in ``n_actions`` equal groups, and interneurons."""
    p = read_params(spec, StriatumParams)
    if p.n_actions < 1 or spec.size % p.n_actions:
        raise ConfigError(
            f"region '{spec.name}': size {spec.size} cannot be divided into n_actions = {p.n_actions} equal groups; "
            f"write a size that is a multiple of n_actions"
        )
    spiny = LIFParams(
        tau_membrane_ms=10.0, resting_mv=p.resting_mv, reset_mv=-55.0, adaptation_mv=1.0, tau_adaptation_ms=50.0
    )
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=3.0, tau_adaptation_ms=50.0)
    connections = []
    for cells, sign in (("d1", 1.0), ("d2", -1.0)):
        rule = ThreeFactor(
            learning_rate=sign * p.learning_rate,
            tau_pre_ms=p.trace_ms,
            tau_eligibility_ms=p.eligibility_ms,
            efference=p.efference,
        )
        connections += [
            Connection("cortical", cells, 0.6, p.cortical_mv, delay_ms=(0, 0), rule=rule),
            Connection("thalamic", cells, 0.6, p.thalamic_mv, delay_ms=(0, 0), rule=rule),
            Connection("hippocampal", cells, 0.3, p.contextual_mv, delay_ms=(0, 0), rule=rule),
            Connection("prefrontal", cells, 0.3, p.contextual_mv, delay_ms=(0, 0), rule=rule),
            Connection(cells, cells, 0.3, -p.lateral_mv, INHIBITORY, n_groups=p.n_actions),
            Connection("fsi", cells, 0.5, -p.feedforward_inhibition_mv, INHIBITORY),
        ]
    connections.append(Connection("cortical", "fsi", 0.3, 60.0, delay_ms=(0, 0)))
    return Layout(
        populations=(
            Population("d1", spec.size, spiny, Background(200.0, 1.5), (Drive("dopamine", p.dopamine_mv),)),
            Population("d2", spec.size, spiny, Background(200.0, 1.5), (Drive("dopamine", -p.dopamine_mv),)),
            Population("fsi", share(2 * spec.size, p.fsi_fraction), interneuron, Background(200.0, 2.0)),
        ),
        connections=tuple(connections),
        ports=("cortical", "thalamic", "hippocampal", "prefrontal"),
        stimulus="cortical",
        default_output="d1",
        n_actions=p.n_actions,
    )
