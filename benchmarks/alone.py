"""One row in a fresh process: nothing that ran before has warmed its memory, or can make it fail."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from benchmarks.row import Benchmark, Effort, Row, failed, measured


def measure_alone(benchmark: Benchmark, effort: Effort) -> Row:
    """The row, which says why where it cannot be measured."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        try:
            return process.submit(_measure, benchmark, effort).result()
        except BrokenProcessPool:
            return failed(benchmark, RuntimeError("its process was killed, perhaps for want of memory"))


def _measure(benchmark: Benchmark, effort: Effort) -> Row:
    try:
        return measured(benchmark, benchmark.measure(effort))
    except Exception as error:  # the other rows can still be measured
        return failed(benchmark, error)
