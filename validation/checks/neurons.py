"""Neurons that are driven by the same spikes here and in NEST: the same spikes, and nearly the same membranes.

NEST integrates ``iaf_cond_exp`` to 1e-3 mV a step. Where input is so strong that this error is reached (twice the
rates given here), one spike in a thousand is a step apart, because the membrane passes the threshold within it. Where
input hardly reaches the threshold, AdEx neurons linger at V_T, from which membranes part: one or two spikes in a
thousand are a step apart then, and one is between NEST and NEST with a tolerance of 1e-10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.base import Neuron
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from validation.driven import DT_MS, Input, Response, poisson_input, respond
from validation.nest import ask
from validation.row import Check, Row

MEMBRANE_MUST_MV = 1e-3
CAPACITANCE_PF = 250.0
"""Of current-based neurons, free to choose: efficacies in mV become currents by it."""
N_NEURONS, N_STEPS = 8, 20_000


class Model(NamedTuple):
    """A model here and in NEST, and its input: efficacies, and rates onto the neuron that gets most.

    With an efficacy ``slow``, also of the slow component of synapses (NMDA).
    """

    nest_name: str
    neuron: Neuron
    excitatory: float
    inhibitory: float
    rates_hz: tuple[float, float]
    slow: float = 0.0

    def given(self, n_neurons: int = N_NEURONS, n_steps: int = N_STEPS) -> Input:
        """The input."""
        return poisson_input(self.excitatory, self.inhibitory, self.rates_hz, n_neurons, n_steps, self.slow)


MODELS = (
    Model("iaf_psc_exp", LIFParams(), 4.13, -5.17, (3000.0, 500.0)),
    Model("iaf_psc_delta", DeltaLIFParams(), 0.713, -1.317, (2400.0, 400.0)),
    Model("iaf_cond_exp", ConductanceLIFParams(), 6.0, -67.0, (3000.0, 300.0)),
    Model("aeif_cond_exp", AdExParams(), 20.0, -67.0, (3000.0, 300.0)),
)
SLOW_TOO = Model(
    "iaf_psc_exp_multisynapse", replace(LIFParams(), threshold_mv=1e3), 3.13, -5.17, (3000.0, 500.0), slow=0.153
)
"""With the slow component as well, and no threshold: in single precision, in which a current of 100 ms decays by a
thousandth a step, two spikes of 471 would be a step apart."""


def nest_params(model: Model) -> dict[str, object]:
    """The same neuron in NEST's names and units."""
    p = asdict(model.neuron)
    names = {
        "resting_mv": "E_L", "threshold_mv": "V_th", "reset_mv": "V_reset", "refractory_ms": "t_ref",
        "tau_membrane_ms": "tau_m", "tau_excitatory_ms": "tau_syn_ex", "tau_inhibitory_ms": "tau_syn_in",
        "capacitance_pf": "C_m", "leak_ns": "g_L", "reversal_excitatory_mv": "E_ex", "reversal_inhibitory_mv": "E_in",
    }  # fmt: skip
    if isinstance(model.neuron, AdExParams):
        names |= {
            "rheobase_threshold_mv": "V_th", "threshold_mv": "V_peak", "slope_mv": "Delta_T", "coupling_ns": "a",
            "adaptation_pa": "b", "tau_adaptation_ms": "tau_w",
        }  # fmt: skip
    params = {name: p[ours] for ours, name in names.items() if ours in p}
    if model.slow:
        params["tau_syn"] = [params.pop("tau_syn_ex"), params.pop("tau_syn_in"), p["tau_slow_ms"]]
    return {"C_m": CAPACITANCE_PF, "V_m": p["resting_mv"], **params}


def in_nest_units(neuron: Neuron, weights: np.ndarray) -> np.ndarray:
    """Efficacies in pA for exponential currents; those of other models are in mV or nS in both."""
    return weights * CAPACITANCE_PF / neuron.tau_membrane_ms if isinstance(neuron, LIFParams) else weights


def ask_nest(model: Model, given: Input, synapse: dict[str, object] | None = None) -> Response:
    """What NEST makes of it, with synapses of another model than the static one if ``synapse`` names it."""
    reply = ask(
        "driven",
        {
            "model": model.nest_name,
            "params": nest_params(model),
            "dt_ms": DT_MS,
            "n_steps": given.n_steps,
            "n_neurons": given.n_neurons,
            "synapse": synapse or {"synapse_model": "static_synapse"},
        },
        spike_steps=given.steps,
        spike_axons=given.axons,
        targets=given.targets,
        receptors=given.channels + 1 if model.slow else np.zeros_like(given.channels),
        weights=in_nest_units(model.neuron, given.weights.astype(float)),
    )
    return Response(**reply)


def compare(model: Model) -> Iterator[Row]:
    """How many spikes differ, and by how much membranes do."""
    given = model.given()
    ours, theirs = respond(model.neuron, given), ask_nest(model, given)
    n_differing = len(ours.spikes() ^ theirs.spikes())
    seconds = given.n_steps * DT_MS / 1e3
    name = model.nest_name
    what = f"{name}: spikes in other steps, of {len(theirs.steps)} of {N_NEURONS} neurons in {seconds:g} s"
    yield Row(f"{name}/spikes", what, n_differing, "spikes", 0)
    yield _membranes(model, ours, theirs)


def compare_membranes(model: Model) -> Iterator[Row]:
    """By how much membranes differ."""
    given = model.given()
    yield _membranes(model, respond(model.neuron, given), ask_nest(model, given))


def _membranes(model: Model, ours: Response, theirs: Response) -> Row:
    what, settled = f"{model.nest_name}: largest difference of membranes", np.inf
    if isinstance(model.neuron, AdExParams):
        what, settled = f"{what} below V_T, where a spike begins", model.neuron.rheobase_threshold_mv
    difference = np.abs(ours.membrane - theirs.membrane)[theirs.membrane < settled].max()
    return Row(f"{model.nest_name}/membrane", what, float(difference), "mV", MEMBRANE_MUST_MV)


NEURONS = (
    *(Check(model.nest_name, partial(compare, model)) for model in MODELS),
    Check(SLOW_TOO.nest_name, partial(compare_membranes, SLOW_TOO)),
)
