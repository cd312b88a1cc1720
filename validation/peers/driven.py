"""Neurons of one model that are driven by given spikes, in NEST."""

from __future__ import annotations

import nest
import numpy as np


def answer(head: dict, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Spikes and membranes; the question is that of ``validation.checks.neurons``."""
    dt_ms, n_steps, n_neurons = head["dt_ms"], head["n_steps"], head["n_neurons"]
    nest.ResetKernel()
    nest.set(resolution=dt_ms, verbosity=nest.VerbosityLevel.ERROR)
    neurons = nest.Create(head["model"], n_neurons, head["params"])
    ends = zip(arrays["targets"], arrays["receptors"], arrays["weights"], strict=True)
    for axon, (target, receptor, weight) in enumerate(ends):
        steps = arrays["spike_steps"][arrays["spike_axons"] == axon]
        source = nest.Create("spike_generator", params={"spike_times": np.round(steps * dt_ms, 6)})
        relay = nest.Create("parrot_neuron")
        nest.Connect(source, relay, syn_spec={"delay": dt_ms})
        how = {**head["synapse"], "receptor_type": int(receptor), "weight": float(weight), "delay": dt_ms}
        nest.Connect(relay, neurons[int(target)], syn_spec=how)
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": dt_ms})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    nest.Simulate((n_steps + 2) * dt_ms)
    events, spikes = meter.events, recorder.events
    membrane = np.empty((n_steps + 2, n_neurons))
    when = np.rint(events["times"] / dt_ms).astype(int) - 1
    membrane[:] = np.nan
    membrane[when, events["senders"] - neurons[0].global_id] = events["V_m"]
    steps = np.rint(spikes["times"] / dt_ms).astype(int) - 2
    return {
        "membrane": membrane[1 : n_steps + 1],
        "steps": steps[steps < n_steps],
        "neurons": (spikes["senders"] - neurons[0].global_id)[steps < n_steps],
    }
