"""Membrane potentials of single cells, step by step, and how efficacies change."""

import numpy as np

from thalia_dask import DynamicBrain, load_config

WATCH = ["recording.probes={cortex.l4: [0, 1], cortex.l5: [2]}", "recording.efficacies=[cortex.l23]"]

if __name__ == "__main__":
    config = load_config("configs/two_regions.yaml", [*WATCH, "recording.efficacies_every_ms=100"])
    with DynamicBrain.from_thalia_config(config) as brain:
        brain.forward(np.full(50, 0.5), 300)
        cortex = brain.recording["cortex"].to_dataset()
    traces = cortex["membrane_potential"].sel(time=slice(20, 24))
    print(traces.T.to_pandas().astype(float).round(2).to_string())
    learning = cortex[["source", "source_neuron", "target_neuron", "initial_efficacy"]].isel(synapse=slice(3))
    print(learning.to_dataframe().round(2).to_string())
    print(cortex["efficacy"].isel(synapse=slice(3)).to_pandas().astype(float).round(2).to_string())
