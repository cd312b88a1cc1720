"""Synapses with short-term plasticity, here and as NEST's ``tsodyks2_synapse``, by the membranes that they move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from thalia_dask.neurons.lif import LIFParams
from thalia_dask.synapses.short_term import TsodyksMarkram
from validation.checks.neurons import MEMBRANE_MUST_MV, Model, ask_nest
from validation.driven import respond
from validation.row import Check, Row

MODEL = Model("iaf_psc_exp", replace(LIFParams(), threshold_mv=1e3), 8.0, -5.0, (200.0, 60.0))
"""Two excitatory axons and one inhibitory at up to 100 and 60 Hz; no spike hides what synapses do."""


class Synapse(NamedTuple):
    """A kind of synapse."""

    name: str
    short_term: TsodyksMarkram

    def in_nest(self) -> dict[str, object]:
        """The same in NEST."""
        p = self.short_term
        times = {"tau_rec": p.tau_recovery_ms, "tau_fac": p.tau_facilitation_ms}
        return {"synapse_model": "tsodyks2_synapse", "U": p.utilization, "u": p.utilization, "x": 1.0, **times}


SYNAPSES = (
    Synapse("depressing", TsodyksMarkram()),
    Synapse("facilitating", TsodyksMarkram(0.04, tau_recovery_ms=100.0, tau_facilitation_ms=1000.0)),
)


def compare(synapse: Synapse) -> Iterator[Row]:
    """By how much membranes differ."""
    given = MODEL.given()
    ours = respond(MODEL.neuron, given, synapse.short_term)
    theirs = ask_nest(MODEL, given, synapse.in_nest())
    difference = float(np.abs(ours.membrane - theirs.membrane).max())
    what = f"tsodyks2_synapse, {synapse.name}: largest difference of membranes"
    yield Row(f"short-term/{synapse.name}", what, difference, "mV", MEMBRANE_MUST_MV)


SHORT_TERM = tuple(Check(f"short-term-{synapse.name}", partial(compare, synapse)) for synapse in SYNAPSES)
