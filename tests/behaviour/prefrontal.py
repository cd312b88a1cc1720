"""What the prefrontal cortex is asked: to hold a cue, if dopamine let it in, against a distractor."""

from __future__ import annotations

from dataclasses import dataclass

from tests.behaviour.alone import Alone, Spikes
from tests.behaviour.patterns import correlation, random_patterns
from thalia_dask.regions.spec import ParamValue

N_CELLS, N_AXONS, N_ACTIVE, RATE_HZ = 128, 100, 30, 30.0
CUE_MS, DELAY_MS = 250, 1500
LAST = slice(-250, None)


@dataclass(frozen=True)
class Trial:
    """Spikes of the pyramidal cells in four spans that follow one another, bool, shape (steps, cells)."""

    cue: Spikes
    delay: Spikes
    second: Spikes
    after: Spikes

    @property
    def held_hz(self) -> float:
        """Mean rate at the end of the delay."""
        return float(self.delay[LAST].mean() * 1000)

    @property
    def memory(self) -> float:
        """How like the response to the cue the activity at the end of the delay is."""
        return likeness(self.cue, self.delay[LAST])

    @property
    def resistance(self) -> float:
        """How like the activity before the second pattern the activity at the end is."""
        return likeness(self.delay[LAST], self.after[LAST])


def likeness(a: Spikes, b: Spikes) -> float:
    """Correlation of the rates of the cells."""
    return correlation(a.mean(0), b.mean(0))


def trial(
    seed: int, order: tuple[int, int] = (0, 1), dopamine: tuple[float, float] = (1.0, 0.0), **params: ParamValue
) -> Trial:
    """Show a pattern, wait, show the other one, wait.

    ``order`` says which of two patterns comes first, ``dopamine`` how much of it is released with each.
    """
    patterns = RATE_HZ * random_patterns(seed, 2, N_AXONS, N_ACTIVE)
    first, second = ({"afferent": patterns[which]} for which in order)
    region = Alone("prefrontal", N_CELLS, {"afferent": N_AXONS}, seed, **params)
    region.run(CUE_MS)
    return Trial(
        region.run(CUE_MS, first, dopamine=dopamine[0])["exc"],
        region.run(DELAY_MS)["exc"],
        region.run(CUE_MS, second, dopamine=dopamine[1])["exc"],
        region.run(DELAY_MS)["exc"],
    )
