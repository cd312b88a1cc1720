"""``python -m benchmarks.torch_path``: a step by the kernels on one core, and in torch operations on a device.

The CUBA network (see ``benchmarks.networks.cuba``) with 100 synapses and delays of its own onto every neuron, however
many there are. On CUDA the operations are measured both ways: launched one by one, and as a recorded step.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import perf_counter

import click
import torch

from benchmarks.network import DT_MS
from benchmarks.networks.cuba import CELLS, EXCITATORY_MV, INHIBITORY_MV, populations, scattered_membrane
from thalia_dask.neurons.base import EXCITATORY, INHIBITORY
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.regions.layout import FixedInDegree, Layout, Population
from thalia_dask.regions.layout_region import LayoutRegion
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.regions.torch_spiking import TorchSpikingRegion
from thalia_dask.seeds import generator
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.distributions import Constant, Uniform
from thalia_dask.ticks import Window

NEURON = LIFParams(
    tau_membrane_ms=CELLS.tau_membrane_ms,
    resting_mv=CELLS.resting_mv,
    threshold_mv=CELLS.threshold_mv,
    reset_mv=CELLS.reset_mv,
    refractory_ms=CELLS.refractory_ms,
    tau_excitatory_ms=CELLS.tau_excitatory_ms,
    tau_inhibitory_ms=CELLS.tau_inhibitory_ms,
)
DEGREES = {"exc": (80, EXCITATORY_MV, EXCITATORY), "inh": (20, INHIBITORY_MV, INHIBITORY)}
WINDOW_STEPS = 50
WARM_UP_STEPS = 500
N_REPEATS = 5


def layout(n_neurons: int) -> Layout:
    cells = tuple(Population(population.name, population.size, NEURON) for population in populations(n_neurons))
    connections = tuple(
        FixedInDegree(source, target.name, degree, Constant(efficacy), Uniform(0.1, 1.5), channel)
        for source, (degree, efficacy, channel) in DEGREES.items()
        for target in cells
    )
    return Layout(cells, connections)


class Run:
    """A region under way, measured piece by piece."""

    def __init__(self, region: LayoutRegion, n_neurons: int) -> None:
        membrane = torch.from_numpy(scattered_membrane(n_neurons, generator(1, "torch_path")))
        region.restore({**region.snapshot(), "membrane": membrane})
        self._region, self._n_neurons, self._at = region, n_neurons, 0
        self.seconds: list[float] = []
        self.rates_hz: list[float] = []
        self._advance(WARM_UP_STEPS)

    def _advance(self, n_steps: int) -> int:
        starts = range(self._at, self._at + n_steps, WINDOW_STEPS)
        self._at += n_steps
        return sum(len(self._region.advance(Window(start, start + WINDOW_STEPS), Arrivals())) for start in starts)

    def measure(self, n_steps: int) -> None:
        """Note the seconds of a step, and the mean rate in Hz."""
        began = perf_counter()
        n_spikes = self._advance(n_steps)
        self.seconds.append((perf_counter() - began) / n_steps)
        self.rates_hz.append(n_spikes / self._n_neurons / (n_steps * DT_MS / 1000))


def runs(n_neurons: int, device: str) -> dict[str, Run]:
    spec, net = RegionSpec("cuba", "cuba", n_neurons, DT_MS, 1), layout(n_neurons)
    there = replace(spec, device=device)
    regions: dict[str, LayoutRegion] = {
        "kernels": SpikingRegion(spec, net),
        "operations": TorchSpikingRegion(there, net, record=False),
    }
    if torch.device(device).type == "cuda":
        regions["recorded"] = TorchSpikingRegion(there, net, record=True)
    return {name: Run(region, n_neurons) for name, region in regions.items()}


@click.command()
@click.option("--device", default="cuda", show_default=True, help="'cuda', 'cuda:N', or 'cpu' for torch on the CPU.")
@click.option("--sizes", default="20000,100000,300000,1000000", show_default=True, help="Numbers of neurons.")
@click.option("--steps", default=500, show_default=True, help="Steps of one measurement, a multiple of 50.")
def main(device: str, sizes: str, steps: int) -> None:
    """Measure a step of the CUBA network by the kernels and in torch operations."""
    click.echo(f"us a step, median of {N_REPEATS} alternating runs of {steps} steps")
    for n_neurons in (int(size) for size in sizes.split(",")):
        measured = runs(n_neurons, device)
        for _ in range(N_REPEATS):
            for run in measured.values():
                run.measure(steps)
        for name, run in measured.items():
            seconds = median(run.seconds)
            spread = f"{1e6 * min(run.seconds):.1f} to {1e6 * max(run.seconds):.1f}"
            ratio = median(k / s for k, s in zip(measured["kernels"].seconds, run.seconds, strict=True))
            rate = median(run.rates_hz)
            click.echo(f"{n_neurons:>9} {name:>11} {1e6 * seconds:>9.1f} ({spread})  x {ratio:.2f}  {rate:.1f} Hz")
        del measured


if __name__ == "__main__":
    main()
