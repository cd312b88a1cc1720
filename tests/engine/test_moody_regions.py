"""What a region leaves out in some windows is missing there, and nowhere else, whatever executes it.

a ──3──> b ──3──> a
"""

from __future__ import annotations

import numpy as np

from tests.toy_brains import plan
from tests.toy_regions import MoodyRegion
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.recording.recorder import Recorder

BRAIN = plan({"a": 1, "b": 1}, [("a", "b", 3), ("b", "a", 3)])


def test_regions_that_observe_in_some_windows_only(new_executor) -> None:
    executor, recorder = new_executor(), Recorder(BRAIN)
    recorder.every_window = True  # since what is left out is a matter of windows here
    executor.start(dict.fromkeys("ab", MoodyRegion), BRAIN.projections)
    Orchestrator(BRAIN, executor, [recorder]).run(24)
    data = recorder.dataset(0, 24)
    expected = [np.nan if step // 6 % 2 == 0 else step for step in range(24)]
    np.testing.assert_array_equal(data["membrane_potential_mean"].sel(region="b"), expected)
    assert data["spike_count"].sel(region="a").values.tolist() == [int(step == 4) for step in range(24)]
