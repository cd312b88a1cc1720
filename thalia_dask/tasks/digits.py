"""scikit-learn's handwritten digits as an environment: one image an episode, one answer, one reward.

The images are those of Alpaydin & Kaynak (1998), "Optical recognition of handwritten digits", UCI repository: 1797
digits of 8 x 8 pixels.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from thalia_dask.errors import InputError, StateError
from thalia_dask.seeds import generator

Pixels = NDArray[np.float32]

N_DIGITS = 10
_N_PIXELS = 64
_BRIGHTEST = 16.0
_SHARE = 0.2
"""Of each digit's images: held out of all, and for validation of the others."""
_SPLIT_SEED = 0
"""The split is the same for every run, so that runs with different seeds are measured on the same images."""

Split = Literal["train", "heldout", "fit", "validation"]
_SHUFFLED = ("train", "fit")


class Digits(gymnasium.Env[Pixels, np.int64]):
    """Say which digit it is.

    An observation is the 64 pixels of an image, from 0 (white) to 1 (ink). The action names a digit; the reward is 1
    if it is the right one, else 0, and the episode is over. ``info`` is always empty: the label stays in here.

    Parameters
    ----------
    split : ``"heldout"`` is a fifth of the images, ``"train"`` the others; ``"validation"`` is a fifth of those, to
        choose parameters by, and ``"fit"`` what is left. Each digit has its share in all. ``"train"`` and ``"fit"``
        are shown in an order that is shuffled anew for each pass, by the seed given to :meth:`reset`, the other two
        always in the same order. A seed given to :meth:`reset` starts a first pass.

    Attributes
    ----------
    n_trials : images of a pass.

    Raises
    ------
    InputError : for another split.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (the name and type are Gymnasium's)

    def __init__(self, split: Split = "train") -> None:
        if split not in get_args(Split):
            raise InputError(f"Digits: split is {split!r}; write one of {', '.join(get_args(Split))}")
        self.observation_space = Box(0.0, 1.0, (_N_PIXELS,), np.float32)
        self.action_space = Discrete(N_DIGITS)
        images, labels = load_digits(return_X_y=True)
        chosen = _split(labels)[split]
        self.n_trials = len(chosen)
        self._images = (images[chosen] / _BRIGHTEST).astype(np.float32)
        self._labels = labels[chosen]
        self._shuffled = split in _SHUFFLED
        self._order = np.arange(0)
        self._shown = 0
        self._unanswered = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Pixels, dict[str, Any]]:
        """Show the next image; ``seed`` starts a first pass, ``options`` are not used."""
        super().reset(seed=seed, options=options)
        self._shown += 1
        if seed is not None or self._shown >= len(self._order):
            self._order = self.np_random.permutation(self.n_trials) if self._shuffled else np.arange(self.n_trials)
            self._shown = 0
        self._unanswered = True
        return self._image(), {}

    def step(self, action: np.int64) -> tuple[Pixels, float, bool, bool, dict[str, Any]]:
        """Answer; returns the same image, the reward, and that the episode has ended.

        Raises
        ------
        InputError : if the action is no digit.
        StateError : if the image has been answered, or none has been shown.
        """
        if not self._unanswered:
            raise StateError("Digits.step: there is no image to answer; call reset() for the next one")
        if not self.action_space.contains(action):
            raise InputError(f"Digits.step: action is {action!r}; write a whole number from 0 to {N_DIGITS - 1}")
        self._unanswered = False
        reward = float(action == self._labels[self._order[self._shown]])
        return self._image(), reward, True, False, {}

    def _image(self) -> Pixels:
        image: Pixels = self._images[self._order[self._shown]].copy()
        return image


def _split(labels: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Indices of the images of each split."""
    train, held_out = _drawn(labels, np.arange(len(labels)), "split")
    fit, validation = _drawn(labels, train, "validation")
    return {"train": train, "heldout": held_out, "fit": fit, "validation": validation}


def _drawn(labels: NDArray[np.int64], images: NDArray[np.int64], purpose: str) -> tuple[NDArray[np.int64], ...]:
    """What is left of the images, and a fifth of each digit's, drawn at random."""
    drawn = np.zeros(len(labels), bool)
    for digit in range(N_DIGITS):
        indices = images[labels[images] == digit]
        lots = generator(_SPLIT_SEED, "digits", purpose, digit).permutation(indices)
        drawn[lots[: round(_SHARE * len(indices))]] = True
    return images[~drawn[images]], images[drawn[images]]
