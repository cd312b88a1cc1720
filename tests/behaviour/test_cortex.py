"""Layers of the cortex fire one after the other, and inhibition makes them sparse."""

from __future__ import annotations

import pytest

from tests.behaviour.cortex import density, latency_ms, onset

seeds = pytest.mark.parametrize("seed", [1, 2])


@seeds
def test_layers_fire_one_after_the_other(seed: int) -> None:
    """Where no thalamic axon reaches layer 5; where they do, it answers as early as layer 4."""
    of_layer = {layer: latency_ms(rate) for layer, rate in onset(seed, feedforward_deep_mv=0.0).items()}
    assert of_layer["l4"] < of_layer["l23"] < of_layer["l5"] < of_layer["l6"]
    direct = {layer: latency_ms(rate) for layer, rate in onset(seed).items()}
    assert direct["l4"] < direct["l23"]
    assert direct["l5"] <= direct["l4"] + 1
    assert direct["l5"] < direct["l6"]


@seeds
def test_inhibition_makes_activity_sparse(seed: int) -> None:
    with_inhibition, without = density(seed), density(seed, inhibition_mv=0.0)
    assert all(with_inhibition[layer] < without[layer] for layer in ("l4", "l23", "l5", "l6"))
    assert with_inhibition["l4"] < without["l4"] - 0.05
