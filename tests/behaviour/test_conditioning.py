"""Dopamine moves from a reward to its cue; the cerebellum answers when an error is due."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.conditioning import BIN_MS, CUE, CUE_MS, N_PROBES, REWARD, dopamine, eyelid


@pytest.mark.parametrize("seed", [1, 4, 8, 9])
def test_dopamine_moves_from_the_reward_to_the_cue(seed: int) -> None:
    """Schultz, Dayan & Montague (1997), fig. 1: a surprise, then the cue, then a dip where the reward is missing."""
    errors = dopamine(seed, n_trials=50, omitted=49)
    first, last = errors[:2].mean(axis=0), errors[39:49].mean(axis=0)
    assert first[REWARD] > 0.9
    assert abs(first[CUE]) < 0.1
    assert last[CUE] > 0.6
    assert last[REWARD] < 0.35
    assert errors[49, REWARD] < -0.6
    between = [state for state in range(errors.shape[1]) if state not in (CUE, REWARD)]
    assert np.abs(last[between]).max() < 0.25


def deepest_pause_ms(rates: np.ndarray) -> float:
    """End of the 75 ms with the lowest rate while the cue lasts, from 75 ms on, in trials without error."""
    probes = rates[-N_PROBES:].mean(axis=0)
    smooth = np.convolve(probes, np.ones(3) / 3, "valid")
    first, last = 75 // BIN_MS, CUE_MS // BIN_MS - 3
    return float((first + np.argmin(smooth[first : last + 1]) + 3) * BIN_MS)


@pytest.mark.parametrize("error_ms", [175, 275])
def test_purkinje_cells_pause_and_nuclei_answer_when_the_error_is_due(error_ms: int) -> None:
    rates = eyelid(seed=1, n_trials=70, error_ms=error_ms)
    assert abs(deepest_pause_ms(rates["purkinje"]) - error_ms) <= 50
    due = slice(error_ms // BIN_MS - 3, error_ms // BIN_MS)
    naive = eyelid(seed=1, n_trials=70, error_ms=error_ms, depression=0.0)
    learned, untaught = (r["purkinje"][-N_PROBES:, due].mean() for r in (rates, naive))
    assert learned < 0.75 * untaught
    answer, silence = (r["nuclei"][-N_PROBES:, due].mean() for r in (rates, naive))
    assert answer > 1.5 * silence
