"""The recorder: an observer that turns what the engine reports into xarray objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from thalia_dask.engine.executor import RecoveryReport
from thalia_dask.engine.observer import Observer, TrialReport, WindowReport
from thalia_dask.errors import InputError, StateError
from thalia_dask.interrupts import interrupts_wait
from thalia_dask.jit import Floats
from thalia_dask.recording import block as blocks
from thalia_dask.recording.attributes import recovery_attributes
from thalia_dask.recording.block_store import BlockStore
from thalia_dask.recording.dataset import build_dataset
from thalia_dask.recording.layout import Block, Position, Values, lay_out, own_observables
from thalia_dask.recording.memory import MemoryStore
from thalia_dask.recording.pending import Pending, Track, Wanted
from thalia_dask.recording.schema import ENGINE, ROOT, Observables, Variable
from thalia_dask.recording.store import ZarrStore
from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, PROBE
from thalia_dask.ticks import NEVER
from thalia_dask.topology.plan import BrainPlan

Steps = NDArray[np.int64]
Series = Callable[[str, Steps], ArrayLike]
"""Values of a named quantity at the given consecutive steps, shape (steps,)."""
Efficacies = Callable[[str, int], Floats]
"""Efficacies of the synapses of a region that are recorded, as they are at the beginning of a step."""
_NO_SYNAPSES: Mapping[str, Mapping[str, Values]] = MappingProxyType({})


def _zero(_name: str, steps: Steps) -> ArrayLike:
    return np.zeros(len(steps))


def _none(_region: str, _now: int) -> Floats:
    return np.empty(0, np.float32)


class Recorder(Observer):
    """Records a brain in blocks, in memory or to a Zarr store.

    A window costs some appends to lists; the rest is done when a block is full or somebody asks.

    Parameters
    ----------
    spikes : record every spike, not only counts.
    membrane_potential : record the mean membrane potential of each region.
    flush_every_ms : length of a block in simulated time.
    attributes : of the root, see :func:`~thalia_dask.recording.attributes.run_attributes`.
    modulators, levels : names, and the level of each at given steps. Asked once per window, right after it.
    oscillators, phases : names, and the phase (rad) of each at given steps; a function of time alone.
    synapses : of each region of which efficacies are recorded, what ``schema.SYNAPSES`` declares.
    efficacies : of these synapses; asked for every ``efficacies_every_steps``.
    path : where to write; None keeps everything in memory.
    overwrite : replace a recording that is already at ``path``.
    position : go on with the recording at ``path`` from there; what it holds beyond is cut off.

    Raises
    ------
    ConfigError : if a region cannot be a group of the output.
    OutputError : if ``path`` cannot be written, or exists and ``overwrite`` is false.
    """

    def __init__(
        self,
        plan: BrainPlan,
        *,
        spikes: bool = True,
        membrane_potential: bool = True,
        flush_every_ms: float = 10_000.0,
        attributes: Mapping[str, object] | None = None,
        modulators: Sequence[str] = (),
        levels: Series = _zero,
        oscillators: Sequence[str] = (),
        phases: Series = _zero,
        synapses: Mapping[str, Mapping[str, Values]] = _NO_SYNAPSES,
        efficacies: Efficacies = _none,
        efficacies_every_steps: int = NEVER,
        path: Path | None = None,
        overwrite: bool = False,
        position: Position | None = None,
    ) -> None:
        self._dt_ms = plan.dt_ms
        self._census = blocks.take_census(plan)
        self._spikes = spikes
        self._membrane_potential = membrane_potential
        self._flush_steps = max(1, round(flush_every_ms / plan.dt_ms))
        self._modulators, self._levels_at = tuple(modulators), levels
        self._oscillators, self._phases = tuple(oscillators), phases
        self._layout = lay_out(
            plan,
            synapses,
            spikes=spikes,
            membrane_potential=membrane_potential,
            modulators=self._modulators,
            oscillators=self._oscillators,
            attributes=attributes or {},
        )
        self._attributes = dict(self._layout.attributes)
        self._store: BlockStore = (
            MemoryStore(self._layout)
            if path is None
            else ZarrStore(path, self._layout, overwrite=overwrite, position=position)
        )
        self._own = own_observables(plan)
        self._pending = Pending(_wanted(plan, self._own, membrane_potential=membrane_potential))
        self._efficacies = efficacies
        self._every_steps = efficacies_every_steps
        self._samples: dict[str, list[Floats]] = {region: [] for region in synapses}
        self._sampled: list[int] = []
        self._trials: list[TrialReport] = []
        self._recoveries: list[RecoveryReport] = []
        begin = position or Position(None, {})
        self._n_windows, self._n_trials = begin.length(ENGINE, "window"), begin.length(ROOT, "trial")
        self._first = begin.first_step
        self._next = (begin.first_step or 0) + begin.length(ROOT, "time")

    def next_stop(self, now: int) -> int:
        return (now // self._every_steps + 1) * self._every_steps if self._samples else NEVER

    def on_window(self, report: WindowReport) -> None:
        window = report.window
        if self._first is None:
            self._first = window.start
        elif window.start != self._next:
            raise StateError(
                f"the recording ends before step {self._next}, so a window that starts at step {window.start} "
                "cannot follow; record every window once and in order, or start a new recording"
            )
        levels = _sample(self._levels_at, self._modulators, np.arange(window.start, window.stop))
        is_due = window.stop % self._every_steps == 0
        efficacies = {region: self._efficacies(region, window.stop) for region in self._samples if is_due}
        noted_from = self._pending.starts[0] if self._pending else window.start
        try:
            self._note(report, levels, efficacies)
        except BaseException:  # half of it may be noted, and to let interrupts wait would take longer than all of it
            self._empty()
            self._next = noted_from
            raise
        if window.stop - self._pending.starts[0] >= self._flush_steps:
            self.flush()

    def _note(self, report: WindowReport, levels: Floats, efficacies: Mapping[str, Floats]) -> None:
        self._next = report.window.stop
        self._pending.add(report, levels)
        if efficacies:
            self._sampled.append(report.window.stop)
        for region, values in efficacies.items():
            self._samples[region].append(values)

    def on_recovery(self, report: RecoveryReport) -> None:
        self._recoveries.append(report)
        self.annotate(recovery_attributes(self._recoveries))

    def on_trial(self, report: TrialReport) -> None:
        self._trials.append(report)

    def on_close(self) -> None:
        try:
            self.flush()
        finally:
            self._store.close()

    def flush(self) -> None:
        """Put what is pending into the store; on disk it is then safe."""
        if not self._pending and not self._trials:
            return
        with interrupts_wait():  # once, and whole
            self._store.append(self._pending_block())
            self._n_windows += self._pending.n_windows
            self._n_trials += len(self._trials)
            self._empty()

    def _empty(self) -> None:
        self._pending, self._trials = self._pending.emptied(), []
        self._samples, self._sampled = {region: [] for region in self._samples}, []

    def secure(self) -> Position | None:
        """Have everything recorded so far on the disk, to go on from there after a crash; None in memory."""
        self.flush()
        lengths = self._store.secure()
        return None if lengths is None else Position(self._first, lengths)

    def annotate(self, attributes: Mapping[str, object]) -> None:
        """Add root attributes that are known only later, e.g. the accuracy reached."""
        self._attributes |= attributes
        self._store.annotate(attributes)

    def tree(self) -> xr.DataTree:
        """Everything recorded so far; read lazily where it was written to a path."""
        self.flush()
        return self._store.tree()

    def dataset(self, start: int, stop: int) -> xr.Dataset:
        """The steps ``start <= step < stop``, with dims (region, time).

        Raises
        ------
        InputError : if that is no step, or not all of them have been recorded.
        """
        first = self._next if self._first is None else self._first
        if not first <= start < stop <= self._next:
            raise InputError(
                f"steps {start} to {stop} were asked for, but the recording holds steps {first} to {self._next}: "
                "ask for at least one step within them"
            )
        if self._pending and start >= self._pending.starts[0]:
            first, whole = self._pending_dataset(start, stop)
        else:
            self.flush()
            whole = self._store.root()[[variable.name for variable in self._stepwise]]
        return whole.isel(time=slice(start - first, stop - first)).load()

    def _pending_dataset(self, start: int, stop: int) -> tuple[int, xr.Dataset]:
        """The first step, and the steps, of the pending windows that overlap a span."""
        part = self._pending.part(start, stop)
        values = self._layout.fixed[ROOT] | self._per_step(part)
        return part.starts[0], build_dataset(self._stepwise, values, self._attributes)

    @property
    def _stepwise(self) -> list[Variable]:
        return [v for v in self._layout.groups[ROOT] if "trial" not in v.dims]

    def _pending_block(self) -> Block:
        block: Block = {ROOT: {}}
        if self._trials:
            block[ROOT] |= blocks.trials(self._trials, self._n_trials, self._dt_ms)
        if self._pending:
            block[ROOT] |= self._per_step(self._pending)
            block[ENGINE] = blocks.timings(self._pending, self._census, self._n_windows)
            block |= {region: self._of_region(region, track) for region, track in self._pending.tracks.items()}
        return block

    def _of_region(self, region: str, track: Track) -> dict[str, Values]:
        values: dict[str, Values] = {name: blocks.observed(track, name) for name in self._own.get(region, ())}
        if self._spikes:
            values["spike_step"], values["spike_neuron"] = blocks.spikes(track)
        if self._samples.get(region):
            values["sample"] = blocks.step_times(np.array(self._sampled, np.int64), self._dt_ms)
            values["efficacy"] = np.stack(self._samples[region], axis=1)
        return values

    def _per_step(self, pending: Pending) -> dict[str, Values]:
        steps = np.arange(pending.starts[0], pending.stop)
        values: dict[str, Values] = {"time": blocks.step_times(steps, self._dt_ms)}
        values |= blocks.activity(pending, self._census, self._dt_ms)
        if self._membrane_potential:
            values[MEMBRANE_POTENTIAL_MEAN] = blocks.membrane_potential(pending, self._census)
        if self._modulators:
            values["neuromodulator"] = np.concatenate(pending.levels, axis=1)
        if self._oscillators:
            values["oscillator_phase"] = _sample(self._phases, self._oscillators, steps)
        return values


def _sample(series: Series, names: Sequence[str], steps: Steps) -> NDArray[np.float32]:
    return np.array([series(name, steps) for name in names], np.float32).reshape(len(names), len(steps))


def _wanted(plan: BrainPlan, own: Observables, *, membrane_potential: bool) -> Wanted:
    """Region -> observable to keep -> for how many cells, () where it is not one of cells."""
    of_all: dict[str, tuple[int, ...]] = {MEMBRANE_POTENTIAL_MEAN: ()} if membrane_potential else {}
    return {
        spec.name: of_all
        | {name: (len(spec.probes),) if PROBE in one.dims else () for name, one in own.get(spec.name, {}).items()}
        for spec in plan.regions
    }
