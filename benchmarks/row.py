"""A row of the table: what was measured, and whether it is what it must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    repeats : how many times.
    share : of the full durations.
    rate_tolerance : by how much mean rates may differ, as a share of the peer's. Seconds of one simulation of CUBA
        4000 already differ by 3 %, tenths of a second by more than 10 %.
    """

    repeats: int = 5
    share: float = 1.0
    rate_tolerance: float = 0.05

    def duration_ms(self, full_ms: float) -> float:
        """The simulated time of one run, in whole tens of ms."""
        return max(10.0, round(full_ms * self.share / 10) * 10.0)


QUICK = Effort(repeats=2, share=0.1, rate_tolerance=0.2)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure for every repeat.

    Attributes
    ----------
    agrees : whether the two sides of a comparison simulated the same activity.
    details : what else is worth telling, by name (with its unit).
    """

    figures: list[float]
    agrees: bool = True
    details: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a row measures, what the figure must be, and what it aims at.

    ``must`` and ``aim`` are bounds from below where ``more_is_better``, else from above; None for no bound.
    """

    name: str
    what: str
    unit: str
    must: float | None
    aim: float | None
    measure: Callable[[Effort], Measurement]
    more_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A benchmark with its outcome; ``figure`` is the median, None where it could not be measured."""

    name: str
    what: str
    figure: float | None
    unit: str
    must: float | None
    aim: float | None
    more_is_better: bool
    holds: bool
    reaches_aim: bool
    spread: tuple[float, float] | None = None
    repeats: int = 0
    details: dict[str, float] = field(default_factory=dict)
    note: str = ""


def measured(benchmark: Benchmark, measurement: Measurement) -> Row:
    """The row of a benchmark that ran; it does not hold where the two sides disagree."""
    figure = median(measurement.figures)
    return Row(
        **_head(benchmark),
        figure=figure,
        holds=measurement.agrees and _within(benchmark, figure, benchmark.must),
        reaches_aim=measurement.agrees and _within(benchmark, figure, benchmark.aim),
        spread=(min(measurement.figures), max(measurement.figures)),
        repeats=len(measurement.figures),
        details=measurement.details,
        note="" if measurement.agrees else "the two sides simulate different activity",
    )


def failed(benchmark: Benchmark, error: BaseException) -> Row:
    """The row of a benchmark that could not run."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return Row(**_head(benchmark), figure=None, holds=False, reaches_aim=False, note=f"not measured: {reason}")


def _head(benchmark: Benchmark) -> dict[str, object]:
    return {key: getattr(benchmark, key) for key in ("name", "what", "unit", "must", "aim", "more_is_better")}


def _within(benchmark: Benchmark, figure: float, bound: float | None) -> bool:
    if bound is None:
        return True
    return figure >= bound if benchmark.more_is_better else figure <= bound
