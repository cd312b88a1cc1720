import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from sklearn.datasets import load_digits

from thalia_dask.errors import InputError, StateError
from thalia_dask.tasks.digits import Digits

IMAGES, LABELS = load_digits(return_X_y=True)


def one_pass(environment, seed=None):
    images = [environment.reset(seed=seed)[0]]
    images += [environment.reset()[0] for _ in range(environment.n_trials - 1)]
    return np.array(images)


def label_of(image):
    """Ask the data set: the environment does not tell."""
    return LABELS[np.all(image * 16 == IMAGES, axis=1)][0]


@pytest.mark.parametrize("split", ["train", "heldout", "fit", "validation"])
def test_gymnasium_finds_nothing_to_complain_of(split):
    check_env(Digits(split), skip_render_check=True)


def test_the_two_splits_are_all_digits_and_have_none_in_common():
    train, heldout = one_pass(Digits("train"), seed=1), one_pass(Digits("heldout"), seed=1)
    assert len(train) + len(heldout) == 1797
    assert len(heldout) / 1797 == pytest.approx(0.2, abs=0.001)
    together = np.concatenate([train, heldout])
    assert np.array_equal(np.unique(together, axis=0), np.unique(IMAGES / 16, axis=0))
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in heldout}


def test_images_for_validation_are_taken_from_those_for_training():
    train, fit, validation = (one_pass(Digits(split), seed=1) for split in ("train", "fit", "validation"))
    assert len(validation) / len(train) == pytest.approx(0.2, abs=0.002)
    assert sorted(image.tobytes() for image in train) == sorted(i.tobytes() for i in [*fit, *validation])


def test_every_digit_has_its_share_of_the_held_out():
    labels = [label_of(image) for image in one_pass(Digits("heldout"))]
    assert np.bincount(labels).min() >= 34


def test_the_training_order_is_the_seeds_and_new_in_every_pass():
    environment = Digits("train")
    first, second = one_pass(environment, seed=3), one_pass(environment)
    again, other = one_pass(Digits("train"), seed=3), one_pass(Digits("train"), seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, second)
    assert np.array_equal(np.unique(first, axis=0), np.unique(second, axis=0))


def test_the_held_out_order_is_always_the_same():
    environment = Digits("heldout")
    first = one_pass(environment, seed=3)
    assert np.array_equal(first, one_pass(environment))
    assert np.array_equal(first, one_pass(Digits("heldout"), seed=4))


def test_one_answer_one_reward_and_nothing_that_tells_the_label():
    environment = Digits("train")
    image, info = environment.reset(seed=1)
    right = label_of(image)
    after, reward, terminated, truncated, after_info = environment.step(right)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info == after_info == {}
    assert np.array_equal(image, after)
    image, _ = environment.reset()
    assert environment.step((label_of(image) + 1) % 10)[1] == 0.0


def test_an_image_cannot_be_answered_twice():
    environment = Digits("heldout")
    message = r"^Digits.step: there is no image to answer; call reset\(\) for the next one$"
    with pytest.raises(StateError, match=message):
        environment.step(1)
    environment.reset()
    environment.step(1)
    with pytest.raises(StateError, match=message):
        environment.step(1)


def test_an_answer_is_a_digit():
    environment = Digits()
    environment.reset(seed=1)
    with pytest.raises(InputError, match=r"^Digits.step: action is 10; write a whole number from 0 to 9$"):
        environment.step(10)


def test_a_split_that_does_not_exist():
    with pytest.raises(InputError, match=r"^Digits: split is 'test'; write one of train, heldout, fit, validation$"):
        Digits("test")
