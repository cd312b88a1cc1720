import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from thalia_dask.config import TaskConfig
from thalia_dask.errors import ConfigError
from thalia_dask.tasks.delayed_match import DelayedMatch
from thalia_dask.tasks.registry import open_task


def trials(environment, answer, n_trials):
    """The lights that were on, shape (trials, frames), -1 for none, and what an answer earned."""
    seen, earned = [], []
    for trial in range(n_trials):
        film, _ = environment.reset(seed=1 if trial == 0 else None)
        seen.append([np.flatnonzero(frame)[0] // 16 if frame.any() else -1 for frame in film])
        earned.append(environment.step(answer)[1])
    return np.array(seen), np.array(earned)


def test_gymnasium_finds_nothing_to_complain_of():
    check_env(DelayedMatch(3, delay=2), skip_render_check=True)


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_light_darkness_and_a_light(delay):
    seen, _ = trials(DelayedMatch(3, delay), 1, 50)
    assert seen.shape == (50, delay + 2)
    assert np.all(seen[:, 1:-1] == -1)
    assert set(seen[:, 0]) == set(seen[:, -1]) == {0, 1, 2}


@pytest.mark.parametrize("answer", [0, 1])
def test_the_right_answer_is_whether_the_lights_match(answer):
    seen, earned = trials(DelayedMatch(3), answer, 200)
    assert np.array_equal(earned == 1.0, (seen[:, 0] == seen[:, -1]) == bool(answer))


def test_neither_light_tells_the_answer():
    seen, earned = trials(DelayedMatch(), 1, 4000)
    for frame in (0, -1):
        for light in (0, 1):
            assert earned[seen[:, frame] == light].mean() == pytest.approx(0.5, abs=0.05)


def test_a_brain_is_shown_one_frame_after_the_other():
    task = open_task(TaskConfig(name="delayed_match", params={"n_stimuli": 3, "delay": 2}))
    film, _ = task.training.reset(seed=1)
    assert np.array_equal(task.encoder(film), film)
    assert (task.encoder.size, task.actions.n, task.chance, task.measure) == (64, 2, 0.5, "accuracy")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_stimuli": 1}, "delayed_match: n_stimuli is 1; write a whole number of at least 2"),
        ({"delay": 0.5}, "delayed_match: delay is 0.5; write a whole number of at least 0"),
        ({"wait": 3}, "task.params.wait: the task 'delayed_match' has no such parameter; "),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ConfigError) as caught:
        open_task(TaskConfig(name="delayed_match", params=params))
    assert str(caught.value).startswith(message)
