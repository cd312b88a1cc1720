"""Errors travel between processes as they are, and can be caught by the names that Python users expect."""

from __future__ import annotations

import pickle

import pytest

from thalia_dask import errors
from thalia_dask.errors import (
    ClusterError,
    ConfigError,
    InputError,
    OutputError,
    RegionError,
    StateError,
    ThaliaError,
    WorkerLostError,
)

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: the membrane burst\n'


def copied(error):
    return pickle.loads(pickle.dumps(error))  # noqa: S301


@pytest.mark.parametrize("kind", [ConfigError, InputError, StateError, OutputError, ClusterError, WorkerLostError])
def test_errors_survive_pickling(kind) -> None:
    copy = copied(kind("delay_ms is 0; write 1 or more"))
    assert type(copy) is kind
    assert str(copy) == "delay_ms is 0; write 1 or more"
    assert isinstance(copy, ThaliaError)


def test_region_error_tells_region_step_and_cause_and_survives_pickling() -> None:
    error = copied(RegionError("cortex", 12, TRACEBACK))
    assert str(error).startswith(
        "region 'cortex' failed in the window that starts at step 12: ValueError: the membrane burst\n"
    )
    assert str(error).endswith(TRACEBACK.rstrip())
    assert (error.region, error.step, error.remote_traceback) == ("cortex", 12, TRACEBACK)


@pytest.mark.parametrize(
    ("kind", "standard"),
    [
        (ConfigError, ValueError),
        (InputError, ValueError),
        (StateError, RuntimeError),
        (OutputError, OSError),
        (ClusterError, RuntimeError),
        (WorkerLostError, BrokenPipeError),
    ],
)
def test_errors_are_caught_by_their_standard_names(kind, standard) -> None:
    with pytest.raises(standard):
        raise kind("x")


def test_every_error_is_a_thalia_error() -> None:
    declared = [value for value in vars(errors).values() if isinstance(value, type)]
    own = [kind for kind in declared if kind.__module__ == errors.__name__ and issubclass(kind, Exception)]
    assert all(issubclass(kind, ThaliaError) for kind in own if not issubclass(kind, Warning))
