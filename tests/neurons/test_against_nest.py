"""Every model on the input of ``make validate``: the spikes of NEST 3.10, and membranes within 1e-3 mV."""

from __future__ import annotations

import numpy as np
import pytest

from tests.neurons.make_nest_reference import EVERY, N_NEURONS, N_STEPS, PATH
from thalia_dask.neurons.adex import AdExParams
from validation.checks.neurons import MODELS, SLOW_TOO, Model
from validation.driven import respond


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.nest_name)
def test_neurons_are_those_of_nest(model: Model) -> None:
    with np.load(PATH) as stored:
        membrane, spikes = stored[f"{model.nest_name}/membrane"], stored[f"{model.nest_name}/spikes"]
    ours = respond(model.neuron, model.given(N_NEURONS, N_STEPS))
    assert len(spikes) >= 20
    assert sorted(ours.spikes()) == [tuple(spike) for spike in spikes.tolist()]
    neuron = model.neuron
    settled = membrane < neuron.rheobase_threshold_mv if isinstance(neuron, AdExParams) else np.isfinite(membrane)
    np.testing.assert_allclose(ours.membrane[::EVERY][settled], membrane[settled], atol=1e-3)


def test_slow_component_is_that_of_nest() -> None:
    with np.load(PATH) as stored:
        membrane = stored[f"{SLOW_TOO.nest_name}/membrane"]
    ours = respond(SLOW_TOO.neuron, SLOW_TOO.given(N_NEURONS, N_STEPS)).membrane[::EVERY]
    assert np.ptp(membrane) > 10, "else nothing moved it"
    np.testing.assert_allclose(ours, membrane, atol=1e-3)
