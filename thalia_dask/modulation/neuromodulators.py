"""Neuromodulators: released as events, decaying to their baseline in between.

Between two releases a level is a function of time, so the orchestrator broadcasts only the releases and every region
knows the level at every step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from thalia_dask.errors import InputError


@dataclass(frozen=True, slots=True)
class Neuromodulator:
    """``baseline`` is the tonic level (arbitrary units), ``tau_ms`` the time constant of clearance.

    No level is below ``least``: 0 for a concentration, none for the deviation from a tonic level.
    """

    baseline: float
    tau_ms: float
    least: float = 0.0

    def may_be(self, level: float) -> bool:
        """Whether the level can be that."""
        return math.isfinite(level) and level >= self.least


NEUROMODULATORS = {
    "acetylcholine": Neuromodulator(baseline=0.5, tau_ms=500.0),
    "dopamine": Neuromodulator(baseline=0.0, tau_ms=200.0, least=-math.inf),
    "noradrenaline": Neuromodulator(baseline=0.5, tau_ms=500.0),
}
"""Dopamine is the deviation from its tonic level: the reward prediction error. Clearance times: Schultz (2007),
Annu. Rev. Neurosci. 30:259 (dopamine, a few hundred ms); the slower ones are of the order of half a second."""


class NeuromodulatorLevels:
    """The levels of all neuromodulators as functions of the step."""

    def __init__(self, dt_ms: float) -> None:
        self._dt_ms = dt_ms
        self._last = {name: (0, modulator.baseline) for name, modulator in NEUROMODULATORS.items()}

    def level(self, name: str, step: int) -> float:
        """The level at a step not before the last release."""
        since, level = self._last[name]
        modulator = NEUROMODULATORS[name]
        decay = math.exp(-(step - since) * self._dt_ms / modulator.tau_ms)
        return modulator.baseline + (level - modulator.baseline) * decay

    def release(self, name: str, amount: float, step: int) -> None:
        """Raise (or, by a negative amount, lower) a level from ``step`` on; no more is taken away than there is.

        Raises
        ------
        InputError : for an unknown neuromodulator.
        """
        write = f"write one of {', '.join(NEUROMODULATORS)}"
        if not isinstance(name, str):
            raise InputError(f"the neuromodulator is {name!r}, which is no text; {write}")
        if name not in NEUROMODULATORS:
            raise InputError(f"there is no neuromodulator '{name}'; {write}")
        self._last[name] = (step, max(NEUROMODULATORS[name].least, self.level(name, step) + amount))

    def snapshot(self) -> dict[str, tuple[int, float]]:
        """Name -> (step of the last release, level then)."""
        return dict(self._last)

    def restore(self, snapshot: dict[str, tuple[int, float]]) -> None:
        self._last = dict(snapshot)
