"""Brunel (2000), J. Comput. Neurosci. 8:183, with fewer and stronger synapses, as one region."""

import numpy as np

from thalia_dask import DynamicBrain, load_config
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.regions import REGIONS
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Background, FixedInDegree, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.distributions import Constant

J_MV, G, DELAY = 0.5, 6.0, Constant(1.5)
EXTERNAL = Background(rate_hz=4000.0, weight_mv=J_MV)
"""Poisson spikes onto every cell, twice what brings it to threshold."""


def layout(spec: RegionSpec) -> Layout:
    cell = DeltaLIFParams(tau_membrane_ms=20.0, threshold_mv=20.0, reset_mv=10.0, refractory_ms=2.0)
    excitation, inhibition = Constant(J_MV), Constant(-G * J_MV)
    return Layout(
        populations=(
            Population("exc", spec.size * 4 // 5, cell, EXTERNAL),
            Population("inh", spec.size // 5, cell, EXTERNAL),
        ),
        connections=(
            *(FixedInDegree("exc", target, 100, excitation, DELAY) for target in ("exc", "inh")),
            *(FixedInDegree("inh", target, 25, inhibition, DELAY) for target in ("exc", "inh")),
        ),
        default_output="exc",
    )


REGIONS["brunel"] = SpikingKind(layout)

if __name__ == "__main__":
    config = load_config(
        {
            "global": {"dt_ms": 0.1, "seed": 1},
            "brain": {"regions": {"net": {"kind": "brunel", "size": 1250, "spontaneous": True}}},
        }
    )
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward(None, n_timesteps=10_000)
        spikes = brain.recording["net"]
        synapses = brain.synapses("net", source="net.inh", target="net.exc")
        membrane_mv = brain.state("net")["membrane"]

    times_ms = spikes["spike_step"].values * config.global_.dt_ms
    neurons = spikes["spike_neuron"].values
    intervals_ms = [np.diff(times_ms[neurons == neuron]) for neuron in range(100)]
    variation = np.mean([np.std(one) / np.mean(one) for one in intervals_ms if len(one) > 2])
    print(f"{len(times_ms) / 1250:.1f} Hz, coefficient of variation {variation:.2f}")
    print(f"membrane potentials {membrane_mv.mean():.1f} +- {membrane_mv.std():.1f} mV")
    print(synapses.to_dataframe().head(3).to_string())
