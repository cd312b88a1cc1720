"""Two simulators side by side: they take turns at equal stretches of the same network."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from types import TracebackType
from typing import NamedTuple, Protocol, Self


class Stretch(NamedTuple):
    """What one stretch of simulation took, and the mean rate of all neurons."""

    seconds: float
    rate_hz: float


class Contestant(Protocol):
    """A simulator that is built and warmed up."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def run(self) -> Stretch:
        """Simulate the next stretch, or the same one again."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Stretches of both, run by run."""

    ours: list[Stretch]
    theirs: list[Stretch]

    @property
    def ratios(self) -> list[float]:
        """How many times longer the other one took, run by run."""
        return [theirs.seconds / ours.seconds for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def rates_hz(self) -> tuple[float, float]:
        """Mean rates, ours and theirs."""
        return fmean(stretch.rate_hz for stretch in self.ours), fmean(stretch.rate_hz for stretch in self.theirs)

    def agree(self, tolerance: float) -> bool:
        """Whether both are active, at rates that differ by at most so large a share of theirs."""
        ours, theirs = self.rates_hz
        return ours > 0 and theirs > 0 and abs(ours - theirs) <= tolerance * theirs


def alternate(ours: Contestant, theirs: Contestant, repeats: int) -> Contest:
    """Let them take turns, so that whatever slows the machine down slows both."""
    pairs = [(ours.run(), theirs.run()) for _ in range(repeats)]
    return Contest([pair[0] for pair in pairs], [pair[1] for pair in pairs])
