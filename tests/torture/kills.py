"""Workers killed, stopped, restarted and cut off at random moments: all that may change is how long it takes."""

from __future__ import annotations

import logging
import math
import os
import pickle
import signal
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random

import numpy as np
import psutil
from distributed import Client, Nanny

from tests.mortals import mortal_cluster
from tests.torture.row import Row, at_least, at_most, exactly
from tests.toy_brains import Diary, plan, toys
from thalia_dask.config import RecoveryConfig
from thalia_dask.distributed.executor import DaskExecutor
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor

BRAIN = plan(
    dict.fromkeys("abcdef", 8),
    [("a", "b", 3), ("b", "c", 4), ("c", "a", 3), ("c", "d", 5), ("d", "e", 3), ("e", "f", 6), ("f", "a", 3)],
)
HUNG_AFTER_S = 1.0
STUCK_AFTER_S = 120.0
_GONE_WITHIN_S = 5.0
STEPS = {"direct": 300, "orchestrated": 120}
ENDS = {2: 30, 3: 35, 4: 35}
"""Ends for each number of workers, on either exchange path: 200 together."""


@dataclass
class Findings:
    """What came of it.

    Attributes
    ----------
    ends, equal : stretches of a run with at least one disturbance, and those that ended with the bits they must have.
    hangs : stretches that were given up.
    blows : kind of disturbance -> how many.
    loss_seen_s, hang_seen_s : from a blow to its notice, where somebody was waiting for the victim; 0 where it was
        noticed that a worker was about to go.
    recovery_s : from the notice until everything was as before.
    """

    ends: int = 0
    equal: int = 0
    hangs: int = 0
    blows: dict[str, int] = field(default_factory=dict)
    loss_seen_s: list[float] = field(default_factory=list)
    hang_seen_s: list[float] = field(default_factory=list)
    recovery_s: list[float] = field(default_factory=list)


@dataclass
class Blow:
    """What was done to a worker that holds regions, and the time of day from which it was gone."""

    kind: str
    gone: float


class Tormentor(logging.Handler):
    """Hits workers of a LocalCluster: when told to, and by chance while they recover or give their states."""

    def __init__(self, client: Client, random: Random, findings: Findings) -> None:
        super().__init__(logging.DEBUG)
        self._client = client
        self._random = random
        self._findings = findings
        self._struck: Blow | None = None
        self.executor: DaskExecutor | None = None
        self.busy = False

    def emit(self, record: logging.LogRecord) -> None:
        """Hear from the executor what it is doing."""
        said = record.getMessage()
        if "going back" in said:
            if self._struck is not None and self.busy:
                blow = self._struck
                seen = self._findings.hang_seen_s if "no sign of life" in said else self._findings.loss_seen_s
                if (blow.kind == "stopped") == ("no sign of life" in said):
                    seen.append(max(0.0, record.created - blow.gone))
            self._struck = None
            if self._random.random() < 0.15:
                self.soon("while recovering")
        elif "taking the states" in said and self._random.random() < 0.5:
            self.soon("while giving states")

    def soon(self, when: str, within_s: float = 0.05) -> threading.Timer:
        """Strike at a random moment from now on."""
        timer = threading.Timer(self._random.uniform(0.0, within_s), self.strike, [when])
        timer.start()
        return timer

    def strike(self, when: str) -> None:
        """Do something bad to one worker, or to two."""
        nannies = [one for one in self._client.cluster.workers.values() if isinstance(one, Nanny) and one.is_alive()]
        if not nannies:
            return
        kind = self._random.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
        victims = self._random.sample(nannies, min(2 if kind == "two killed" else 1, len(nannies)))
        homes = set(self.executor.placement.values()) if self.executor is not None else set()
        holds_regions = any(victim.worker_address in homes for victim in victims)
        blow = Blow(kind, math.inf if kind == "restarted" else time.time())
        self._struck = blow if holds_regions and self._struck is None else None
        for name in (kind, when):
            self._findings.blows[name] = self._findings.blows.get(name, 0) + 1
        for victim in victims:
            KINDS[kind][1](self._client, victim, self._random)
        blow.gone = min(blow.gone, time.time())


def kill(_client: Client, victim: Nanny, _random: Random) -> None:
    _signal(victim.pid, signal.SIGKILL)


def stop(_client: Client, victim: Nanny, random: Random) -> None:
    """Stop a worker, for less or for more time than it is waited for."""
    pid = victim.pid
    _signal(pid, signal.SIGSTOP)
    threading.Timer(random.uniform(0.2, 1.5 * HUNG_AFTER_S), _signal, [pid, signal.SIGCONT]).start()


def restart(client: Client, victim: Nanny, _random: Random) -> None:
    """Let a nanny ask its worker to end, and start another."""
    with suppress(psutil.NoSuchProcess):  # somebody was faster
        worker = psutil.Process(victim.pid or 0)
        client.loop.add_callback(victim.restart)
        psutil.wait_procs([worker], timeout=_GONE_WITHIN_S)


def cut_off(client: Client, victim: Nanny, _random: Random) -> None:
    """Break the connection between worker and scheduler, at which Dask ends the worker and its nanny."""

    cluster = client.cluster

    async def abort() -> None:
        stream = cluster.scheduler.stream_comms.get(victim.worker_address)
        if stream is not None and stream.comm is not None:
            stream.comm.abort()
            await victim.finished()
            for name in [name for name, nanny in cluster.workers.items() if nanny is victim]:
                del cluster.workers[name]
            cluster.scale(len(cluster.worker_spec))  # opens what is missing

    client.loop.add_callback(abort)


