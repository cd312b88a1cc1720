"""NEST: ``python -m benchmarks.peers.nest_network NETWORK.npz WARM_UP_MS DURATION_MS THREADS``."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import nest
import numpy as np

from benchmarks.network import DT_MS, Network
from benchmarks.peers.serving import Order, serve

CAPACITANCE_PF = 200.0
"""Free to choose: currents and conductances are scaled by it."""


def build(order: Order) -> Callable[[], dict[str, float]]:
    """Build and warm up a network; rates come from the kernel's own counter, so nothing is recorded."""
    network = Network.load(order.network)
    nest.ResetKernel()
    nest.set(resolution=DT_MS, local_num_threads=order.n_threads, verbosity=nest.VerbosityLevel.ERROR)
    create(network)
    connect(network)
    nest.Prepare()
    nest.Run(order.warm_up_ms)

    def stretch() -> dict[str, float]:
        began = perf_counter()
        nest.Run(order.duration_ms)
        seconds = perf_counter() - began
        return {"seconds": seconds, "rate_hz": nest.local_spike_counter / network.n_neurons / order.duration_ms * 1e3}

    return stretch


def create(network: Network) -> None:
    """Neurons, which get the identities 1 to n, then their background input."""
    cells = network.cells
    common = {
        "E_L": cells.resting_mv,
        "V_th": cells.threshold_mv,
        "V_reset": cells.reset_mv,
        "t_ref": cells.refractory_ms,
        "C_m": CAPACITANCE_PF,
    }
    taus = {"tau_syn_ex": cells.tau_excitatory_ms, "tau_syn_in": cells.tau_inhibitory_ms}
    model, params = {
        "current": ("iaf_psc_exp", {"tau_m": cells.tau_membrane_ms, **taus}),
        "delta": ("iaf_psc_delta", {"tau_m": cells.tau_membrane_ms}),
        "conductance": (
            "iaf_cond_exp",
            {
                "g_L": CAPACITANCE_PF / cells.tau_membrane_ms,
                "E_ex": cells.reversal_excitatory_mv,
                "E_in": cells.reversal_inhibitory_mv,
                **taus,
            },
        ),
    }[network.synapse]
    for population, (first, last) in zip(network.populations, network.slices().values(), strict=True):
        drive = {"I_e": population.drive_mv * CAPACITANCE_PF / cells.tau_membrane_ms}
        initial = {"V_m": network.membrane[first:last].astype(float)}
        if network.synapse == "conductance":
            g_ex, g_in = in_nest_units(network, network.conductances[:, first:last].astype(float))
            initial |= {"g_ex": g_ex, "g_in": g_in}
        nest.Create(model, population.size, {**common, **params, **drive, **initial})
    for population, (first, last) in zip(network.populations, network.slices().values(), strict=True):
        if population.background_hz:
            noise = nest.Create("poisson_generator", params={"rate": population.background_hz})
            weight = float(in_nest_units(network, population.background_weight))
            neurons = nest.NodeCollection(range(first + 1, last + 1))
            nest.Connect(noise, neurons, syn_spec={"weight": weight, "delay": DT_MS})


def connect(network: Network) -> None:
    """All synapses, those of a sign together; where they are equally strong, NEST stores their weight once."""
    for name, chosen in (("exc", network.weights > 0), ("inh", network.weights < 0)):
        weights = in_nest_units(network, network.weights[chosen].astype(float))
        if not len(weights):
            continue
        synapses: dict[str, object] = {"delay": network.delays[chosen] * DT_MS}
        if (weights == weights[0]).all():
            nest.CopyModel("static_synapse_hom_w", name, {"weight": weights[0]})
            synapses["synapse_model"] = name
        else:
            synapses["weight"] = weights
        sources, targets = (ends[chosen].astype(np.int64) + 1 for ends in (network.sources, network.targets))
        nest.Connect(sources, targets, "one_to_one", synapses)


def in_nest_units(network: Network, weights: np.ndarray | float) -> np.ndarray | float:
    """Weights in pA, nS or mV: for currents, the current that holds the membrane that many mV above rest."""
    if network.synapse == "delta":
        return weights
    return weights * CAPACITANCE_PF / network.cells.tau_membrane_ms


if __name__ == "__main__":
    serve(build)
