"""Limitations: 3. State Synchronization."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.seed.conftest import states
from thalia_dask.core.dynamic_brain import DynamicBrain

pytestmark = pytest.mark.cluster


def test_state_is_inspected_between_forward_passes(
    brain_seq: DynamicBrain, brain_par: DynamicBrain, input_pattern: torch.Tensor
) -> None:
    before = states(brain_par)
    brain_par.forward(input_pattern, n_timesteps=15)
    brain_seq.forward(input_pattern, n_timesteps=15)
    after = states(brain_par)
    assert {region for region, _ in after} == set(brain_par.plan.region_names)
    assert any(before[entry] != after[entry] for entry in after)
    assert after == states(brain_seq)
    assert np.isfinite(brain_par.state("cortex")["membrane"]).all()


def test_state_is_not_shared(brain_par: DynamicBrain, input_pattern: torch.Tensor) -> None:
    before = states(brain_par)
    for values in brain_par.state("pfc").values():
        values.fill(0)
    assert states(brain_par) == before


def test_regions_influence_one_another_by_events_alone(brain_par: DynamicBrain, input_pattern: torch.Tensor) -> None:
    """What reaches a region left another one before, by the delay of the axons between them."""
    activity = brain_par.forward(input_pattern, n_timesteps=40).dataset
    sent, received = (
        activity[name].transpose("time", "region").to_pandas() for name in ("events_sent", "events_received")
    )
    delay = next(p.delay_steps for p in brain_par.plan.projections if p.target == "cerebellum")
    assert received["cerebellum"].sum() > 0
    assert (received["cerebellum"].values[:delay] == 0).all()
    assert received["cerebellum"].values[delay:].sum() <= sent["pfc"].values[:-delay].sum()
