"""Brian2, as C++: ``python -m benchmarks.peers.brian_network NETWORK.npz WARM_UP_MS DURATION_MS THREADS``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator

import brian2 as brian
import numpy as np
from brian2 import ms, mV

from benchmarks.network import DT_MS, Network
from benchmarks.peers.serving import Order, serve

EQUATIONS = {
    "current": """
        dv/dt = (ge + gi - (v - resting)) / tau_m : volt (unless refractory)
        dge/dt = -ge / tau_e : volt
        dgi/dt = -gi / tau_i : volt
        """,
    "conductance": """
        dv/dt = (ge * (reversal_e - v) + gi * (reversal_i - v) - (v - resting)) / tau_m : volt (unless refractory)
        dge/dt = -ge / tau_e : 1
        dgi/dt = -gi / tau_i : 1
        """,
}
METHODS = {"current": "exact", "conductance": "exponential_euler"}


def build(order: Order) -> Callable[[], dict[str, float]]:
    """Compile a network once; every stretch is a run of the binary.

    It warms up, goes on with its spikes counted, and once more without: the time is that of the last part.
    """
    network = Network.load(order.network)
    if any(population.drive_mv or population.background_hz for population in network.populations):
        raise NotImplementedError("Brian2 is given no drive and no background")
    project = tempfile.TemporaryDirectory(prefix="brian-")
    brian.set_device("cpp_standalone", build_on_run=False)
    brian.prefs.devices.cpp_standalone.openmp_threads = order.n_threads if order.n_threads > 1 else 0
    brian.defaultclock.dt = DT_MS * ms
    group = neurons(network)
    counter = brian.SpikeMonitor(group, record=False)
    simulation = brian.Network(group, counter, *synapses(network, group))
    for duration_ms, counted in ((order.warm_up_ms, False), (order.duration_ms, True), (order.duration_ms, False)):
        counter.active = counted
        simulation.run(duration_ms * ms, namespace={})
    brian.device.build(directory=project.name, run=False)

    def stretch() -> dict[str, float]:
        brian.device.run(project.name, with_output=False)
        rate_hz = float(np.mean(counter.count)) / order.duration_ms * 1e3
        return {"seconds": brian.device._last_run_time, "rate_hz": rate_hz}  # noqa: SLF001

    return stretch


def neurons(network: Network) -> brian.NeuronGroup:
    """All neurons; Brian2 lets them go a step earlier than NEST, so they are refractory for a step more."""
    group = brian.NeuronGroup(
        network.n_neurons,
        EQUATIONS[network.synapse],
        threshold="v >= threshold",
        reset="v = reset",
        refractory=(network.cells.refractory_ms + DT_MS) * ms,
        method=METHODS[network.synapse],
        namespace=namespace(network),
    )
    group.v = network.membrane * mV
    if network.synapse == "conductance":
        group.ge, group.gi = network.conductances
    return group


def synapses(network: Network, group: brian.NeuronGroup) -> Iterator[brian.Synapses]:
    """All synapses, those of a sign together; where they are equally strong or late, that is a constant."""
    unit = mV if network.synapse == "current" else 1
    sign = 1 if network.synapse == "current" else -1
    for variable, factor, chosen in (("ge", 1, network.weights > 0), ("gi", sign, network.weights < 0)):
        weights = factor * network.weights[chosen].astype(float)
        delays_ms = network.delays[chosen] * DT_MS
        if not len(weights):
            continue
        equal, together = (weights == weights[0]).all(), (delays_ms == delays_ms[0]).all()
        bundle = brian.Synapses(
            group,
            group,
            "" if equal else f"w : {'volt' if network.synapse == 'current' else '1'} (constant)",
            on_pre=f"{variable} += w",
            delay=delays_ms[0] * ms if together else None,
            namespace={"w": weights[0] * unit} if equal else {},
        )
        bundle.connect(i=network.sources[chosen], j=network.targets[chosen])
        if not equal:
            bundle.w = weights * unit
        if not together:
            bundle.delay = delays_ms * ms
        yield bundle


def namespace(network: Network) -> dict[str, brian.Quantity]:
    """The constants of the equations."""
    cells = network.cells
    return {
        "tau_m": cells.tau_membrane_ms * ms,
        "tau_e": cells.tau_excitatory_ms * ms,
        "tau_i": cells.tau_inhibitory_ms * ms,
        "resting": cells.resting_mv * mV,
        "threshold": cells.threshold_mv * mV,
        "reset": cells.reset_mv * mV,
        "reversal_e": cells.reversal_excitatory_mv * mV,
        "reversal_i": cells.reversal_inhibitory_mv * mV,
    }


if __name__ == "__main__":
    serve(build)
