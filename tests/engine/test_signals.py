"""Broadcasts reach every region at the first step that follows; a reset clears what is under way.

a ──4──> b
"""

from __future__ import annotations

from tests.executors import NewExecutor
from tests.toy_brains import plan, toys
from thalia_dask.engine.observer import Observer, WindowReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.spikes import Signal

BRAIN = plan({"a": 8, "b": 8}, [("a", "b", 4)])


class Signals(Observer):
    def __init__(self) -> None:
        self.seen: list[tuple[int, str, Signal]] = []

    def on_window(self, report: WindowReport) -> None:
        self.seen += [
            (report.window.start, name, signal)
            for name, arrivals in report.arrivals.items()
            for signal in arrivals.signals
        ]


def test_signals_and_reset(new_executor: NewExecutor) -> None:
    observer = Signals()
    executor = new_executor()
    executor.start(toys(BRAIN), BRAIN.projections)
    orchestrator = Orchestrator(BRAIN, executor, [observer])
    orchestrator.run(6)
    orchestrator.broadcast("dopamine", -0.1)
    orchestrator.broadcast("action", 3)
    orchestrator.run(6)
    assert observer.seen == [(6, name, Signal(6, *s)) for name in "ab" for s in [("dopamine", -0.1), ("action", 3)]]
    assert {type(signal.value) for *_, signal in observer.seen} == {float}
    assert executor.snapshot("b")["modulation"] == -0.1 + 3

    assert len(orchestrator.queue) > 0
    orchestrator.broadcast("reset", 0.0)
    assert len(orchestrator.queue) == 0
    orchestrator.run(1)
    assert executor.snapshot("a")["modulation"] == 0.0
