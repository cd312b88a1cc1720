"""Poisson spikes of stimuli are those that NumPy's generator would give, to the bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from thalia_dask.brain.poisson import LOTS, poisson_spikes


def with_numpy(key: int, start: int, n_steps: int, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A generator for each step, counting from its number."""
    generators = [
        np.random.Generator(np.random.Philox(key=key, counter=[0, 0, start + i, 0])) for i in range(n_steps)
    ]
    lots = np.stack([generator.random(probability.shape[-1], np.float32) for generator in generators])
    offsets, axons = np.nonzero(lots < probability)
    return offsets + start, axons


@given(
    key=st.integers(0, 2**64 - 1),
    start=st.integers(0, 2**31 - 10),
    probability=arrays.arrays(
        np.float64, st.tuples(st.sampled_from([1, 4]), st.integers(1, 40)), elements=st.floats(0, 1)
    ),
)
def test_the_spikes_are_numpys(key: int, start: int, probability: np.ndarray) -> None:
    steps, axons = poisson_spikes(np.uint64(key), start, 4, np.ceil(probability * LOTS).astype(np.uint32))
    expected_steps, expected_axons = with_numpy(key, start, 4, probability)
    assert (steps.dtype, axons.dtype) == (np.int32, np.int32)
    np.testing.assert_array_equal(steps, expected_steps)
    np.testing.assert_array_equal(axons, expected_axons)
