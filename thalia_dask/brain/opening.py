"""What a config asks a brain to be opened with: executor, recorder, window and device."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from thalia_dask.arguments import as_count, as_path, check_flag
from thalia_dask.brain.trial import try_out
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.engine.ahead import RunAheadExecutor
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.observer import Observer
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import ConfigError, DeviceWarning, InputError, OutputError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels
from thalia_dask.modulation.oscillators import FREQUENCY_HZ, phase
from thalia_dask.performance.costs import predict, step_costs
from thalia_dask.recording.attributes import run_attributes
from thalia_dask.recording.layout import Position
from thalia_dask.recording.recorder import Recorder
from thalia_dask.recording.store import check_output
from thalia_dask.recording.synapses import Synapses
from thalia_dask.ticks import to_steps
from thalia_dask.topology.memory import machine_bytes, needed_bytes
from thalia_dask.topology.plan import BrainPlan
from thalia_dask.topology.summary import summarize

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy.cluster import Cluster

    from thalia_dask.performance.choice import Choice
    from thalia_dask.performance.forecast import Setting


def check_observers(observers: Sequence[Observer]) -> None:
    """Refuse what is no observer, before it is told of anything."""
    if not isinstance(observers, Collection):
        raise ConfigError(f"observers is {observers!r}; write a list of observers, [] for none")
    for number, observer in enumerate(observers):
        if not isinstance(observer, Observer):
            raise ConfigError(
                f"observers[{number}] is {observer!r}, which is no observer; give an instance of a class that is "
                "derived from thalia_dask.engine.observer.Observer"
            )


def output_path(out: object, *, overwrite: bool, goes_on: bool) -> Path | None:
    """Where to record to, None for memory; ``goes_on`` with the recording that is there.

    Raises
    ------
    InputError : if ``overwrite`` is neither true nor false.
    OutputError : if ``out`` is no path, or cannot be written.
    """
    check_flag(overwrite, "overwrite")
    if out is None:
        return None
    write = "a path, such as 'runs/digits.zarr', or None to keep the recording in memory"
    path = as_path(out, "out", write, OutputError)
    if not goes_on:
        check_output(path, overwrite=overwrite)
    return path


def open_executor(
    config: ThaliaConfig, plan: BrainPlan, client: Client | Cluster | None, steps_per_call: int | None = None
) -> Executor:
    """The executor that ``brain.parallel`` asks for; not started.

    Parameters
    ----------
    steps_per_call : how many steps ``forward`` will advance, for "auto"; None for ``brain.encoding_timesteps``.

    Raises
    ------
    ConfigError : if a client was given to a brain that is not parallel.
    InputError : if ``steps_per_call`` is no whole number of at least 1.
    """
    if steps_per_call is not None:
        as_count(steps_per_call, "steps_per_call", ", or None")
    if not config.brain.parallel:
        if client is not None:
            raise ConfigError(
                "a Dask client was given, but brain.parallel is false, so nothing would run on it; "
                "set brain.parallel to true, or leave the client out"
            )
        return _sequential(config)
    if config.brain.parallel == "auto":
        if plan.device != "cpu":
            executor: Executor = _sequential(config)
            executor.reason = f"sequential: regions on '{plan.device}' exchange spikes in this process"
            return executor
        choice = _choose(config, plan, client, steps_per_call)
        executor = _dask_executor(config, plan, client) if choice.parallel else _sequential(config)
        executor.reason = choice.reason
        return executor
    return _dask_executor(config, plan, client)


def check_given_client(config: ThaliaConfig) -> None:
    """Refuse what a brain cannot have whose cluster is there already.

    Raises
    ------
    ConfigError : if it asks for a port of its own.
    """
    port = config.execution.dashboard
    if not isinstance(port, bool):
        raise ConfigError(
            f"execution.dashboard is {port}, but the live page of a brain on a given client is a page of that "
            "cluster's own dashboard, at its port; set execution.dashboard to true"
        )


def _sequential(config: ThaliaConfig) -> Executor:
    return RunAheadExecutor() if config.execution.exchange == "direct" else SequentialExecutor()


def _choose(
    config: ThaliaConfig, plan: BrainPlan, client: Client | Cluster | None, steps_per_call: int | None
) -> Choice:
    from thalia_dask.performance.calibration import calibrate
    from thalia_dask.performance.choice import choose
    from thalia_dask.performance.forecast import Work

    setting = _setting(config.execution, len(plan.regions), client)
    call_steps = steps_per_call or config.task.n_timesteps or config.brain.encoding_timesteps
    machine = calibrate()
    work = Work(plan, predict(plan, machine), machine, call_steps, window_steps(config), step_costs(plan))
    tried = partial(try_out, plan, config.brain.max_input_rate_hz, window_steps(config))
    fits = sum(needed_bytes(config, plan, workers_elsewhere=True).values()) <= machine_bytes()
    return choose(work, setting, tried if fits else None)


def _setting(execution: ExecutionConfig, n_regions: int, client: Client | Cluster | None) -> Setting:
    """On how many workers a parallel brain would run, and how many cores are free there."""
    from thalia_dask.brain.worker_cores import worker_cores
    from thalia_dask.distributed.cluster import join
    from thalia_dask.distributed.placement import local_cores, local_shape
    from thalia_dask.performance.calibration import free_cores
    from thalia_dask.performance.forecast import Setting

    if client is None:
        n_workers, n_threads = local_shape(execution.n_workers, execution.threads_per_worker, n_regions)
        return Setting(
            n_workers, n_threads, execution.exchange, free_cores(min(n_workers * n_threads, local_cores()))
        )
    joined = join(client, execution.n_workers, execution.threads_per_worker, execution.start_timeout_s)
    try:
        threads = joined.threads.values()
        return Setting(len(threads), max(threads), execution.exchange, worker_cores(joined))
    finally:
        joined.close()


def _dask_executor(config: ThaliaConfig, plan: BrainPlan, client: Client | Cluster | None) -> Executor:
    from thalia_dask.distributed.executor import DaskExecutor  # a sequential brain need not import Dask

    port = config.execution.dashboard
    if client is not None:
        check_given_client(config)
    return DaskExecutor(
        client,
        n_workers=config.execution.n_workers,
        threads_per_worker=config.execution.threads_per_worker,
        exchange=config.execution.exchange,
        window_steps=window_steps(config),
        costs=step_costs(plan),
        memory_bytes={region.name: region.memory_bytes for region in summarize(plan).regions},
        call_timeout_s=config.execution.call_timeout_s,
        start_timeout_s=config.execution.start_timeout_s,
        recovery=config.recovery,
        dashboard_port=0 if isinstance(port, bool) else port,
    )


def open_recorder(
    config: ThaliaConfig,
    plan: BrainPlan,
    executor: Executor,
    levels: NeuromodulatorLevels,
    out: Path | None,
    *,
    overwrite: bool,
    position: Position | None,
) -> Recorder:
    """A recorder of all regions, neuromodulators and oscillators, to ``out`` (from ``position`` on) or to memory."""
    onto = plan.efficacies_onto
    synapses = {
        spec.name: Synapses(plan, spec, targets=onto[spec.name], learning=True)
        for spec in plan.regions
        if spec.name in onto
    }
    return Recorder(
        plan,
        spikes=config.recording.spikes,
        membrane_potential=config.recording.membrane_potential,
        flush_every_ms=config.recording.flush_every_ms,
        attributes=run_attributes(
            config.model_dump_json(by_alias=True),
            seed=plan.seed,
            dt_ms=plan.dt_ms,
            executor=executor.name,
            executor_reason=executor.reason,
        ),
        modulators=tuple(NEUROMODULATORS),
        levels=lambda name, steps: [levels.level(name, step) for step in steps.tolist()],
        oscillators=tuple(FREQUENCY_HZ),
        phases=lambda name, steps: [phase(name, step, plan.dt_ms) for step in steps.tolist()],
        synapses={region: some.columns for region, some in synapses.items()},
        efficacies=lambda region, now: synapses[region].efficacies(executor.snapshot(region), now),
        efficacies_every_steps=plan.efficacies_every_steps,
        path=out,
        overwrite=overwrite,
        position=position,
    )


def with_execution(
    config: ThaliaConfig, *, parallel: bool | Literal["auto"] | None, execution: ExecutionConfig | None
) -> ThaliaConfig:
    """The same brain, executed otherwise; None leaves it as it is.

    Raises
    ------
    InputError : if either is something else.
    """
    if not (parallel is None or isinstance(parallel, bool) or parallel == "auto"):
        raise InputError(
            f"load: parallel is {parallel!r}; write True, False or 'auto', or None to leave it as it was"
        )
    if not (execution is None or isinstance(execution, ExecutionConfig)):
        raise InputError(
            f"load: execution is {execution!r}; write an ExecutionConfig, e.g. "
            "thalia_dask.config.ExecutionConfig(n_workers=2)"
        )
    update: dict[str, object] = {} if execution is None else {"execution": execution}
    if parallel is not None:
        update["brain"] = config.brain.model_copy(update={"parallel": parallel})
    return config.model_copy(update=update)


def window_steps(config: ThaliaConfig) -> int | None:
    """The window asked for, in steps, or None for the look-ahead."""
    wanted_ms = config.execution.window_ms
    return None if wanted_ms is None else to_steps(wanted_ms, config.global_.dt_ms, "execution.window_ms")


def usable_device(config: ThaliaConfig) -> str:
    """The device that was asked for, or the CPU, and then whoever asked for a brain is told why."""
    device = config.global_.device
    if device == "cpu":
        return device
    import torch  # a brain whose regions live elsewhere need not wait for it

    number = int(device.partition(":")[2] or 0)
    if config.brain.parallel is True:
        reason = "regions in other processes exchange spikes through host memory"
    elif not torch.cuda.is_available():
        reason = "torch finds no CUDA device on this machine"
    elif number >= torch.cuda.device_count():
        reason = f"the last CUDA device that torch finds on this machine is 'cuda:{torch.cuda.device_count() - 1}'"
    else:
        return device
    message = f"device '{device}' was asked for, but {reason}: using 'cpu'. Write device: cpu to silence this"
    warnings.warn(message, DeviceWarning, stacklevel=4)
    return "cpu"
