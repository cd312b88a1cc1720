"""``python -m benchmarks.live_page``: what the live page costs a run, by alternating pieces with it open and closed.

The viewer takes what it is sent and draws nothing. One percent drowns in the noise of most machines, so frames come
several times as often as they do else, and their cost is divided by that. What was built is kept from the garbage
collector: to look through all of that takes 0.2 s, in whichever piece it happens to do it.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.peer import ROOT
from thalia_dask import DynamicBrain, load_config
from thalia_dask.config import ThaliaConfig
from thalia_dask.dashboard import monitor

_PIECE_S = 0.5
_OFTEN = {"digits": 10, "512 regions": 4}


@click.command()
@click.option("--brain", "names", multiple=True, type=click.Choice(list(_OFTEN)), help="Default: both.")
@click.option("--pairs", default=120, show_default=True, type=click.IntRange(min=5))
def main(names: tuple[str, ...], pairs: int) -> None:
    """Measure the live page."""
    for name in names or _OFTEN:
        for line in measure(name, pairs):
            click.echo(f"{name}: {line}")


def measure(name: str, pairs: int) -> Iterator[str]:
    """What the page costs one brain, in words."""
    with _frames_often(_OFTEN[name]), DynamicBrain.from_thalia_config(_config(name)) as brain:
        yield f"{_opening_seconds(brain):.3f} s to open the page"
        advance = _advance(name, brain)
        filming = brain._observers[-1]
        page = filming._page
        with _viewer(brain.dashboard_link):
            while not page.n_open:
                time.sleep(0.05)
            _calls_of_a_piece(advance)  # of frames that are paid in advance
            gc.collect()
            gc.freeze()
            n_calls, n_sent = _calls_of_a_piece(advance), _count_frames(page)
            rows = []
            for pair in range(pairs):
                for is_open in (True, False) if pair % 2 else (False, True):
                    page.n_open, n_before, began = int(is_open), n_sent(), time.perf_counter()
                    cost = _piece(advance, n_calls)
                    if is_open:
                        opened, n_frames = cost, n_sent() - n_before
                    else:
                        closed = cost
                        filming._paid_until += time.perf_counter() - began  # or more frames would be due
                rows.append((opened[0] / closed[0] - 1, opened[1] / closed[1] - 1, n_frames / opened[0]))
            page.n_open = 1
    gc.unfreeze()
    wall, processor, per_second = np.array(rows).T / _OFTEN[name]
    yield f"{per_second.mean():.2g} frames a s: wall-clock time {_percent(wall)}, processors {_percent(processor)}"


@contextmanager
def _frames_often(times: int) -> Iterator[None]:
    usual = monitor._EVERY_S, monitor._LARGEST_SHARE
    monitor._EVERY_S, monitor._LARGEST_SHARE = usual[0] / times, usual[1] * times
    try:
        yield
    finally:
        monitor._EVERY_S, monitor._LARGEST_SHARE = usual


def _calls_of_a_piece(advance: Callable[[], None]) -> int:
    began, n_calls = time.perf_counter(), 0
    while time.perf_counter() < began + _PIECE_S:
        advance()
        n_calls += 1
    return n_calls


def _piece(advance: Callable[[], None], n_calls: int) -> tuple[float, float]:
    """Seconds by the clock, and of all processors."""
    began, busy = time.perf_counter(), _busy_seconds()
    for _ in range(n_calls):
        advance()
    return time.perf_counter() - began, _busy_seconds() - busy


def _busy_seconds() -> float:
    """Of this process and its workers."""
    own = psutil.Process()
    processes = [own, *(child for child in own.children(recursive=True) if child.nice() == own.nice())]
    times = [process.cpu_times() for process in processes]
    return sum(busy.user + busy.system for busy in times)


def _percent(shares: NDArray[np.float64]) -> str:
    low, middle, high = np.percentile(shares, (25, 50, 75))
    return f"{middle:+.2%} ({low:+.2%} to {high:+.2%})"


def _config(name: str) -> ThaliaConfig:
    asked = ["brain.parallel=true", "execution.dashboard=true"]
    if name == "digits":
        return load_config(ROOT / "configs" / "digits.yaml", asked)
    names = [f"area{i:03}" for i in range(512)]
    regions = {
        area: {"kind": "cortex", "size": 20, "spontaneous": True, "input_size": None if i % 4 else 10}
        for i, area in enumerate(names)
    }
    projections = [
        {"source": f"{area}.l23", "target": names[(i + k) % 512], "delay_ms": 5.0, "weight_scale": 2.0}
        for i, area in enumerate(names)
        for k in (1, 7)
    ]
    return load_config({"brain": {"regions": regions, "projections": projections}}, asked)


def _advance(name: str, brain: DynamicBrain) -> Callable[[], None]:
    """Some ten milliseconds of the brain's life."""
    if name == "digits":
        image = np.linspace(0.0, 1.0, 64)

        def trial() -> None:
            brain.forward(image, 15)
            action, _ = brain.select_action()
            brain.deliver_reward(float(action == 3))

        return trial
    everything = {port.region: np.ones(port.size) for port in brain.plan.stimuli}

    def some_steps() -> None:
        brain.forward(everything, 1)

    return some_steps


def _opening_seconds(brain: DynamicBrain) -> float:
    """What a brain with a page takes longer to build, apart from what the first one imports."""
    from thalia_dask.brain.live import open_monitor

    began = time.perf_counter()
    open_monitor(brain.plan, brain.executor, brain._orchestrator.queue, brain._tally, brain._agent.levels)
    return time.perf_counter() - began


@contextmanager
def _viewer(link: str) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.viewer", link]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def _count_frames(page: Any) -> Callable[[], int]:
    sent: list[object] = []
    send = page.send

    def count(frame: object) -> None:
        sent.append(frame)
        send(frame)

    page.send = count
    return lambda: len(sent)


if __name__ == "__main__":
    main()
