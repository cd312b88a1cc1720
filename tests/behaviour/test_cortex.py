"""Layers of the cortex fire one after the other, sparsely and in gamma; they learn to tell patterns apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.alone import Alone
from tests.behaviour.cortex import (
    LEARNING,
    N_AXONS,
    SIZE,
    Apprentice,
    density,
    latency_ms,
    onset,
    preference,
    rhythm,
)
from tests.behaviour.loop import rates

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


@seeds
def test_layer_4_fires_in_gamma(seed: int) -> None:
    assert rhythm(seed) == pytest.approx(40.0, abs=1.0)
    assert abs(rhythm(seed, gamma_mv=0.0) - 40.0) > 5.0


@seeds
def test_stdp_makes_layer_2_3_prefer_what_it_has_seen(seed: int) -> None:
    """Compared with a column that learned nothing, on the same spikes of the same axons."""
    assert preference(seed) > preference(seed, stdp_rate=0.0) + 0.08
    assert Apprentice(seed).tuning() > Apprentice(seed, stdp_rate=0.0).tuning()


def test_at_a_rate_of_0_efficacies_stay() -> None:
    column = Alone("cortex", SIZE, {"feedforward": N_AXONS}, seed=1, **{**LEARNING, "stdp_rate": 0.0})
    before = column.save()[1]["weight"].clone()
    assert column.run(300, {"feedforward": np.full(N_AXONS, 60.0)})["l23"].any()
    assert column.save()[1]["weight"].equal(before)


@seeds
def test_layer_6_closes_the_loop_to_the_reticular_nucleus(seed: int) -> None:
    loop, cut = rates(seed, closed=True), rates(seed, closed=False)
    assert loop["l6"] > 20.0
    assert loop["reticular"] > 1.4 * cut["reticular"]
