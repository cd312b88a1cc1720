"""A reward that comes k steps after the action reaches every synapse once, whatever executes the brain."""

from __future__ import annotations

import numpy as np
import pytest
from distributed import Client

from tests.brain.conftest import ACTING
from tests.brain.test_invariance import SHAPES
from thalia_dask import DynamicBrain
from thalia_dask.config import ExecutionConfig
from thalia_dask.plasticity import three_factor
from thalia_dask.regions.kind import read_params
from thalia_dask.regions.striatum import StriatumParams, layout
from thalia_dask.regions.wiring import wire

FULL = np.ones(10, np.float32)
DELAYS = range(6)
LARGEST = three_factor.ThreeFactor().largest


def changes(brain: DynamicBrain, delay_steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How every plastic efficacy changed by a reward, how it should, and how it went on changing."""
    brain.reset_episode()
    brain.forward(FULL, 40)
    action, _ = brain.select_action(explore=False)
    if delay_steps:
        brain.forward(FULL, delay_steps)
    before = brain.state("striatum")
    error = brain.deliver_reward(external_reward=1.0)
    brain.forward(FULL, 1)
    after = brain.state("striatum")["weight"]
    brain.forward(FULL, 7)
    (spec,) = (spec for spec in brain.plan.regions if spec.name == "striatum")
    plastic = wire(spec, layout(spec)).plastic
    params, expected = read_params(spec, StriatumParams), []
    fade, pre = before["trace_fade"][:, 0], before["trace_pre"]
    for c, sign in zip(range(len(plastic.rule)), (1.0, -1.0), strict=True):
        largest = plastic.params[c, three_factor.LARGEST]
        rate = sign * params.learning_rate * largest / LARGEST
        n_cells = plastic.target_last[c] - plastic.target_first[c]
        for cell in range(n_cells):
            i = plastic.cell_base[c] + cell
            span = slice(plastic.in_first[i], plastic.in_last[i])
            steps = brain.now - 8 - before["eligibility_step"][i]
            eligible = before["eligibility"][span] * np.exp(-steps / params.eligibility_ms)
            if not delay_steps:  # the striatum hears of the action together with the reward
                x = fade[c] * pre[plastic.in_axon[span]]
                chosen = cell * params.n_actions // n_cells == action
                eligible = eligible + params.efference * (x - x.mean()) if chosen else 0.0 * eligible
            old = before["weight"][plastic.in_synapse[span]]
            new = np.clip(old + rate * error * eligible, 0.0, largest)
            expected.append((plastic.in_synapse[span], new - old))
    where = np.concatenate([k for k, _ in expected])
    wanted = np.concatenate([change for _, change in expected])
    return after[where] - before["weight"][where], wanted, brain.state("striatum")["weight"] - after


def check(brain: DynamicBrain) -> list[bytes]:
    seen = []
    for delay_steps in DELAYS:
        changed, wanted, later = changes(brain, delay_steps)
        np.testing.assert_allclose(changed, wanted, atol=2e-6)
        assert np.abs(wanted).max() > 1e-3, "there was something to learn"
        assert (changed != 0.0).mean() > 0.2
        assert not later.any(), "once"
        seen.append(changed.tobytes())
    return seen


@pytest.fixture(scope="module")
def alone() -> list[bytes]:
    with DynamicBrain.from_thalia_config(ACTING) as brain:
        return check(brain)


def test_once_and_in_proportion_to_what_is_left_of_eligibility(alone: list[bytes]) -> None:
    assert len(set(alone)) == len(DELAYS)


@pytest.mark.cluster
@pytest.mark.parametrize("exchange", ["direct", "orchestrated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_on_every_executor(
    request: pytest.FixtureRequest, shape: tuple[str, int], exchange: str, alone: list[bytes]
) -> None:
    cluster, n_workers = shape
    client: Client = request.getfixturevalue(cluster)
    parallel = ACTING.model_copy(
        update={
            "brain": ACTING.brain.model_copy(update={"parallel": True}),
            "execution": ExecutionConfig(n_workers=n_workers, exchange=exchange),
        }
    )
    with DynamicBrain.from_thalia_config(parallel, client=client) as brain:
        assert check(brain) == alone
