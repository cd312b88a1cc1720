"""Seeds are a function of names: the values below must never change, or no earlier run can be repeated."""

from __future__ import annotations

import subprocess
import sys

import pytest

from thalia_dask.seeds import derive_seed, generator


@pytest.mark.parametrize(
    ("path", "seed"),
    [
        ((0,), 8493733112532773764),
        ((42, "cortex", "weights"), 2438805414769480365),
        ((42, "cortex", "noise"), 13080978412165735817),
        ((7, "a", 3), 3805573993994378813),
    ],
)
def test_seeds_are_what_they_always_were(path, seed: int) -> None:
    assert derive_seed(*path) == seed


def test_generator_is_what_it_always_was() -> None:
    assert generator(42, "cortex").random(3).tolist() == [0.7655906938467312, 0.13033152789693825, 0.8414264778375167]


def test_seeds_do_not_depend_on_the_process() -> None:
    code = "from thalia_dask.seeds import derive_seed; print(derive_seed(42, 'cortex', 'weights'))"
    for hash_seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "2438805414769480365"


def test_every_name_and_their_order_matter() -> None:
    paths = [(1,), (2,), (1, "a"), (1, "b"), (1, "a", "b"), (1, "b", "a"), (1, "ab"), (1, "a", ""), (11, "a")]
    assert len({derive_seed(*path) for path in paths}) == len(paths)
