"""The shipped brains learn the tasks that their configs name, by reward alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from tests.scenarios.school import ALSO_A_BANDIT, NO_LEARNING, guessed_returns, life, schooled, shipped, without

BANDIT, REVERSAL, DELAYED_MATCH, CARTPOLE = map(shipped, ("bandit", "reversal", "delayed_match", "cartpole"))
MATCHING = "training.epochs=2"


def test_the_arm_that_pays_is_found_in_each_context() -> None:
    result = schooled(BANDIT)
    assert result.accuracy_by_epoch[-1] > 0.7  # the most that can be hoped for is 0.8
    assert result.accuracy_heldout >= 0.9


def test_after_a_reversal_it_is_learned_anew() -> None:
    result = schooled(REVERSAL, "training.epochs=32", "training.trials_per_epoch=25")
    before, after = np.mean(result.accuracy_by_epoch[12:16]), result.accuracy_by_epoch[16]
    assert before > 0.7
    assert after < 0.5
    assert result.accuracy_heldout >= 0.9


def test_what_was_there_before_is_matched_by_a_brain_that_has_a_prefrontal_cortex() -> None:
    assert schooled(DELAYED_MATCH, MATCHING).accuracy_heldout > 0.7
    lesioned = without("pfc", "delayed_match")
    assert schooled(lesioned, MATCHING).accuracy_heldout < 0.6
    assert schooled(lesioned, *ALSO_A_BANDIT).accuracy_heldout > 0.9


def test_digits_are_named_by_a_brain_without_a_prefrontal_cortex() -> None:
    lesioned = without("pfc", "digits", ("cortex.l5", "cerebellum.mossy"))
    short = ("brain.parallel=false", "training.epochs=1", "training.trials_per_epoch=500")
    assert schooled(lesioned, *short, "training.evaluation_trials=100").accuracy_heldout > 0.4


def test_a_pole_is_balanced_better_than_at_random() -> None:
    result = schooled(CARTPOLE, "training.epochs=3", "training.trials_per_epoch=40", "training.evaluation_trials=5")
    assert result.accuracy_by_epoch[-1] > 2 * guessed_returns("CartPole-v1", 100).mean()


def test_without_dopamine_learning_a_bandit_is_guessed() -> None:
    shares = [schooled(BANDIT, NO_LEARNING, f"global.seed={seed}").accuracy_heldout for seed in range(4)]
    assert np.mean(shares) < 0.65


@pytest.mark.cluster
@pytest.mark.parametrize("config", [BANDIT, DELAYED_MATCH, CARTPOLE], ids=lambda config: config.stem)
def test_same_bits_on_threads_of_workers(config: Path, two_workers_of_two_threads: Client) -> None:
    short = ["training.epochs=1", "training.trials_per_epoch=8", "training.evaluation_trials=2"]
    alone = life(config, *short)
    workers = ["brain.parallel=true", "execution.n_workers=2"]
    assert life(config, *short, *workers, client=two_workers_of_two_threads) == alone
