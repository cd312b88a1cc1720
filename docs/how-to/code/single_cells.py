"""Membrane potentials of single cells, step by step; the recording has their mean by region only."""

import numpy as np
import xarray as xr

from thalia_dask import DynamicBrain, load_config

N_STEPS, CELLS = 200, [0, 1, 7]

if __name__ == "__main__":
    config = load_config("configs/two_regions.yaml")
    light = np.full(50, 0.5)
    membranes_mv = np.empty((N_STEPS, len(CELLS)), np.float32)
    with DynamicBrain.from_thalia_config(config) as brain:
        for step in range(N_STEPS):
            brain.forward(light, 1, goes_on=step + 1 < N_STEPS)  # one presentation, in steps
            membranes_mv[step] = brain.state("cortex")["membrane"][CELLS]
        time_ms = brain.recording["time"].values
    traces = xr.DataArray(membranes_mv, {"time": time_ms, "neuron": CELLS}, name="membrane", attrs={"units": "mV"})
    print(traces.sel(time=slice(20, 24)).to_pandas().astype(float).round(2).to_string())
