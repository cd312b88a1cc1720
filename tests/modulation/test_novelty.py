"""What is familiar: mixtures of patterns that were seen, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from thalia_dask.modulation.novelty import NoveltyFilter


def patterns(n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (n, 50))


def test_the_first_pattern_is_new_and_loses_a_share_with_each_presentation() -> None:
    (pattern,) = patterns(1)
    novelty = NoveltyFilter(50, 0.5)
    assert [novelty.perceive(pattern) for _ in range(4)] == pytest.approx([1.0, 0.5, 0.25, 0.125])


def test_a_mixture_of_what_is_known_is_known() -> None:
    one, other, third = patterns(3)
    novelty = NoveltyFilter(50, 1.0)
    for pattern in (one, other):
        novelty.perceive(pattern)
    assert novelty.perceive(2 * one + other) < 1e-10
    assert novelty.perceive(third) > 0.1


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_what_is_known_for_long_makes_nothing_else_familiar(rate: float) -> None:
    """It is that of its part at a right angle to the first, however often that was seen."""
    one, other = patterns(2)
    novelty = NoveltyFilter(50, rate)
    for _ in range(500):
        novelty.perceive(one)
    across = other - one * (one @ other) / (one @ one)
    assert novelty.perceive(other) == pytest.approx(np.linalg.norm(across) / np.linalg.norm(other), abs=1e-6)


def test_silence_is_not_new() -> None:
    assert NoveltyFilter(50, 0.5).perceive(np.zeros(50, np.int64)) == 0.0
