"""A brain that perceives, acts and learns by reward, on whatever executor its config asks for."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from numpy.typing import NDArray

from thalia_dask.arguments import check_flag
from thalia_dask.brain.agent import Agent
from thalia_dask.brain.amounts import finite
from thalia_dask.brain.at_exit import close_at_exit
from thalia_dask.brain.inspection import Inspectable
from thalia_dask.brain.live import open_monitor
from thalia_dask.brain.memory import Memory, understood
from thalia_dask.brain.opening import (
    check_observers,
    open_executor,
    open_recorder,
    output_path,
    usable_device,
    window_steps,
    with_execution,
)
from thalia_dask.brain.result import Result
from thalia_dask.brain.stimulus import Stimulus, StimulusEncoder, count_steps, rows_between
from thalia_dask.brain.tally import Tally
from thalia_dask.config import ExecutionConfig, ThaliaConfig
from thalia_dask.engine.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from thalia_dask.engine.executor import Executor
from thalia_dask.engine.observer import Observer, ProgressReport, TrialReport
from thalia_dask.engine.orchestrator import Orchestrator
from thalia_dask.engine.sequential import SequentialExecutor
from thalia_dask.engine.windows import LONGEST_SPAN_STEPS
from thalia_dask.errors import ConfigError, StateError
from thalia_dask.jit import compiling_is_told
from thalia_dask.recording.layout import Position, check_names
from thalia_dask.regions import creator
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.memory import check_memory
from thalia_dask.topology.plan import BrainPlan

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy.cluster import Cluster

_LOG = logging.getLogger(__name__)


class DynamicBrain(Inspectable):
    """Regions, the orchestrator that moves them through time, and what the outside can do to them.

    Made by :meth:`from_thalia_config`; released by ``with``, :meth:`close`, ``del`` or the end of the interpreter.

    Attributes
    ----------
    config : what the brain was built from; for what else can be seen of it, see :class:`Inspectable`.
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
        position: Position | None = None,
    ) -> None:
        self.config = config
        self.plan = plan
        self.executor = executor
        self._agent = Agent(plan, config)
        self._encoder = StimulusEncoder(plan, config.brain.max_input_rate_hz)
        began = perf_counter()
        _LOG.info("building %d regions, %d neurons", len(plan.regions), plan.n_neurons)
        with compiling_is_told():
            executor.start({spec.name: creator(spec) for spec in plan.regions}, plan.projections)
        how = f"{executor.name} executor, {executor.n_workers} processes"
        _LOG.info("built in %.1f s (%s)", perf_counter() - began, executor.reason or how)
        self._tally = Tally(plan)
        self._stimulus_seconds = 0.0
        own = [self._tally, *self._agent.observers]
        self._observers: list[Observer] = [*own, *observers]
        self._orchestrator = Orchestrator(plan, executor, self._observers, window_steps(config))
        seen = (self._orchestrator.queue, self._tally, self._agent.levels)
        monitor = None if config.execution.dashboard is False else open_monitor(plan, executor, *seen)
        self._dashboard_link = None if monitor is None else monitor.link
        # Opened last, since it may replace an earlier recording, and told after those on which later steps depend,
        # since a disk may fail. The orchestrator tells whoever is in this list.
        self.recorder = open_recorder(
            config, plan, executor, self._agent.levels, out, overwrite=overwrite, position=position
        )
        self._observers.insert(len(own), self.recorder)
        if monitor is not None:
            self._observers.append(monitor)
        self._closed = False
        self._process = os.getpid()
        try:
            for observer in self._observers:
                observer.on_start(plan)
        except BaseException:
            self.recorder.on_close()
            raise
        close_at_exit(self)

    @classmethod
    def from_thalia_config(
        cls,
        config: ThaliaConfig,
        *,
        client: Client | Cluster | None = None,
        observers: Sequence[Observer] = (),
        out: str | Path | None = None,
        overwrite: bool = False,
        steps_per_call: int | None = None,
    ) -> DynamicBrain:
        """Build a brain: sequential, or with every region an actor on Dask where ``brain.parallel`` says so.

        Parameters
        ----------
        config : of the whole run; :func:`~thalia_dask.load_config` reads a file.
        client : the Dask client or cluster to use in parallel mode, which stays as it is; None starts a LocalCluster.
        observers : are told of every window and trial.
        out : a Zarr store to record to; None keeps the recording in memory.
        overwrite : replace a recording that is already there.
        steps_per_call : how many steps most calls of :meth:`forward` will advance, which matters to the choice of
            ``brain.parallel: auto`` alone; None for ``brain.encoding_timesteps``.

        Raises
        ------
        ConfigError : if the config describes no brain that can be simulated.
        OutputError : if ``out`` cannot be written, or exists and ``overwrite`` is false.
        ClusterError : if the Dask workers do not start in time.
        """
        if not isinstance(config, ThaliaConfig):
            raise ConfigError(
                f"config is a {type(config).__name__}, but must be a ThaliaConfig; "
                "read a file with thalia_dask.load_config(path)"
            )
        return cls._build(config, client, observers, out, steps_per_call, overwrite=overwrite, position=None)

    @classmethod
    def _build(
        cls,
        config: ThaliaConfig,
        client: Client | Cluster | None,
        observers: Sequence[Observer],
        out: str | Path | None,
        steps_per_call: int | None,
        *,
        overwrite: bool,
        position: Position | None,
    ) -> DynamicBrain:
        check_observers(observers)
        path = output_path(out, overwrite=overwrite, goes_on=position is not None)
        plan = build_plan(config).on(usable_device(config))
        check_names(plan)
        check_memory(config, plan, workers_elsewhere=client is not None)
        executor = open_executor(config, plan, client, steps_per_call)
        try:
            return cls(config, plan, executor, observers, path, overwrite=overwrite, position=position)
        except BaseException:
            executor.close()
            raise

    def save(self, path: str | Path, *, overwrite: bool = False, run: Mapping[str, Any] | None = None) -> None:
        """Write the complete state to one file, from which :meth:`load` goes on to the same bits.

        What has been recorded is not part of it, but a recording on disk can be continued from there.

        Parameters
        ----------
        path, overwrite : where to, and whether a checkpoint there may be replaced.
        run : JSON values that are to be kept with it, such as how far a training has come; read them with
            :func:`~thalia_dask.engine.checkpoint.read_checkpoint`.

        Raises
        ------
        OutputError : if ``path`` cannot be written, or exists and ``overwrite`` is false.
        StateError : if the brain is closed, or an error interrupted it within a window.
        """
        executor = self._open()
        checkpoint = Checkpoint(
            config=self.config.model_dump_json(by_alias=True),
            travel=self._orchestrator.snapshot(),
            regions=executor.snapshots(),
            memory=Memory(**self._agent.snapshot(), recorded=self.recorder.secure()).model_dump(),
            run=run,
        )
        write_checkpoint(path, checkpoint, overwrite=overwrite)

    @classmethod
    def load(
        cls,
        path: str | Path | Checkpoint,
        *,
        parallel: bool | Literal["auto"] | None = None,
        execution: ExecutionConfig | None = None,
        client: Client | Cluster | None = None,
        observers: Sequence[Observer] = (),
        out: str | Path | None = None,
        overwrite: bool = False,
        append: bool = False,
        steps_per_call: int | None = None,
    ) -> DynamicBrain:
        """Build the brain that :meth:`save` wrote, in the state that it had; recording begins there.

        Parameters
        ----------
        path : where it was saved, or the checkpoint itself, which has been read.
        parallel, execution : how to run it from now on; None as it was. No spike depends on it.
        client, observers, out, overwrite, steps_per_call : as for :meth:`from_thalia_config`.
        append : go on with the recording at ``out`` that the brain made when it was saved; what it holds beyond that
            is cut off.

        Raises
        ------
        CheckpointError : if there is no checkpoint at ``path``, it is damaged or of another version, or its brain did
            not record to disk and ``append`` is true.
        """
        checkpoint = path if isinstance(path, Checkpoint) else read_checkpoint(path)
        config, memory = understood(checkpoint)
        config = with_execution(config, parallel=parallel, execution=execution)
        position = memory.where_to_append(out, append=append)
        brain = cls._build(config, client, observers, out, steps_per_call, overwrite=overwrite, position=position)
        try:
            brain._go_back(checkpoint, memory)  # noqa: SLF001
        except BaseException:
            brain.close()
            raise
        return brain

    def forward(
        self,
        stimulus: Stimulus | Mapping[str, Stimulus] | None = None,
        n_timesteps: int | None = None,
        *,
        goes_on: bool = False,
    ) -> Result:
        """Advance the brain while a stimulus is shown.

        Parameters
        ----------
        stimulus : intensities in [0, 1] for the one region with stimulus axons, or a mapping region -> intensities,
            or None. Shape (size,) is held for all steps, (n_timesteps, size) gives one row a step; a boolean array
            of that second shape is explicit spikes.
        n_timesteps : steps to advance; None takes the rows of the stimulus, else ``brain.encoding_timesteps``.
        goes_on : the next call goes on with this presentation. How new it is
            (``brain.neuromodulation.novelty_source``) is found at its end, so that it may be cut into calls anywhere.

        Raises
        ------
        InputError : for a stimulus or a number of steps that cannot be shown, or a ``goes_on`` that is no bool.
        RegionError : if a region raised.
        """
        self._open()
        check_flag(goes_on, "forward: goes_on")
        rows = self._encoder.rows(stimulus)
        n_steps = count_steps(rows, n_timesteps, self.config.brain.encoding_timesteps)
        self._orchestrator.check_can_run(n_steps)
        self._agent.begin()
        self._orchestrator.withdraw_stimuli()
        start = self.now
        self._tally.clear()
        for first in range(0, n_steps, LONGEST_SPAN_STEPS):  # memory shall not grow with the duration
            last = min(first + LONGEST_SPAN_STEPS, n_steps)
            self._stimulate(rows_between(rows, first, last), last - first)
            self._orchestrator.run(last - first)
        self._release_all(self._agent.perceive(self.now, goes_on=goes_on))
        return Result(self._tally.spikes, self._tally.events, (start, self.now), self.recorder.dataset)

    def select_action(self, *, explore: bool = True) -> tuple[int, float]:
        """The action that the striatum votes for, and the confidence in it, in [0, 1].

        With ``explore``, a share ``training.exploration`` of the actions is random. The regions hear which action
        was selected, so that only what led to it stays eligible for reward: it stands until the next :meth:`forward`,
        however often it is asked for. Of several striata the first by name votes, and all learn from what it selects.

        Raises
        ------
        InputError : if ``explore`` is no bool.
        StateError : before any ``forward``, or in a brain without a striatum.
        """
        self._open()
        check_flag(explore, "select_action: explore")
        action, is_news = self._agent.select(self.config.training.exploration if explore else 0.0)
        if is_news:  # asked twice, the regions must not count it twice
            self._orchestrator.broadcast("action", action)
            self._release_all(self._agent.neuromodulation.decided(self._agent.confidence))
        return action, self._agent.confidence

    def deliver_reward(self, external_reward: float) -> float:
        """Reward the action that was selected last; returns the reward prediction error.

        The error is released as dopamine, its size as noradrenaline; both take effect at the next step. Calls of
        :meth:`forward` may lie between action and reward. With ``brain.neuromodulation.value_source`` no action is
        needed; rewards with no ``forward`` in between add up; and one that follows an action with no ``forward`` in
        between is taken to end the episode. Where that ends by a limit of time (``truncated`` in Gymnasium), call
        ``forward`` with the last observation first, so that what could still have been expected there counts.

        Raises
        ------
        InputError : if the reward is not finite, or beyond 1e30.
        StateError : if no action has been selected in this episode.
        """
        self._open()
        reward = finite(external_reward, "deliver_reward: external_reward")
        releases = self._agent.reward(reward)
        self._release_all(releases)
        report = TrialReport(self.now, self._agent.action, reward, releases["dopamine"])
        for observer in self._observers:
            observer.on_trial(report)
        return releases["dopamine"]

    def release(self, neuromodulator: str, amount: float) -> None:
        """Release an amount of a neuromodulator everywhere, from the next step on.

        A negative amount takes away: of acetylcholine and noradrenaline no more than there is, as they are
        concentrations. Dopamine is the deviation from its tonic level, and has no least.

        Raises
        ------
        InputError : for an unknown neuromodulator, or an amount that is not finite or beyond 1e30.
        """
        self._open()
        self._release(neuromodulator, finite(amount, f"release: the amount of {neuromodulator}"))

    def reset_episode(self) -> None:
        """Begin a new episode: membranes, traces and spikes in flight are cleared; what was learned stays."""
        self._open()
        self._orchestrator.broadcast("reset", 0.0)
        self._agent.reset()

    def tell_progress(self, what: str, done: int, total: int, unit: str) -> None:
        """Let all observers know how far a run is, for those who watch it; see :class:`ProgressReport`."""
        report = ProgressReport(what, done, total, unit)
        for observer in self._observers:
            observer.on_progress(report)

    def close(self) -> None:
        """Write what is still to be recorded and release the regions. May be called more than once.

        In a fork of the process that opened the brain it does nothing: both are that one's.
        """
        if self._closed:
            return
        self._closed = True
        if os.getpid() != self._process:
            return
        try:
            for observer in self._observers:
                observer.on_close()
        finally:
            self.executor.close()

    def __enter__(self) -> DynamicBrain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()

    def __reduce__(self) -> NoReturn:
        raise StateError(
            "a brain cannot be copied or pickled, as its regions and its recording are its own; "
            "write brain.save(path), then DynamicBrain.load(path)"
        )

    @property
    def _parallel_executor(self) -> Executor | None:
        """The Dask executor, under the name by which it may be stopped; None where the brain is sequential."""
        return None if isinstance(self.executor, SequentialExecutor) else self.executor

    def _stimulate(self, rows: Mapping[str, NDArray[Any]], n_steps: int) -> None:
        began = perf_counter()
        for port, steps, axons in self._encoder.spikes(rows, self.now, n_steps):
            self._orchestrator.stimulate(port.region, port.index, steps, axons)
        self._stimulus_seconds += perf_counter() - began

    def _release_all(self, amounts: Mapping[str, float]) -> None:
        for neuromodulator, amount in amounts.items():
            self._release(neuromodulator, amount)

    def _release(self, neuromodulator: str, amount: float) -> None:
        self._agent.levels.release(neuromodulator, amount, self.now)
        self._orchestrator.broadcast(neuromodulator, amount)

    def _go_back(self, checkpoint: Checkpoint, memory: Memory) -> None:
        """Return to the state that a checkpoint holds; raises StateError if it is not one of this brain."""
        if checkpoint.regions.keys() != set(self.plan.region_names):
            raise StateError(
                f"the checkpoint holds the regions {', '.join(checkpoint.regions)}, and this brain has "
                f"{', '.join(self.plan.region_names)}; give one of this brain"
            )
        self._agent.restore(memory)
        self.executor.restores(checkpoint.regions)
        self._orchestrator.restore(checkpoint.travel)
