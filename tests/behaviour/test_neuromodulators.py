"""Acetylcholine answers to novelty, noradrenaline to uncertainty; for dopamine see ``test_conditioning``."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.neuromodulators import BASELINE, N_FAMILIAR, novelty, uncertainty

seeds = pytest.mark.parametrize("seed", [1, 2])


@seeds
def test_acetylcholine_by_novelty(seed: int) -> None:
    levels = novelty(seed)
    first, familiar, novel = levels[0], levels[N_FAMILIAR - 3 : N_FAMILIAR], levels[N_FAMILIAR]
    assert first > 0.9
    np.testing.assert_allclose(familiar, BASELINE, atol=0.01)
    assert 0.9 < novel <= 1.0, "no more than all of it is new"


@seeds
def test_noradrenaline_by_uncertainty(seed: int) -> None:
    (sure, little), (unsure, much) = uncertainty(seed, 1.0), uncertainty(seed, 100.0)
    np.testing.assert_allclose([little, much], [0.5 * (1 - sure), 0.5 * (1 - unsure)], atol=1e-6)
    assert much > little
