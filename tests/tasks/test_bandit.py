import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from thalia_dask.config import TaskConfig
from thalia_dask.errors import ConfigError
from thalia_dask.tasks.bandit import Bandit
from thalia_dask.tasks.registry import open_task


def pulls(environment, arm, n_trials):
    """The contexts shown, and what one arm pays in them."""
    contexts, rewards = [], []
    for trial in range(n_trials):
        seen, _ = environment.reset(seed=1 if trial == 0 else None)
        contexts.append(np.flatnonzero(seen)[0] // 16)
        rewards.append(environment.step(arm)[1])
    return np.array(contexts), np.array(rewards)


def test_gymnasium_finds_nothing_to_complain_of():
    check_env(Bandit(3), skip_render_check=True)


def test_the_best_arm_of_a_context_pays_most_often():
    contexts, rewards = pulls(Bandit(n_contexts=3, n_arms=3), arm=1, n_trials=3000)
    assert [rewards[contexts == k].mean() for k in range(3)] == pytest.approx([0.1, 0.8, 0.1], abs=0.04)


def test_a_reversal_moves_the_best_arm_on():
    environment = Bandit(n_contexts=2, p_best=1.0, reversal=100)
    contexts, rewards = pulls(environment, arm=0, n_trials=200)
    assert np.array_equal(rewards[:100] == 1.0, contexts[:100] == 0)
    assert np.array_equal(rewards[100:] == 1.0, contexts[100:] == 1)
    assert np.array_equal(environment.optimal, rewards == 1.0)


def test_it_is_examined_after_the_reversal_with_sure_pay():
    task = open_task(TaskConfig(name="bandit", params={"n_contexts": 2, "reversal": 100}))
    contexts, rewards = pulls(task.evaluation, arm=0, n_trials=50)
    assert np.array_equal(rewards == 1.0, contexts == 1)
    assert (task.encoder.size, task.actions.n, task.chance, task.measure) == (48, 2, 0.5, "accuracy")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_arms": 1}, "bandit: n_arms is 1; write a whole number of at least 2"),
        ({"n_contexts": 0}, "bandit: n_contexts is 0; write a whole number of at least 1"),
        ({"reversal": 1.5}, "bandit: reversal is 1.5; write a whole number of at least 0"),
        ({"p_best": 80}, "bandit: p_best is 80; write a chance from 0 to 1"),
        ({"arms": 3}, "task.params.arms: the task 'bandit' has no such parameter; "),
        ({"p_best": "high"}, "bandit: p_best is 'high'; write a chance from 0 to 1"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ConfigError) as caught:
        open_task(TaskConfig(name="bandit", params=params))
    assert str(caught.value).startswith(message)