def cut_links(client: Client, victim: Nanny, _random: Random) -> None:
    """Break the connections between a worker and its peers."""

    async def ask() -> None:
        with suppress(OSError):  # it is gone already
            await client.rpc(victim.worker_address).run(function=pickle.dumps(abort_links))

    client.loop.add_callback(ask)


def abort_links(dask_worker) -> None:
    for comm, operation in list(dask_worker._comms.items()):
        if str(operation).startswith("thalia_dask"):
            comm.abort()


KINDS: dict[str, tuple[float, Callable[[Client, Nanny, Random], None]]] = {
    "killed": (40, kill),
    "two killed": (10, kill),
    "stopped": (20, stop),
    "restarted": (10, restart),
    "cut off": (5, cut_off),
    "links cut": (15, cut_links),
}


def torment(client: Client, n_workers: int, exchange: str, n_ends: int, seed: int, findings: Findings) -> None:
    """Let one brain live on while its workers are hit, and compare it with an undisturbed one again and again."""
    random = Random(seed)
    tormentor = Tormentor(client, random, findings)
    logger = logging.getLogger("thalia_dask.distributed.recovery")
    before = logger.level, logger.propagate
    logger.addHandler(tormentor)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    config = RecoveryConfig(
        max_failures=30, hung_after_s=HUNG_AFTER_S, replacement_s=random.choice([0.0, 1.0]), timeout_s=60.0
    )
    try:
        with (
            SequentialExecutor() as specification,
            DaskExecutor(client, n_workers=n_workers, exchange=exchange, recovery=config) as executor,
        ):
            tormentor.executor = executor
            undisturbed, disturbed = Life(specification), Life(executor)
            for _ in range(n_ends):
                n_steps = random.randint(STEPS[exchange] // 3, STEPS[exchange])
                blow = tormentor.soon("while computing", within_s=0.3)
                tormentor.busy = True
                ended = disturbed.go_on(n_steps)
                tormentor.busy = False
                blow.join()
                findings.ends += 1
                if not ended:
                    findings.hangs += 1
                    return
                findings.equal += ended == undisturbed.go_on(n_steps)
            findings.recovery_s += [report.seconds for report in executor.recoveries]
    finally:
        logger.removeHandler(tormentor)
        logger.setLevel(before[0])
        logger.propagate = before[1]


class Life:
    """A brain that goes on, with a stimulus and a reward now and then."""

    def __init__(self, executor: Executor) -> None:
        executor.start(toys(BRAIN), BRAIN.projections)
        self._executor = executor
        self._diary = Diary()
        self._brain = Orchestrator(BRAIN, executor, [self._diary])

    def go_on(self, n_steps: int) -> dict[str, object] | None:
        """All that was emitted on the way and all states at its end; None if that is not reached."""
        self._diary.spikes.clear()
        self._diary.observed.clear()
        now = self._brain.now
        self._brain.stimulate("a", 0, np.arange(now, now + 3, dtype=np.int32), np.zeros(3, np.int32))
        self._brain.broadcast("dopamine", 0.01 * n_steps)
        reached: list[dict[str, object]] = []
        going = threading.Thread(target=lambda: reached.append(self._reach(n_steps)), daemon=True)
        going.start()
        going.join(STUCK_AFTER_S)
        return reached[0] if reached else None

    def _reach(self, n_steps: int) -> dict[str, object]:
        self._brain.run(n_steps)
        states = self._executor.snapshots()
        return {
            "spikes": dict(self._diary.spikes),
            "observed": dict(self._diary.observed),
            "states": {
                name: {entry: np.asarray(value).tobytes() for entry, value in states[name].items()}
                for name in BRAIN.region_names
            },
        }


def _signal(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):  # somebody was faster
            os.kill(pid, number)


def run() -> list[Row]:
    findings = Findings()
    for n_workers, n_ends in ENDS.items():
        with mortal_cluster(n_workers) as client:
            for number, exchange in enumerate(STEPS):
                torment(client, n_workers, exchange, n_ends, seed=10 * n_workers + number, findings=findings)
    return rows(findings)


def rows(findings: Findings) -> list[Row]:
    found = [
        at_least("ends of disturbed stretches", findings.ends, "1", sum(ENDS.values()) * len(STEPS)),
        exactly("bit-identical ends", findings.equal, "1", findings.ends),
        exactly("hangs", findings.hangs, "1", 0),
        *(Row(f"workers {kind}" if kind in KINDS else f"blows {kind}", n, "1") for kind, n in findings.blows.items()),
    ]
    for name, seconds, bound in (
        ("notice of a lost worker", findings.loss_seen_s, 1.0),
        ("notice of a hung worker", findings.hang_seen_s, HUNG_AFTER_S + 0.2),
        ("recovery", findings.recovery_s, None),
    ):
        if seconds:
            found.append(Row(f"{name}, median", statistics.median(seconds), "s"))
            greatest = partial(Row, f"{name}, greatest", max(seconds), "s")
            found.append(greatest() if bound is None else at_most(f"{name}, greatest", max(seconds), "s", bound))
    return found
