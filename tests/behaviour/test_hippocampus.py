"""The hippocampus separates, completes, notices what does not fit, and replays; each against a control."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.hippocampus import Memory, many_patterns, separation
from tests.behaviour.spectrum import peak_hz

SEEDS = (1, 2)
NO_THETA = {"theta_dg_mv": 0.0, "theta_ca3_mv": 0.0, "theta_ca1_mv": 0.0}


@pytest.fixture(scope="module", params=SEEDS)
def memory(request: pytest.FixtureRequest) -> Memory:
    return Memory(request.param)


@pytest.fixture(scope="module")
def amnesic() -> Memory:
    """The same cells, which do not learn."""
    return Memory(SEEDS[0], hebbian_rate=0.0)


def completion(memory: Memory, phase: str = "retrieved") -> tuple[float, float]:
    """How like the right stored response the recalled ones are, and how like the others, on average."""
    alike = memory.recall(phase=phase)
    right = np.eye(len(alike), dtype=bool)
    return float(alike[right].mean()), float(alike[~right].mean())


@pytest.mark.parametrize("seed", SEEDS)
def test_granule_cells_separate_similar_patterns(seed: int) -> None:
    """Not by noise alone: also where measured by how alike two responses to the same pattern are."""
    *similar, (_, same) = separation(seed, (0.25, 0.5, 0.75, 0.9, 1.0)).tolist()
    assert same > 0.6
    for patterns, responses in similar:
        assert responses / same < patterns - 0.1


def test_ca3_completes_ten_patterns_seen_once_from_half_of_each(memory: Memory) -> None:
    right, others = completion(memory)
    assert right >= 0.8
    assert abs(others) < 0.1


def test_ca3_completes_nothing_that_it_did_not_learn(amnesic: Memory) -> None:
    assert completion(amnesic)[0] < 0.3


def test_completion_belongs_to_the_phase_of_retrieval(memory: Memory) -> None:
    assert completion(memory)[0] > completion(memory, "encoded")[0] + 0.1


def test_without_the_drive_of_theta_encoding_and_retrieval_disturb_each_other(memory: Memory) -> None:
    undriven = Memory(memory.seed, **NO_THETA)
    assert completion(undriven)[0] < completion(memory)[0] - 0.1


def test_ca1_signals_what_ca3_did_not_predict(memory: Memory, amnesic: Memory) -> None:
    def unpredicted(of: Memory) -> list[float]:
        return [float(np.mean([seen.n_unpredicted for seen in some])) for some in of.violations()]

    expected, wrong = unpredicted(memory)
    assert wrong > 1.5 * expected
    expected, wrong = unpredicted(amnesic)
    assert wrong < 1.2 * expected


def test_at_rest_ca3_replays_what_it_learned(memory: Memory, amnesic: Memory) -> None:
    events, nothing = memory.replay(), amnesic.replay()
    assert len({number for number, _ in events}) >= 3
    assert np.mean([alike for _, alike in events]) > 1.5 * np.mean([alike for _, alike in nothing])


@pytest.mark.parametrize("seed", SEEDS)
def test_ca1_fires_in_the_rhythm_of_theta(seed: int) -> None:
    assert peak_hz(many_patterns(seed)["ca1"]) == 8.0
    assert peak_hz(many_patterns(seed, **NO_THETA)["ca1"]) != 8.0
