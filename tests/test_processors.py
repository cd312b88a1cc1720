"""The same bits on another processor: one with fewer instructions and threads, as NumPy and BLAS can be told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thalia_dask.modulation.novelty import NoveltyFilter
from thalia_dask.modulation.value import ValueEstimate
from thalia_dask.synapses.distributions import Normal


def digest(*arrays: NDArray[np.generic]) -> str:
    return blake2b(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def error(value: ValueEstimate, pattern: NDArray[np.int64]) -> float:
    value.go_on()
    return value.reward(1.0, pattern)


def bits() -> dict[str, str]:
    """What each part gives that computes in NumPy, and not in a compiled kernel."""
    patterns = np.random.default_rng(1).integers(0, 5, (12, 200))
    novelty, value = NoveltyFilter(200, 0.5), ValueEstimate(200, 0.1, 0.9)
    return {
        "efficacies": digest(Normal(1.0, 0.1).sample(np.array([1, 2], np.uint64), 2, 0, 10_000)),
        "novelty": digest(np.array([novelty.perceive(pattern) for pattern in patterns])),
        "errors of expectation": digest(np.array([error(value, pattern) for pattern in patterns])),
    }


def bits_elsewhere(**environment: str) -> dict[str, str]:
    told = subprocess.run(
        [sys.executable, "-m", "tests.test_processors"],
        env=os.environ | environment,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[str, str] = json.loads(told)
    return found


def test_on_another_processor() -> None:
    extensions = " ".join(np._core._multiarray_umath.__cpu_dispatch__)
    plain = bits_elsewhere(NPY_DISABLE_CPU_FEATURES=extensions, OPENBLAS_CORETYPE="Nehalem", OPENBLAS_NUM_THREADS="1")
    assert plain == bits()


if __name__ == "__main__":
    print(json.dumps(bits()))
