"""The live page of a brain: opened where the config asks for it and there is a Dask dashboard to open it in."""

from __future__ import annotations

import logging

from thalia_dask.brain.tally import Tally
from thalia_dask.dashboard.monitor import Monitor
from thalia_dask.dashboard.sample import Sample
from thalia_dask.dashboard.scene import Scene
from thalia_dask.dashboard.screen import Screen
from thalia_dask.engine.event_queue import EventQueue
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import StateError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels
from thalia_dask.modulation.oscillators import FREQUENCY_HZ
from thalia_dask.topology.plan import BrainPlan

_LOG = logging.getLogger(__name__)
_WINDOW_STEPS, _LONGEST_WINDOW_MS = 1000, 250.0


def open_monitor(
    plan: BrainPlan, executor: Executor, queue: EventQueue, tally: Tally, levels: NeuromodulatorLevels
) -> Monitor | None:
    """Open a page in the dashboard of the executor's scheduler; returns what films the brain for it.

    A sequential executor has no scheduler: the log tells so, and there is no page.

    Raises
    ------
    ClusterError : if the scheduler cannot show the page.
    """
    if isinstance(executor, SequentialExecutor):
        _LOG.warning("%s", no_link(executor))
        return None
    window_ms = min(_LONGEST_WINDOW_MS, _WINDOW_STEPS * plan.dt_ms)
    sample = Sample(plan.sizes, round(window_ms / plan.dt_ms))
    number = {name: i for i, name in enumerate(plan.region_names)}
    scene = Scene(
        executor=executor.name,
        dt_ms=plan.dt_ms,
        regions=plan.region_names,
        n_neurons=plan.n_neurons,
        edges=tuple(sorted({(number[p.source], number[p.target]) for p in plan.projections})),
        bands=sample.bands,
        modulators=tuple(NEUROMODULATORS),
        oscillators=FREQUENCY_HZ,
        window_ms=window_ms,
    )
    page = executor.open_page(Screen(scene))
    _LOG.info("live page: %s", page.link)
    return Monitor(scene, sample, plan.sizes, page, executor, queue, tally, levels.level)


def no_link(executor: Executor) -> StateError:
    """Why there is no link to a live page, and what to write for one."""
    if isinstance(executor, SequentialExecutor):
        chosen = f" ({executor.reason})" if executor.reason else ""
        return StateError(
            f"this brain runs sequentially{chosen}, and the live page is a page of the Dask dashboard; "
            "for one set brain.parallel: true and execution.dashboard: true"
        )
    return StateError("this brain has no live page; for one set execution.dashboard: true")
