"""A plastic synapse between two neurons that spike when they are told, in NEST.

``python -m validation.peers.plasticity tests/plasticity/nest.json`` works out the weights of the stored cases anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nest
import numpy as np


def answer(head: dict, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights at every presynaptic spike; ``head`` is a case, as ``validation.plasticity`` describes it."""
    del arrays
    dt_ms = head["dt_ms"]
    nest.ResetKernel()
    nest.set(resolution=dt_ms, verbosity=nest.VerbosityLevel.ERROR)
    pre, post = _told(head["pre_steps"], dt_ms), _told(head["post_steps"], dt_ms)
    post.tau_minus = head["tau_minus_ms"]
    recorder = nest.Create("weight_recorder")
    params = {"weight_recorder": recorder, **head["params"]}
    if "dopamine_steps" in head:
        transmitter = nest.Create("volume_transmitter")
        nest.Connect(_told(head["dopamine_steps"], dt_ms), transmitter, syn_spec={"delay": dt_ms})
        params["volume_transmitter"] = transmitter
    nest.CopyModel(head["model"], "plastic", params)
    # a parrot does not repeat what it receives on port 1
    synapse = {"synapse_model": "plastic", "weight": head["weight"], "delay": head["delay_ms"], "receptor_type": 1}
    nest.Connect(pre, post, syn_spec=synapse)
    nest.Simulate((max(head["pre_steps"]) + 100) * dt_ms)
    order = np.argsort(recorder.events["times"], kind="stable")
    return {"weights": np.array(recorder.events["weights"])[order]}


def _told(steps: list[int], dt_ms: float) -> nest.NodeCollection:
    """A neuron that spikes at these steps."""
    source = nest.Create("spike_generator", params={"spike_times": [round((step - 1) * dt_ms, 6) for step in steps]})
    neuron = nest.Create("parrot_neuron")
    nest.Connect(source, neuron, syn_spec={"delay": dt_ms})
    return neuron


if __name__ == "__main__":
    path = Path(sys.argv[1])
    cases = json.loads(path.read_text())
    for case in cases:
        case["weights"] = answer(case, {})["weights"].tolist()
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
