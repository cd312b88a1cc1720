"""Tables that are held for kernels: kernels see the same as without."""

import copy
import pickle
import weakref
from typing import NamedTuple

import numba
import numpy as np
import pytest

from thalia_dask.held import hold
from thalia_dask.jit import Floats, Int64Array, for_types_of, kernel


class Inner(NamedTuple):
    weights: Floats
    matrix: Floats


class Outer(NamedTuple):
    counts: Int64Array
    inner: Inner
    nothing: Floats


def made() -> Outer:
    matrix = np.arange(24, dtype=np.float32).reshape(4, 6)[:, :5]
    return Outer(np.arange(7), Inner(np.arange(3, dtype=np.float32), matrix), np.empty(0, np.float32))


@kernel
def look(factor: float, table: Outer, seen: Floats) -> int:
    seen[0] = factor * table.counts[6]
    seen[1] = factor * table.inner.weights[2]
    seen[2] = factor * table.inner.matrix[3, 4]
    seen[3] = table.counts.shape[0]
    seen[4] = table.inner.matrix.shape[1]
    table.counts[0] += 1
    return table.nothing.shape[0]


def test_a_kernel_reads_and_writes_held_tables_as_it_does_others():
    table, seen = made(), np.zeros(5, np.float32)
    arguments = (2.0, hold(table), seen)
    assert for_types_of(look, *arguments)(*arguments) == 0
    np.testing.assert_array_equal(seen, [12, 4, 44, 7, 5])
    assert table.counts[0] == 1


def test_a_kernel_sees_what_is_in_the_arrays_at_the_time_of_its_call():
    table, seen = made(), np.zeros(5, np.float32)
    arguments = (1.0, hold(table), seen)
    compiled = for_types_of(look, *arguments)
    table.inner.weights[2] = 9.0
    compiled(*arguments)
    assert seen[1] == 9.0


def test_what_is_held_for_one_kernel_call_can_be_held_for_others_of_the_same_types():
    first, second, seen = made(), made(), np.zeros(5, np.float32)
    second.counts[6] = 100
    compiled = for_types_of(look, 1.0, hold(first), seen)
    compiled(1.0, hold(second), seen)
    assert seen[0] == 100


def test_arrays_live_as_long_as_what_is_held_of_them():
    table = made()
    last = weakref.ref(table.counts)
    held = hold(table)
    del table
    assert last() is not None
    del held
    assert last() is None


def test_without_compilation_tables_stay_what_they_are(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    table = made()
    assert hold(table) is table


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_what_is_held_cannot_be_copied(duplicate):
    with pytest.raises(TypeError, match=r"is an address, of which a copy would be the same region; build another"):
        duplicate(hold(made()))
