"""The shipped brains learn the tasks that their configs name, by reward alone."""

from __future__ import annotations

import numpy as np
import pytest
from distributed import Client

from tests.scenarios.school import NO_LEARNING, life, schooled


def test_the_arm_that_pays_is_found_in_each_context() -> None:
    result = schooled("bandit")
    assert result.accuracy_by_epoch[-1] > 0.7  # the most that can be hoped for is 0.8
    assert result.accuracy_heldout >= 0.9


def test_without_dopamine_learning_a_bandit_is_guessed() -> None:
    shares = [schooled("bandit", [NO_LEARNING, f"global.seed={seed}"]).accuracy_heldout for seed in range(4)]
    assert np.mean(shares) < 0.65


def test_after_a_reversal_it_is_learned_anew() -> None:
    """The examination is after the reversal: what had been learned before it is wrong there."""
    assert schooled("reversal", ["training.epochs=4"]).accuracy_heldout <= 0.2
    assert schooled("reversal").accuracy_heldout >= 0.9


@pytest.mark.cluster
def test_same_bits_on_threads_of_workers(two_workers_of_two_threads: Client) -> None:
    short = ["training.epochs=1", "training.trials_per_epoch=15", "training.evaluation_trials=5"]
    alone = life("bandit", short)
    workers = ["brain.parallel=true", "execution.n_workers=2"]
    assert life("bandit", [*short, *workers], client=two_workers_of_two_threads) == alone
