"""Milliseconds to whole steps, without silent rounding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.errors import ConfigError, InputError
from thalia_dask.ticks import Window, to_ms, to_steps


@given(steps=st.integers(0, 10**9), dt_ms=st.sampled_from([0.1, 0.05, 0.025, 0.3, 0.5, 1.0, 2.0, 1 / 3]))
def test_steps_survive_the_way_to_ms_and_back(steps: int, dt_ms: float) -> None:
    assert to_steps(steps * dt_ms, dt_ms, "x") == steps
    assert to_steps(to_ms(steps, dt_ms), dt_ms, "x") == steps


@given(steps=st.integers(0, 10**8), off=st.floats(1e-3, 1 - 1e-3))
def test_no_duration_is_long_enough_to_hide_a_part_of_a_step(steps: int, off: float) -> None:
    with pytest.raises(ConfigError, match="not a whole number of steps"):
        to_steps(steps + off, 1.0, "duration_ms")


def test_off_grid_duration_tells_its_neighbours() -> None:
    with pytest.raises(ConfigError) as caught:
        to_steps(1.25, 0.5, "delay_ms of projection a -> b")
    assert str(caught.value) == (
        "delay_ms of projection a -> b is 1.25 ms, which is not a whole number of steps of dt_ms = 0.5; "
        "write 1 or 1.5"
    )


def test_nobody_is_told_to_write_no_duration() -> None:
    with pytest.raises(ConfigError) as caught:
        to_steps(0.5, 1.0, "execution.window_ms")
    assert str(caught.value) == (
        "execution.window_ms is 0.5 ms, which is not a whole number of steps of dt_ms = 1; write 1"
    )


@pytest.mark.parametrize("wrong", ["100", None, [1.0]])
def test_what_is_no_number(wrong: object) -> None:
    with pytest.raises(InputError) as caught:
        to_steps(wrong, 0.5, "duration_ms", error=InputError)
    assert str(caught.value) == f"duration_ms is {wrong!r}, which is no number; write a duration in ms, e.g. 0.5"


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_impossible_duration(wrong: float) -> None:
    with pytest.raises(ConfigError, match=f"^window_ms is {wrong!r} ms; write a finite duration of at least 0 ms$"):
        to_steps(wrong, 1.0, "window_ms")


@pytest.mark.parametrize(("longer", "told"), [(2.0**31, "2.15e+09"), (1e300, "1e+300")])
def test_longer_than_steps_are_counted(longer: float, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        to_steps(longer, 1.0, "delay_ms of projection a -> b")
    assert str(caught.value) == (
        f"delay_ms of projection a -> b is {longer:g} ms, which is {told} steps of dt_ms = 1, but steps are counted "
        "up to 2147483647; write a shorter one, or a longer dt_ms"
    )
    assert to_steps(2.0**31 - 1, 1.0, "x") == 2**31 - 1


@pytest.mark.parametrize(("given_ms", "steps"), [(0.2, 0), (0.8, 1), (3.4, 3)])
def test_rounding_where_it_is_asked_for(given_ms: float, steps: int) -> None:
    assert to_steps(given_ms, 1.0, "x", round_to_grid=True) == steps


def test_milliseconds_have_no_binary_dust() -> None:
    assert to_ms(3, 0.1) == 0.3
    assert Window(3, 10).n_steps == 7
