"""The mean of lanes is the mean."""

from __future__ import annotations

import numpy as np
import pytest

from thalia_dask.neurons.mean import N_LANES, mean
from thalia_dask.seeds import generator


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 127, 128, 1000, 4000])
def test_mean(n: int) -> None:
    values = generator(1, "mean", n).normal(-60, 5, n).astype(np.float32)
    lanes = np.full(N_LANES, 9.0, np.float32)
    assert mean(values, lanes) == pytest.approx(values.mean(dtype=np.float64), rel=1e-6)
