"""Tables that are held for kernels: kernels see the same as without."""

import copy
import pickle
import weakref

import numba
import numpy as np
import pytest

from thalia_dask.held import hold
from thalia_dask.jit import Floats, for_types_of, kernel
from thalia_dask.neurons.background import lots
from thalia_dask.neurons.base import NeuronState
from thalia_dask.regions.advance import Scratch


def made() -> tuple[Scratch, NeuronState]:
    """A table within a table, a matrix, and arrays with nothing in them.

    Types of the package: numba's cache keeps the names of types, and processes without these tests read it.
    """
    nothing, matrix = np.empty(0, np.float32), np.arange(24, dtype=np.float32).reshape(4, 6)
    scratch = Scratch(np.zeros(0, np.uint8), np.arange(7, dtype=np.uint64), np.arange(3, dtype=np.float32), lots())
    return scratch, NeuronState(nothing, matrix, nothing, np.zeros(4, np.int32))


@kernel
def look(factor: float, scratch: Scratch, state: NeuronState, seen: Floats) -> int:
    seen[0] = factor * scratch.spiked_words[6]
    seen[1] = factor * scratch.lanes[2]
    seen[2] = factor * state.current[3, 4]
    seen[3] = scratch.spiked_words.shape[0]
    seen[4] = scratch.lots.words.shape[0] + state.current.shape[1]
    state.refractory[0] += 1
    return scratch.spiked.shape[0] + state.membrane.shape[0]


def test_a_kernel_reads_and_writes_held_tables_as_it_does_others():
    (scratch, state), seen = made(), np.zeros(5, np.float32)
    arguments = (2.0, hold(scratch), hold(state), seen)
    assert for_types_of(look, *arguments)(*arguments) == 0
    np.testing.assert_array_equal(seen, [12, 4, 44, 7, 10])
    assert state.refractory.tolist() == [1, 0, 0, 0]


def test_a_kernel_sees_what_is_in_the_arrays_at_the_time_of_its_call():
    (scratch, state), seen = made(), np.zeros(5, np.float32)
    arguments = (1.0, hold(scratch), hold(state), seen)
    compiled = for_types_of(look, *arguments)
    scratch.lanes[2] = 9.0
    compiled(*arguments)
    assert seen[1] == 9.0


def test_what_a_kernel_is_made_for_can_be_followed_by_others_of_the_same_types():
    (scratch, state), (other, _), seen = made(), made(), np.zeros(5, np.float32)
    other.spiked_words[6] = 100
    compiled = for_types_of(look, 1.0, hold(scratch), hold(state), seen)
    compiled(1.0, hold(other), hold(state), seen)
    assert seen[0] == 100


def test_arrays_live_as_long_as_what_is_held_of_them():
    _, state = made()
    last = weakref.ref(state.current)
    held = hold(state)
    del state
    assert last() is not None
    del held
    assert last() is None


def test_without_compilation_tables_stay_what_they_are(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    scratch, _ = made()
    assert hold(scratch) is scratch


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_what_is_held_cannot_be_copied(duplicate):
    with pytest.raises(TypeError, match=r"is an address, of which a copy would be the same region; build another"):
        duplicate(hold(made()[1]))
