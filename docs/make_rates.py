"""Write the table of mean rates of every population of the shipped configs.

Run it as ``python docs/make_rates.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from thalia_dask import DynamicBrain, load_config

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "rates.md"
CONFIGS = ("two_regions", "thalamocortical_loop", "sensorimotor", "digits")
DURATION_MS = 1000

HEAD = f"""<!-- Written by docs/make_rates.py. Tune the regions or the configs, then run the script. -->

# Rates of every population

Mean firing rate of every population of the shipped configs, before any reward. Stimulus: every second axon of each
region that takes one at full intensity, the others silent, held for {DURATION_MS} ms; the mean is over all neurons
of the population and all {DURATION_MS} ms. The regions are alive if none is silent and none exceeds 100 Hz; a test
checks that with other stimuli.

Reproduce: `python docs/make_rates.py`.
"""


def table(name: str) -> str:
    """The rates of one config."""
    config = load_config(ROOT / "configs" / f"{name}.yaml", ["brain.parallel=false"])
    lines = ["| region | population | neurons | rate (Hz) |", "| --- | --- | ---: | ---: |"]
    with DynamicBrain.from_thalia_config(config) as brain:
        half = {port.region: (np.arange(port.size) % 2 == 0).astype(float) for port in brain.plan.stimuli}
        brain.forward(half, n_timesteps=round(DURATION_MS / brain.plan.dt_ms))
        for region, populations in brain.plan.populations:
            group = brain.recording[region]
            spiking = group["population"].values[group["spike_neuron"].values]
            for population, size in populations:
                rate_hz = np.count_nonzero(spiking == population) / size / (DURATION_MS / 1000)
                lines.append(f"| {region} | {population} | {size} | {rate_hz:.1f} |")
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    tables = [f"## `configs/{name}.yaml`\n\n{table(name)}\n" for name in CONFIGS]
    return "\n".join([HEAD, *tables])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
