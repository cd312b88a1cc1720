"""The same brain sequentially and on Dask, in alternation: what each took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import xarray as xr

from thalia_dask.brain.dynamic_brain import DynamicBrain
from thalia_dask.brain.opening import with_execution
from thalia_dask.brain.simulate import FULL
from thalia_dask.config import ThaliaConfig
from thalia_dask.distributed.cluster import open_local
from thalia_dask.distributed.placement import local_cores
from thalia_dask.performance.calibration import free_cores
from thalia_dask.performance.forecast import SEQUENTIAL, Setting

_WARM_UP_STEPS = 100
_ROUND_SECONDS = 1.0
"""How long the slowest setting is to take for one round, where no duration is given."""

Told = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One setting.

    Attributes
    ----------
    steps_per_second : of each round.
    spent : as ``DynamicBrain.performance``, of all rounds together.
    """

    setting: Setting
    steps_per_second: tuple[float, ...]
    spent: xr.Dataset

    @property
    def speed(self) -> float:
        """The median, in steps per second."""
        return median(self.steps_per_second)

    @property
    def spread(self) -> float:
        """Fastest minus slowest round, as a fraction of the median."""
        return (max(self.steps_per_second) - min(self.steps_per_second)) / self.speed


def settings_to_compare(n_regions: int, n_workers: int | None) -> tuple[Setting, ...]:
    """The sequential executor, then processes of one thread and threads of one process, by both exchanges.

    ``n_workers`` is how many of them, of which no more than regions are of use; None for one a core.
    """
    n = min(n_workers or max(2, local_cores()), n_regions)
    n_cores = free_cores(min(n, local_cores()))
    shapes = ((n, 1), (1, n)) if n > 1 else ((1, 1),)
    return (
        SEQUENTIAL,
        *(Setting(p, t, x, n_cores) for p, t in shapes for x in ("direct", "orchestrated")),
    )


def with_processes(config: ThaliaConfig, settings: Sequence[Setting]) -> ThaliaConfig:
    """The config of a brain that has all the processes that are compared."""
    n_workers = sum(setting.n_workers for setting in settings)
    execution = config.execution.model_copy(update={"n_workers": n_workers})
    return with_execution(config, parallel=True, execution=execution)


def measure(
    config: ThaliaConfig,
    settings: Sequence[Setting],
    *,
    repeats: int,
    call_steps: int,
    n_steps: int | None = None,
    told: Told = lambda *_: None,
) -> list[Measurement]:
    """Run the brain of ``config`` in every setting, with full intensity on all sensory axons.

    Parameters
    ----------
    repeats : rounds; in each every setting runs once, so that a change of the machine's load meets all.
    call_steps : steps of one call of ``forward``.
    n_steps : steps of a round; None for as many as the slowest setting advances in a second.

    Raises
    ------
    ConfigError, RegionError, ClusterError : as :class:`DynamicBrain`.
    """
    with ExitStack() as stack:
        brains = []
        for done, setting in enumerate(settings):
            told("starting", done, len(settings))
            brains.append(_open(stack, config, setting))
        slowest = min(_run(brain, _WARM_UP_STEPS, call_steps) for brain in brains)
        n_steps = n_steps or max(call_steps, int(slowest * _ROUND_SECONDS) // call_steps * call_steps)
        before = [brain.performance for brain in brains]
        speeds: list[list[float]] = [[] for _ in brains]
        for repeat in range(repeats):
            for number, brain in enumerate(brains):
                told("measuring", repeat * len(brains) + number, repeats * len(brains))
                speeds[number].append(_run(brain, n_steps, call_steps))
        return [
            Measurement(setting, tuple(speed), _difference(brain.performance, earlier))
            for setting, speed, brain, earlier in zip(settings, speeds, brains, before, strict=True)
        ]


def _open(stack: ExitStack, config: ThaliaConfig, setting: Setting) -> DynamicBrain:
    update: Mapping[str, object] = {
        "n_workers": setting.n_workers or None,
        "threads_per_worker": None,
        "exchange": setting.exchange,
        "dashboard": False,
    }
    execution = config.execution.model_copy(update=update)
    told = with_execution(config, parallel=setting.n_workers > 0, execution=execution)
    client = None
    if setting.n_workers:
        cluster = open_local(setting.n_workers, setting.n_threads, config.execution.start_timeout_s)
        client = stack.enter_context(closing(cluster)).client
    return stack.enter_context(DynamicBrain.from_thalia_config(told, client=client))


def _run(brain: DynamicBrain, n_steps: int, call_steps: int) -> float:
    """Advance, and return the steps per second."""
    everywhere = {port.region: [FULL] * port.size for port in brain.plan.stimuli}
    began, start = perf_counter(), brain.now
    while brain.now < start + n_steps:
        brain.forward(everywhere, min(call_steps, start + n_steps - brain.now))
    return n_steps / (perf_counter() - began)


_PER_STEP_OR_SECOND = ("steps_per_second", "realtime_factor", "overhead_ratio")


def _difference(later: xr.Dataset, earlier: xr.Dataset) -> xr.Dataset:
    """What was spent in between; ratios, of which a difference means nothing, are those of all steps."""
    ratios = later[list(_PER_STEP_OR_SECOND)]
    return (later.drop_vars(_PER_STEP_OR_SECOND) - earlier.drop_vars(_PER_STEP_OR_SECOND)).merge(ratios)
