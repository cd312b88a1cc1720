"""Stimuli that unfold in time: the rows that they stand for, and the same spikes as from these rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.brain.conftest import ACTING
from tests.brain.test_forward import PATTERN, outcome
from thalia_dask.brain import Sequential, Sustained, Transient
from thalia_dask.brain.stimuli import TimedStimulus
from thalia_dask.errors import InputError

A, B = np.float32([0.5, 1.0]), np.float32([0.0, 0.25])
NOTHING = np.zeros(2, np.float32)


@pytest.mark.parametrize(
    ("stimulus", "rows"),
    [
        (Sustained(A, 1.5), [A, A, A]),
        (Sustained(torch.from_numpy(A), 0.5), [A]),
        (Transient(A, 1.0), [A, A]),
        (Transient(A, 0.5, onset_ms=1.0, silence_ms=0.5), [NOTHING, NOTHING, A, NOTHING]),
        (Sequential([A, B], 1.0), [A, A, B, B]),
        (Sequential([A, B, A], 0.5, gap_ms=0.5), [A, NOTHING, B, NOTHING, A]),
    ],
)
def test_rows_of_half_a_millisecond(stimulus: TimedStimulus, rows: list[np.ndarray]) -> None:
    assert stimulus.rows(0.5).tolist() == np.array(rows).tolist()


def test_forward_takes_them_as_the_rows_that_they_are() -> None:
    stimulus = Sequential([PATTERN, PATTERN[::-1]], 4.0, gap_ms=2.0)
    rows = np.array([PATTERN] * 4 + [0 * PATTERN] * 2 + [PATTERN[::-1]] * 4)
    assert outcome(stimulus, config=ACTING) == outcome({"thalamus": rows}, config=ACTING)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_patterns_of_any_precision(dtype: torch.dtype) -> None:
    assert Sustained(torch.tensor([0.5, 1.0], dtype=dtype), 0.5).rows(0.5).tolist() == [A.tolist()]


@pytest.mark.parametrize(
    ("stimulus", "told"),
    [
        (
            Sustained(A, 0.7),
            "duration_ms of Sustained is 0.7 ms, which is not a whole number of steps of dt_ms = 0.5",
        ),
        (Transient(A, 1.0, onset_ms="1"), "onset_ms of Transient is '1', which is no number; write a duration in ms"),
        (
            Sequential([A], None),
            "each_ms of Sequential is None, which is no number; write a duration in ms, e.g. 0.5",
        ),
        (
            Sustained("a", 5.0),
            "a pattern is a str of dtype <U1; write a tensor, an array or a list of real numbers or booleans",
        ),
        (
            Sustained(A, 1e9),
            "2 intensities for 2,000,000,000 steps do not fit into this machine's memory; "
            "write forward(pattern, n_timesteps), which holds one, or show them in several calls",
        ),
        (Transient([A], 1.0), "a pattern has shape (1, 2); write intensities of shape (size,)"),
        (
            Sequential([A, np.zeros(3)], 1.0),
            "what Sequential shows is a sequence of rows of different shapes [(2,), (3,)]; make them equal",
        ),
        (Sequential([], 1.0), "what Sequential shows has shape (0,); write at least one row, (rows, size)"),
        (Sequential(A, 1.0), "what Sequential shows has shape (2,); write at least one row, (rows, size)"),
        (
            Sequential(None, 1.0),
            "what Sequential shows is a NoneType of dtype object; write a tensor, an array or a list of real numbers",
        ),
    ],
)
def test_mistakes_are_told(stimulus: TimedStimulus, told: str) -> None:
    with pytest.raises(InputError) as caught:
        stimulus.rows(0.5)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("wrong", [0, -1, "1", None, True, float("nan"), float("inf")], ids=repr)
@pytest.mark.parametrize("stimulus", [Sustained(A, 5.0), Transient(A, 5.0), Sequential([A, B], 5.0)])
def test_a_step_of_no_length(stimulus: TimedStimulus, wrong) -> None:
    with pytest.raises(InputError) as caught:
        stimulus.rows(wrong)
    kind = type(stimulus).__name__
    assert str(caught.value) == f"{kind}.rows: dt_ms is {wrong!r}; write a number of ms greater than 0"
