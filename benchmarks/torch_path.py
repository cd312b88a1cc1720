"""``python -m benchmarks.torch_path``: a step by the kernels on one core, and in torch operations on a device.

The CUBA network (see ``benchmarks.networks.cuba``) with 100 synapses and delays of its own onto every neuron, however
many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


def layout(n_neurons: int) -> Layout:
    cells = tuple(Population(population.name, population.size, NEURON) for population in populations(n_neurons))
    connections = tuple(
        FixedInDegree(source, target.name, degree, Constant(efficacy), Uniform(0.1, 1.5), channel)
        for source, (degree, efficacy, channel) in DEGREES.items()
        for target in cells
    )
    return Layout(cells, connections)


def measure(make: Callable[[], LayoutRegion], n_neurons: int, n_steps: int) -> tuple[float, float]:
    """Seconds a step, and mean rate in Hz, after a warm-up; the region is gone afterwards."""
    region = make()
    membrane = torch.from_numpy(scattered_membrane(n_neurons, generator(1, "torch_path")))
    region.restore({**region.snapshot(), "membrane": membrane})
    n_spikes, began = 0, 0.0
    for start in range(0, WARM_UP_STEPS + n_steps, WINDOW_STEPS):
        if start == WARM_UP_STEPS:
            n_spikes, began = 0, perf_counter()
        n_spikes += len(region.advance(Window(start, start + WINDOW_STEPS), Arrivals()))
    return (perf_counter() - began) / n_steps, n_spikes / n_neurons / (n_steps * DT_MS / 1000)


@click.command()
@click.option("--device", default="cuda", show_default=True, help="'cuda', 'cuda:N', or 'cpu' for torch on the CPU.")
@click.option("--sizes", default="20000,100000,1000000", show_default=True, help="Numbers of neurons.")
@click.option("--steps", default=1000, show_default=True, help="Steps to measure, a multiple of 50.")
@click.option("--record", is_flag=True, help="Repeat a recorded step (CUDA graph) instead of single operations.")
def main(device: str, sizes: str, steps: int, record: bool) -> None:  # noqa: FBT001
    """Measure a step of the CUBA network by the kernels and in torch operations."""
    click.echo(f"{'neurons':>9} {'kernels us':>11} {'torch us':>11} {'ratio':>7}   rates (Hz)")
    for n_neurons in (int(size) for size in sizes.split(",")):
        spec, net = RegionSpec("cuba", "cuba", n_neurons, DT_MS, 1), layout(n_neurons)
        kernels, rate = measure(lambda spec=spec, net=net: SpikingRegion(spec, net), n_neurons, steps)
        there = replace(spec, device=device)
        on_device, other = measure(
            lambda there=there, net=net: TorchSpikingRegion(there, net, record=record), n_neurons, steps
        )
        times = f"{1e6 * kernels:>11.1f} {1e6 * on_device:>11.1f} {kernels / on_device:>7.2f}"
        click.echo(f"{n_neurons:>9} {times}   {rate:.1f}, {other:.1f}")


if __name__ == "__main__":
    main()
