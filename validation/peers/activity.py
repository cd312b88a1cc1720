"""The spikes of a network, in NEST."""

from __future__ import annotations

from pathlib import Path

import nest
import numpy as np

from benchmarks.network import DT_MS, Network
from benchmarks.peers.nest_network import connect, create


def answer(head: dict, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:  # noqa: ARG001
    """Spikes after the warm-up; ``head`` has ``network``, a path, ``warm_up_ms``, ``duration_ms`` and ``seed``."""
    network = Network.load(Path(head["network"]))
    nest.ResetKernel()
    nest.set(resolution=DT_MS, rng_seed=head["seed"], verbosity=nest.VerbosityLevel.ERROR)
    create(network)
    connect(network)
    recorder = nest.Create("spike_recorder", params={"start": head["warm_up_ms"]})
    nest.Connect(nest.NodeCollection(range(1, network.n_neurons + 1)), recorder)
    nest.Simulate(head["warm_up_ms"] + head["duration_ms"])
    times_ms = recorder.events["times"] - head["warm_up_ms"]
    return {"steps": np.rint(times_ms / DT_MS).astype(int) - 1, "neurons": recorder.events["senders"] - 1}
