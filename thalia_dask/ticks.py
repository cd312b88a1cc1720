"""Integer time: the only clock of the simulator.

Milliseconds exist in configs, Dataset coordinates and plots; everything between counts steps of ``dt_ms``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from thalia_dask.errors import ConfigError, InputError

NEVER = 2**31
"""No step is this late: where there are many, steps are int32."""
_GRID_TOLERANCE = 1e-6
"""Of a step: binary dust of a division such as 0.3 / 0.1."""
_RELATIVE_TOLERANCE = 1e-12
"""The same for long durations, whose dust grows with them."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of steps ``start <= step < stop``."""

    start: int
    stop: int

    @property
    def n_steps(self) -> int:
        """How many they are."""
        return self.stop - self.start


def to_steps(
    duration_ms: float,
    dt_ms: float,
    what: str,
    *,
    round_to_grid: bool = False,
    otherwise: str = "",
    at_least: int = 0,
    error: type[ConfigError | InputError] = ConfigError,
) -> int:
    """Convert milliseconds to a whole number of steps.

    Parameters
    ----------
    duration_ms, dt_ms : milliseconds; ``dt_ms`` > 0.
    what : how to call this duration in an error, e.g. ``"delay_ms of projection a -> b"``.
    round_to_grid : take the nearest step instead of refusing an off-grid duration.
    otherwise : what else may be done about an off-grid duration, e.g. ``"or set global.round_delays: true"``.
    at_least : the least number of steps.
    error : what to raise; ``InputError`` where the duration is an argument.

    Raises
    ------
    ConfigError or InputError : if the duration is no number, not finite, negative or too short, longer than steps are
        counted, or off the grid of ``dt_ms``.
    """
    given_ms = _as_float(duration_ms)
    if given_ms is None:
        raise error(f"{what} is {duration_ms!r:.50}, which is no number; write a duration in ms, e.g. {dt_ms:g}")
    least_ms = at_least * dt_ms
    if not least_ms * (1 - _GRID_TOLERANCE) <= given_ms < math.inf:
        raise error(f"{what} is {duration_ms!r:.50} ms; write a finite duration of at least {least_ms:g} ms")
    exact = given_ms / dt_ms
    if exact >= NEVER:
        raise error(
            f"{what} is {given_ms:g} ms, which is {exact:.3g} steps of dt_ms = {dt_ms:g}, but steps are counted "
            f"up to {NEVER - 1}; write a shorter one, or a longer dt_ms"
        )
    steps = round(exact)
    if abs(exact - steps) <= max(_GRID_TOLERANCE, _RELATIVE_TOLERANCE * exact) or round_to_grid:
        return steps
    neighbours = [f"{n * dt_ms:g}" for n in (math.floor(exact), math.ceil(exact)) if n]  # most callers refuse 0
    raise error(
        f"{what} is {given_ms:g} ms, which is not a whole number of steps of dt_ms = {dt_ms:g}; "
        f"write {' or '.join(neighbours)}{otherwise and ', '}{otherwise}"
    )


def _as_float(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError):
        return None
    except OverflowError:
        return math.inf


def to_ms(steps: int, dt_ms: float) -> float:
    """Milliseconds of ``steps`` steps, free of the binary dust of ``steps * dt_ms``."""
    return round(steps * dt_ms, 9)
