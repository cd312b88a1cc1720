"""A brain that perceives, acts and learns by reward, on whatever executor its config asks for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from thalia_dask.brain.actions import ActionVotes
from thalia_dask.brain.region_view import RegionView
from thalia_dask.brain.result import Result
from thalia_dask.brain.stimulus import Stimulus, StimulusEncoder
from thalia_dask.brain.tally import Tally
from thalia_dask.config import ThaliaConfig
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.observer import Observer, TrialReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.errors import DeviceWarning, InputError, StateError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS, NeuromodulatorLevels
from thalia_dask.modulation.oscillators import FREQUENCY_HZ, phase
from thalia_dask.modulation.reward import RewardExpectation
from thalia_dask.recording.attributes import run_attributes
from thalia_dask.recording.recorder import Recorder
from thalia_dask.regions import creator, find_kind
from thalia_dask.ticks import to_steps
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.costs import step_costs
from thalia_dask.topology.plan import BrainPlan

if TYPE_CHECKING:
    from distributed import Client

_AROUSAL_PER_SURPRISE = 0.2


class DynamicBrain:
    """Regions, the orchestrator that moves them through time, and what the outside can do to them.

    Made by :meth:`from_thalia_config`; released by ``with``, :meth:`close`, ``del`` or the end of the interpreter.

    Attributes
    ----------
    config, plan : what the brain was built from.
    expectation : what reward the brain expects.
    """

    def __init__(
        self,
        config: ThaliaConfig,
        plan: BrainPlan,
        executor: Executor,
        observers: Sequence[Observer] = (),
        out: Path | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        self.config = config
        self.plan = plan
        self.expectation = RewardExpectation()
        self._executor = executor
        self._levels = NeuromodulatorLevels(plan.dt_ms)
        self._encoder = StimulusEncoder(plan, config.brain.max_input_rate_hz)
        self._recorder = self._open_recorder(out, overwrite=overwrite)
        self._tally = Tally(plan)
        self._votes = _find_votes(plan, config.brain.vote_temperature)
        self._trial = 0
        self._action: int | None = None
        self._confidence = 0.0
        self._closed = False
        own: list[Observer] = [self._recorder, self._tally]
        if self._votes is not None:
            own.append(self._votes)
        self._observers = [*own, *observers]
        self._orchestrator = Orchestrator(plan, executor, self._observers, _window_steps(config))
        executor.start({spec.name: creator(spec) for spec in plan.regions})
        for observer in self._observers:
            observer.on_start(plan)

    @classmethod
    def from_thalia_config(
        cls,
        config: ThaliaConfig,
        *,
        client: Client | None = None,
        observers: Sequence[Observer] = (),
        out: str | Path | None = None,
        overwrite: bool = False,
    ) -> DynamicBrain:
        """Build a brain: sequential, or with every region an actor on Dask where ``brain.parallel`` says so.

        Parameters
        ----------
        client : the Dask client to use in parallel mode; None starts a LocalCluster.
        observers : are told of every window and trial.
        out : a Zarr store to record to; None keeps the recording in memory.
        overwrite : replace a recording that is already there.

        Raises
        ------
        ConfigError : if the config describes no brain that can be simulated.
        OutputError : if ``out`` cannot be written, or exists and ``overwrite`` is false.
        ClusterError : if the Dask workers do not start in time.
        """
        _warn_of_device(config)
        plan = build_plan(config)
        executor = _open_executor(config, plan, client)
        try:
            path = None if out is None else Path(out)
            return cls(config, plan, executor, observers, path, overwrite=overwrite)
        except BaseException:
            executor.close()
            raise

    @property
    def now(self) -> int:
        """The next step to be computed."""
        return self._orchestrator.now

    @property
    def executor(self) -> Executor:
        """What runs the regions: its ``name`` and ``n_workers`` tell how."""
        return self._executor

    @property
    def recording(self) -> xr.DataTree:
        """Everything recorded so far: a root group by region and time, and one group per region."""
        return self._recorder.tree()

    @property
    def recorder(self) -> Recorder:
        """The recorder itself, to read a span or to add attributes."""
        return self._recorder

    def forward(
        self, stimulus: Stimulus | Mapping[str, Stimulus] | None = None, n_timesteps: int | None = None
    ) -> Result:
        """Advance the brain while a stimulus is shown.

        Parameters
        ----------
        stimulus : intensities in [0, 1] for the one region with stimulus axons, or a mapping region -> intensities,
            or None. Shape (size,) is held for all steps, (n_timesteps, size) gives one row a step; a boolean array
            of that second shape is explicit spikes.
        n_timesteps : steps to advance; None takes the rows of the stimulus, else ``brain.encoding_timesteps``.

        Raises
        ------
        InputError : for a stimulus or a number of steps that cannot be shown.
        RegionError : if a region raised.
        """
        self._open()
        rows = self._encoder.rows(stimulus)
        n_steps = self._n_steps(rows, n_timesteps)
        if self._votes is not None and self._action is not None:
            self._votes.clear()
        self._action = None
        start = self.now
        for port, steps, axons in self._encoder.spikes(rows, start, n_steps):
            self._orchestrator.stimulate(port.region, port.index, steps, axons)
        self._tally.clear()
        self._orchestrator.run(n_steps)
        return Result(self._tally.spikes, self._tally.events, (start, self.now), self._recorder.dataset)

    def select_action(self, *, explore: bool = True) -> tuple[int, float]:
        """The action that the striatum votes for, and the confidence in it, in (0, 1].

        With ``explore``, a share ``training.exploration`` of the actions is random. The regions hear which action
        was selected, so that only what led to it stays eligible for reward.

        Raises
        ------
        StateError : before any ``forward``, or in a brain without a striatum.
        """
        self._open()
        if self._votes is None:
            raise StateError(
                "select_action: this brain has no region that votes for actions; add one of kind 'striatum'"
            )
        if not self._votes.heard_anything:
            raise StateError("select_action: nothing has happened yet; call forward(stimulus) first")
        if self._action is None:
            self._trial += 1
        exploration = self.config.training.exploration if explore else 0.0
        self._action, self._confidence = self._votes.select(self._trial, exploration)
        self._orchestrator.broadcast("action", self._action)
        return self._action, self._confidence

    def deliver_reward(self, external_reward: float) -> float:
        """Reward the action that was selected; returns the reward prediction error.

        The error is released as dopamine, its size as noradrenaline; both take effect at the next step.

        Raises
        ------
        InputError : if the reward is not finite.
        StateError : if no action has been selected since the last ``forward``.
        """
        self._open()
        if not np.isfinite(external_reward):
            raise InputError(f"deliver_reward: external_reward is {external_reward!r}; write a finite number")
        if self._action is None:
            raise StateError(
                "deliver_reward: no action has been selected since the last forward; call select_action() first"
            )
        error = self.expectation.prediction_error(float(external_reward), self._confidence)
        self.release("dopamine", error)
        self.release("noradrenaline", _AROUSAL_PER_SURPRISE * abs(error))
        report = TrialReport(self.now, self._action, float(external_reward), error)
        for observer in self._observers:
            observer.on_trial(report)
        return error

    def release(self, neuromodulator: str, amount: float) -> None:
        """Release an amount of a neuromodulator everywhere, from the next step on.

        Raises
        ------
        InputError : for an unknown neuromodulator, or an amount that is not finite.
        """
        if neuromodulator not in NEUROMODULATORS:
            raise InputError(
                f"there is no neuromodulator '{neuromodulator}'; write one of {', '.join(NEUROMODULATORS)}"
            )
        if not np.isfinite(amount):
            raise InputError(f"release: the amount of {neuromodulator} is {amount!r}; write a finite number")
        self._levels.release(neuromodulator, amount, self.now)
        self._orchestrator.broadcast(neuromodulator, amount)

    def reset_episode(self) -> None:
        """Begin a new episode: membranes, traces and spikes in flight are cleared; what was learned stays."""
        self._open()
        self._orchestrator.broadcast("reset", 0.0)
        self._action = None
        if self._votes is not None:
            self._votes.clear()

    def state(self, region: str) -> dict[str, NDArray[Any]]:
        """The complete state of a region, as arrays by name: membranes, weights, traces.

        Raises
        ------
        InputError : for an unknown region.
        """
        executor = self._open()
        if region not in self.plan.region_names:
            raise InputError(f"there is no region '{region}'; the regions are: {', '.join(self.plan.region_names)}")
        return {name: np.asarray(value) for name, value in executor.snapshot(region).items()}

    def close(self) -> None:
        """Write what is still to be recorded and release the regions. May be called more than once."""
        if self._closed:
            return
        self._closed = True
        self._executor.close()
        for observer in self._observers:
            observer.on_close()

    def __enter__(self) -> DynamicBrain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()

    def __repr__(self) -> str:
        return (
            f"DynamicBrain({', '.join(self.plan.region_names)}; {self._executor.name} executor, "
            f"at step {self.now} of {self.plan.dt_ms:g} ms)"
        )

    @property
    def adapters(self) -> dict[str, RegionView]:
        """Region -> what it is; the size of a region is ``brain.adapters[name].impl.n_neurons``."""
        return {
            spec.name: RegionView(spec.name, spec.kind, sum(size for _, size in sizes))
            for spec, (_, sizes) in zip(self.plan.regions, self.plan.populations, strict=True)
        }

    @property
    def _parallel_executor(self) -> Executor | None:
        """The Dask executor, under the name by which it may be stopped; None where the brain is sequential."""
        return None if isinstance(self._executor, SequentialExecutor) else self._executor

    def _open(self) -> Executor:
        if self._closed:
            raise StateError("this brain is closed; build another one with DynamicBrain.from_thalia_config(config)")
        return self._executor

    def _n_steps(self, rows: Mapping[str, NDArray[Any]], asked: int | None) -> int:
        """How many steps to advance, from what was asked and how many rows were given."""
        given = {region: len(values) for region, values in rows.items() if values.ndim == 2}
        n_steps = asked if asked is not None else next(iter(given.values()), self.config.brain.encoding_timesteps)
        if isinstance(n_steps, bool) or not isinstance(n_steps, (int, np.integer)) or n_steps < 1:
            raise InputError(f"forward: n_timesteps is {n_steps!r}; write a whole number of at least 1")
        for region, length in given.items():
            if length != n_steps:
                raise InputError(
                    f"forward: the stimulus of region '{region}' has {length} rows, but {n_steps} steps are to be "
                    f"computed; give {n_steps} rows, or leave n_timesteps out"
                )
        return int(n_steps)

    def _open_recorder(self, out: Path | None, *, overwrite: bool) -> Recorder:
        dt_ms, recording = self.plan.dt_ms, self.config.recording
        levels = self._levels
        return Recorder(
            self.plan,
            spikes=recording.spikes,
            membrane_potential=recording.membrane_potential,
            flush_every_ms=recording.flush_every_ms,
            attributes=run_attributes(
                self.config.model_dump_json(by_alias=True),
                seed=self.plan.seed,
                dt_ms=dt_ms,
                executor=self._executor.name,
            ),
            modulators=tuple(NEUROMODULATORS),
            levels=lambda name, steps: [levels.level(name, int(step)) for step in steps],
            oscillators=tuple(FREQUENCY_HZ),
            phases=lambda name, steps: [phase(name, int(step), dt_ms) for step in steps],
            path=out,
            overwrite=overwrite,
        )


def _window_steps(config: ThaliaConfig) -> int | None:
    wanted_ms = config.execution.window_ms
    return None if wanted_ms is None else to_steps(wanted_ms, config.global_.dt_ms, "execution.window_ms")


def _warn_of_device(config: ThaliaConfig) -> None:
    device = config.global_.device
    if device == "cpu":
        return
    if config.brain.parallel:
        reason = "regions in other processes exchange spikes through host memory"
    elif not torch.cuda.is_available():
        reason = "torch finds no CUDA device on this machine"
    else:
        reason = "the kernels of the regions run on the CPU"
    message = f"device '{device}' was asked for, but {reason}: using 'cpu'. Write device: cpu to silence this"
    warnings.warn(message, DeviceWarning, stacklevel=3)


def _find_votes(plan: BrainPlan, temperature: float) -> ActionVotes | None:
    """The votes of the first region, by name, that has action channels."""
    for spec in plan.regions:
        n_actions = find_kind(spec.kind).anatomy(spec).n_actions
        if n_actions:
            return ActionVotes(plan, spec.name, n_actions, temperature)
    return None


def _open_executor(config: ThaliaConfig, plan: BrainPlan, client: Client | None) -> Executor:
    if not config.brain.parallel:
        return SequentialExecutor()
    from thalia_dask.distributed.executor import DaskExecutor  # a sequential brain need not import Dask

    return DaskExecutor(
        client,
        n_workers=config.execution.n_workers,
        threads_per_worker=config.execution.threads_per_worker,
        costs=step_costs(plan),
        call_timeout_s=config.execution.call_timeout_s,
        start_timeout_s=config.execution.start_timeout_s,
    )
