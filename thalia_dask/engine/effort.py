"""Where wall-clock time goes: on the workers, and in the orchestrator. No spike depends on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class WorkerEffort:
    """What one worker has done since its regions were built.

    Attributes
    ----------
    n_threads : threads on which its regions compute; after a recovery they may be more.
    wall_seconds : from taking orders up to answering them.
    thread_seconds : the same, added up over threads.
    compute_seconds : inside regions, added up over threads.
    waiting_seconds : without anything to compute, because packets were missing; added up over threads.
    """

    n_threads: int = 1
    wall_seconds: float = 0.0
    thread_seconds: float = 0.0
    compute_seconds: float = 0.0
    waiting_seconds: float = 0.0

    @property
    def exchange_seconds(self) -> float:
        """What remains of ``thread_seconds``: routing and encoding spikes, other Python."""
        return max(0.0, self.thread_seconds - self.compute_seconds - self.waiting_seconds)

    def add(self, wall_seconds: float, compute_seconds: float, waiting_seconds: float) -> None:
        """Take note of one order."""
        self.wall_seconds += wall_seconds
        self.thread_seconds += self.n_threads * wall_seconds
        self.compute_seconds += compute_seconds
        self.waiting_seconds += waiting_seconds


@dataclass(slots=True)
class OrchestratorEffort:
    """What the orchestrator has done since it was made.

    Attributes
    ----------
    n_steps, n_spans : steps advanced, and calls of the executor in which that was done.
    batching_seconds : taking out of the queue what arrives.
    executor_seconds : waiting for the executor.
    rescheduling_seconds : putting into the queue what was emitted.
    observing_seconds : in observers: the recording, votes, progress.
    """

    n_steps: int = 0
    n_spans: int = 0
    batching_seconds: float = 0.0
    executor_seconds: float = 0.0
    rescheduling_seconds: float = 0.0
    observing_seconds: float = 0.0

    @property
    def wall_seconds(self) -> float:
        return self.batching_seconds + self.executor_seconds + self.rescheduling_seconds + self.observing_seconds
