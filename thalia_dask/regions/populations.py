"""From the populations of a layout to the numbers that a step needs of them."""

from __future__ import annotations

import numpy as np

from thalia_dask.neurons import base
from thalia_dask.neurons.background import poisson_thresholds
from thalia_dask.regions.advance import PopulationTable
from thalia_dask.regions.layout import Background, Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.wiring import noise_key

_SILENCE = Background(0.0, 0.0)


def population_table(spec: RegionSpec, layout: Layout) -> PopulationTable:
    """Tabulate slices, models, constants and background input of all populations."""
    slices = layout.slices().values()
    neurons = [population.neuron for population in layout.populations]
    backgrounds = [population.background or _SILENCE for population in layout.populations]
    return PopulationTable(
        first=np.array([first for first, _ in slices], np.int64),
        last=np.array([last for _, last in slices], np.int64),
        model=np.array([neuron.code for neuron in neurons], np.int64),
        jumps=np.array([neuron.jumps for neuron in neurons], np.int64),
        constants=base.constants(neurons, spec.dt_ms),
        thresholds=poisson_thresholds([background.rate_hz * spec.dt_ms / 1000 for background in backgrounds]),
        weight=np.array([background.weight_mv for background in backgrounds], np.float32),
        key=noise_key(spec),
    )
