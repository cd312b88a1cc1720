"""What an environment owes to those who train in it, checked whenever it returns something."""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Iterator, Mapping
from inspect import signature
from math import isfinite
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from thalia_dask.errors import InputError

Environment = gymnasium.Env[Any, Any]

_LOG = logging.getLogger(__name__)

_RESET = ("observation", "info")
_STEP = ("observation", "reward", "terminated", "truncated", "info")
_ROUNDING = 1e-6
"""Of a bound: between the type of what is shown and that of its space."""


def checked(environment: Environment, name: str) -> Environment:
    """An environment that says what is wrong with what it returns.

    What it raises by itself it raises as before.

    Raises
    ------
    InputError : by the ``reset`` and the ``step`` of what is returned; names the task, the method, what it returned
        and what to return instead.
    """
    innermost = _Form(environment.unwrapped, name)
    if environment is environment.unwrapped:
        return _Content(innermost, name)
    outer: Any = environment
    while outer.env is not environment.unwrapped:
        outer = outer.env
    outer.env = innermost  # beneath the wrappers, which unpack what it returns
    return _Content(environment, name)


class _Checked(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, environment: Environment, name: str) -> None:
        super().__init__(environment)
        self._name = name

    def _fault(self, method: str, what: str, mend: str) -> InputError:
        return InputError(f"task '{self._name}': {method} {what}; {mend}")


class _Form(_Checked):
    """Takes and returns as many things as Gymnasium's methods do."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        try:
            signature(self.env.reset).bind(seed=seed, options=options)
        except TypeError as error:
            mend = "write def reset(self, *, seed=None, options=None), and super().reset(seed=seed) in it"
            raise self._fault("reset", f"is called with seed and options, but {error}", mend) from None
        returned: tuple[Any, dict[str, Any]] = self.env.reset(seed=seed, options=options)
        self._check_length(_RESET, "reset", returned)
        return returned

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        returned = self.env.step(action)
        self._check_length(_STEP, "step", returned)
        return returned

    def _check_length(self, wanted: tuple[str, ...], method: str, returned: Any) -> None:
        several = isinstance(returned, tuple | list)
        if not several or len(returned) != len(wanted):
            given = f"{len(returned)} values instead of {len(wanted)}" if several else _shown(returned)
            raise self._fault(method, f"returned {given}", f"write return {', '.join(wanted)}")


class _Content(_Checked):
    """Shows observations of its space, pays in finite numbers, and says clearly whether an episode is over."""

    def __init__(self, environment: Environment, name: str) -> None:
        super().__init__(environment, name)
        self._told_of_bounds = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        self._check_observation("reset", observation)
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._check_observation("step", observation)
        if not _is_finite_number(reward):
            raise self._fault("step", f"returned the reward {_shown(reward)}", "return a finite number, such as 1.0")
        for what, flag in (("terminated", terminated), ("truncated", truncated)):
            if not isinstance(flag, bool | int | np.bool_ | np.integer):
                raise self._fault("step", f"returned {_shown(flag)} for {what}", "return True or False")
        return observation, reward, terminated, truncated, info

    def _check_observation(self, method: str, observation: Any) -> None:
        for what, space, shown in _parts(self.observation_space, observation, "observation"):
            if isinstance(space, spaces.Box):
                self._check_box(method, what, space, shown)
            elif not space.contains(shown):
                mend = f"return one of {space}, which observation_space says"
                raise self._fault(method, f"returned the {what} {_shown(shown)}", mend)

    def _check_box(self, method: str, what: str, space: spaces.Box, shown: Any) -> None:
        mend = f"return an array of numbers of shape {space.shape}, as observation_space says"
        numbers = _numbers(shown)
        if numbers is None:
            raise self._fault(method, f"returned the {what} {_shown(shown)}", mend)
        if numbers.shape != space.shape:
            raise self._fault(method, f"returned an {what} of shape {numbers.shape}", f"{mend}, or declare the other")
        if np.isnan(numbers).any():
            count = f"{int(np.isnan(numbers).sum())} NaN"
            raise self._fault(method, f"returned an {what} that holds {count}", "return finite numbers")
        if not self._told_of_bounds:
            self._tell_of_bounds(method, what, space, numbers)

    def _tell_of_bounds(self, method: str, what: str, space: spaces.Box, numbers: NDArray[np.float64]) -> None:
        """Environments in wide use leave their bounds now and then, so this is no fault."""
        low, high = space.low.astype(np.float64), space.high.astype(np.float64)
        beyond = (numbers < low - _ROUNDING * np.abs(low)) | (numbers > high + _ROUNDING * np.abs(high))
        if beyond.any():
            self._told_of_bounds = True
            _LOG.warning(
                "task '%s': %s returned an %s that holds %g, where observation_space says %g to %g; such numbers are "
                "shown as the bound: declare wider bounds, or scale what is returned",
                *(self._name, method, what, numbers[beyond][0], low[beyond][0], high[beyond][0]),
            )


def _parts(space: spaces.Space[Any], shown: Any, what: str) -> Iterator[tuple[str, spaces.Space[Any], Any]]:
    """What is shown, taken apart as far as its space is composed and it has the same parts."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        wanted, given = _keyed(space.spaces), _keyed(shown)
        if wanted.keys() == given.keys():
            for key, part in wanted.items():
                yield from _parts(part, given[key], f"{what}[{key!r}]")
            return
    yield what, space, shown


def _keyed(parts: Any) -> Mapping[Any, Any]:
    if isinstance(parts, Mapping):
        return parts
    return dict(enumerate(parts)) if isinstance(parts, tuple | list) else {}


def _numbers(shown: Any) -> NDArray[np.float64] | None:
    """What is shown as an array of numbers; None for what an encoder could not take as it is."""
    try:
        given = np.asarray(shown)
    except (TypeError, ValueError, RuntimeError):  # of rows of several lengths, of tensors that torch keeps
        return None
    return given.astype(np.float64) if given.dtype.kind in "biuf" and not np.ma.is_masked(shown) else None


def _is_finite_number(reward: Any) -> bool:
    try:
        return np.ndim(reward) == 0 and isfinite(reward)
    except (TypeError, ValueError, OverflowError):
        return False


def _shown(value: Any) -> str:
    """A value in a few words."""
    return " ".join(reprlib.repr(value).split())
