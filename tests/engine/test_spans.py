"""How often the orchestrator looks: every window, or a span of windows where nothing needs to be seen in between."""

from __future__ import annotations

import pytest
from distributed import Client

from tests.toy_brains import Diary, plan, toys
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.engine.windows import LONGEST_SPAN_STEPS, Stride
from thalia_dask.ticks import Window

BRAIN = plan({"a": 8, "b": 8}, [("a", "b", 4), ("b", "a", 5)])


class Lengths(Observer):
    def __init__(self, *, every_window: bool) -> None:
        self.every_window = every_window
        self.seen: list[int] = []

    def on_window(self, report: WindowReport) -> None:
        self.seen.append(report.window.n_steps)


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("exchange", "every_window", "expected"),
    [("direct", False, [4, 8]), ("direct", True, [4, 4, 4]), ("orchestrated", False, [4, 4, 4])],
)
def test_reports_hold_spans_where_nobody_needs_every_window(
    three_workers: Client, exchange: str, every_window: bool, expected: list[int]
) -> None:
    lengths, diary, alone = Lengths(every_window=every_window), Diary(), Diary()
    with DaskExecutor(three_workers, exchange=exchange) as executor:
        executor.start(toys(BRAIN), BRAIN.projections)
        Orchestrator(BRAIN, executor, [lengths, diary]).run(12)
    assert lengths.seen == expected
    with SequentialExecutor() as executor:
        executor.start(toys(BRAIN), BRAIN.projections)
        Orchestrator(BRAIN, executor, [alone]).run(12)
    assert diary == alone


def test_span_grows_and_shrinks_with_the_speed() -> None:
    stride = Stride(10, fixed=False)
    stride.learn(Window(0, 100), 1e-9)
    assert stride.n_steps == LONGEST_SPAN_STEPS
    stride.learn(Window(0, 100), 0.1)
    assert 100 < stride.n_steps < 1000
    assert stride.n_steps % 10 == 0
    stride.learn(Window(0, 100), 1e3)
    assert stride.n_steps == 10
    fixed = Stride(10, fixed=True)
    fixed.learn(Window(0, 10), 1e-9)
    assert fixed.n_steps == 10


@pytest.mark.cluster
def test_windows_that_change_from_span_to_span_leave_no_trace(three_workers: Client) -> None:
    used: set[int] = set()
    with DaskExecutor(three_workers) as executor, SequentialExecutor() as alone:
        diaries = []
        for one in (executor, alone):
            diaries.append(Diary())
            one.start(toys(BRAIN), BRAIN.projections)
            orchestrator = Orchestrator(BRAIN, one, [diaries[-1]])
            for n_steps in (9, 8, 7, 6, 5, 9, 9, 9):
                if one is executor:
                    used.add(executor._population._population._pace.window_steps(Window(0, n_steps)))
                orchestrator.run(n_steps)
    assert used == {4, 2}
    assert diaries[0] == diaries[1]
