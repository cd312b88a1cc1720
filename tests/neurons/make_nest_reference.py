"""Write what NEST makes of the input of ``make validate``, for tests where NEST is not installed.

Run ``python -m tests.neurons.make_nest_reference`` after ``make validate``, which installs it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from validation.checks.neurons import MODELS, SLOW_TOO, ask_nest
from validation.checks.short_term import MODEL, SYNAPSES

PATH = Path(__file__).parent / "nest_reference.npz"
N_NEURONS, N_STEPS, EVERY = 2, 6000, 8


def main() -> None:
    """Spikes, and every 8th membrane, of two neurons of each model, and with each kind of synapse."""
    stored = {}
    for model in (*MODELS, SLOW_TOO):
        theirs = ask_nest(model, model.given(N_NEURONS, N_STEPS))
        stored[f"{model.nest_name}/membrane"] = theirs.membrane[::EVERY].astype(np.float32)
        stored[f"{model.nest_name}/spikes"] = np.array(sorted(theirs.spikes()), np.int32)
    for synapse in SYNAPSES:
        theirs = ask_nest(MODEL, MODEL.given(N_NEURONS, N_STEPS), synapse.in_nest())
        stored[f"{synapse.name}/membrane"] = theirs.membrane[::EVERY].astype(np.float32)
    np.savez_compressed(PATH, **stored)


if __name__ == "__main__":
    main()
