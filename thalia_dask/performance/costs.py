"""What a region costs, from its anatomy or as it was measured. Imports no torch: ``describe`` uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from thalia_dask.performance.machine import REFERENCE, Machine
from thalia_dask.regions import find_kind
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.regions.layout import Layout
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.topology.plan import BrainPlan

if TYPE_CHECKING:
    import xarray as xr

EXPECTED_RATE_HZ = 30.0
"""Of neurons and sensory axons, where nothing has been measured: the order of docs/reference/rates.md."""


_AMONG_OTHERS = 1.8
"""Times as much Python as a window of the region that calibration times, which is alone and has no input: 26 us
instead of 14 in four cortices of 1000 and in the standard brain, from runs in long and in short stretches."""

_CACHED_NEURONS = 4000
"""Of more, the kernel itself has to load most anew in every step: short stretches of 20 000 neurons took 93 us more
each, of 4000 neurons 185."""

_DISTINCT = 2.0
"""By how much windows of a trial must differ in length: of closer ones, noise would tell more than memory does."""


@dataclass(frozen=True, slots=True)
class RegionCost:
    """What it takes to advance a region by a window of n steps: ``window + reload + n * (python + kernel)``.

    Attributes
    ----------
    window_seconds, python_step_seconds : hold the interpreter lock, so that threads of one process take turns.
    kernel_step_seconds : does not.
    reload_seconds : until what the region needs is in the cache again after others have been; without the lock, too.
    reload_steps : in which that is loaded: of a shorter window it is a part.
    """

    window_seconds: float
    python_step_seconds: float
    kernel_step_seconds: float
    reload_seconds: float = 0.0
    reload_steps: float = 1.0

    def seconds(self, n_steps: float) -> float:
        """The time for one window."""
        return self.window_seconds + n_steps * self.python_step_seconds + self.unlocked_seconds(n_steps)

    def unlocked_seconds(self, n_steps: float) -> float:
        """The part of it in which other threads may hold the interpreter lock."""
        return min(1.0, n_steps / self.reload_steps) * self.reload_seconds + n_steps * self.kernel_step_seconds


Costs = Mapping[str, RegionCost]


class Spent(NamedTuple):
    """Where the time of a sequential brain went while it took so many steps, by direct exchange.

    Attributes
    ----------
    compute_seconds : region -> advancing it.
    carrying_seconds : the rest of the executor's time: taking turns, and carrying spikes from region to region.
    orchestrating_seconds : the orchestrator's own time, with what observers take.
    n_windows, n_spans : stretches in which a region was advanced, on average, and spans of all regions.
    n_spikes : that regions emitted.
    """

    compute_seconds: Mapping[str, float]
    carrying_seconds: float
    orchestrating_seconds: float
    n_steps: int
    n_windows: int
    n_spans: int
    n_spikes: int

    @property
    def steps_per_window(self) -> float:
        return self.n_steps / self.n_windows

    def step_seconds(self, region: str) -> float:
        """Computing one step of a region."""
        return self.compute_seconds[region] / self.n_steps

    @classmethod
    def of(cls, performance: xr.Dataset) -> Spent:
        """From ``brain.performance``, or a difference of two."""
        computing = {str(region): float(s) for region, s in performance["compute_seconds"].to_series().items()}
        executor, stimulus = float(performance["executor_seconds"]), float(performance["stimulus_seconds"])
        return cls(
            computing,
            carrying_seconds=executor - sum(computing.values()),
            orchestrating_seconds=float(performance["wall_seconds"]) - executor - stimulus,
            n_steps=int(performance["n_steps"]),
            n_windows=int(performance["n_windows"]),
            n_spans=int(performance["n_spans"]),
            n_spikes=int(performance["spikes"].sum()),
        )


class Trial(NamedTuple):
    """The same brain, run sequentially in two ways.

    Attributes
    ----------
    spent : with regions that go as far at once as they can.
    brief : in spans of the look-ahead, or None where regions cannot go further.
    """

    spent: Spent
    brief: Spent | None

    def reloaded(self, region: str, cost: RegionCost) -> RegionCost:
        """The cost with a reload by which brief windows take as much longer as they did."""
        if self.brief is None or self.spent.steps_per_window < _DISTINCT * self.brief.steps_per_window:
            return cost
        longer = self.brief.step_seconds(region) - self.spent.step_seconds(region)
        once = longer / (1.0 / self.brief.steps_per_window - 1.0 / self.spent.steps_per_window)
        return replace(
            cost,
            reload_seconds=max(0.0, once - cost.window_seconds),
            reload_steps=self.brief.steps_per_window,
        )


def predict(
    plan: BrainPlan, machine: Machine = REFERENCE, rate_hz: float = EXPECTED_RATE_HZ
) -> dict[str, RegionCost]:
    """Region -> what it costs, from its anatomy, if everything fires at one rate.

    Of kinds that do not lay themselves out as data only neurons and synapses are known, see :func:`is_opaque`.
    """
    return {spec.name: _predict(spec, machine, rate_hz * plan.dt_ms / 1000.0) for spec in plan.regions}


def measured(
    plan: BrainPlan, spent: Spent, machine: Machine = REFERENCE, trial: Trial | None = None
) -> dict[str, RegionCost]:
    """Region -> what it costs, from the seconds that it took in a sequential brain.

    The seconds are divided as the prediction is: Python and memory go with windows, the rest with steps. How much
    memory takes is known better from a trial.
    """
    guesses = predict(plan, machine)
    return {spec.name: _measured(spec, guesses[spec.name], spent, trial) for spec in plan.regions}


def is_opaque(spec: RegionSpec) -> bool:
    """Whether a region is no layout of populations, but a torch module or a class of somebody's own.

    Its anatomy does not tell what it takes. All that counts as Python, which holds the interpreter lock.
    """
    return not isinstance(find_kind(spec.kind), SpikingKind)


def step_costs(plan: BrainPlan) -> dict[str, float]:
    """Region -> seconds per step on the reference machine, by which regions are spread over workers."""
    n_steps = plan.look_ahead_steps or 1
    return {name: cost.seconds(n_steps) / n_steps for name, cost in predict(plan).items()}


def _measured(spec: RegionSpec, guess: RegionCost, spent: Spent, trial: Trial | None) -> RegionCost:
    of_steps = "python_step_seconds" if is_opaque(spec) else "kernel_step_seconds"
    known = replace(guess, **{of_steps: 0.0})
    if trial is not None:
        known = trial.reloaded(spec.name, known)
    per_window, seconds = spent.steps_per_window, spent.step_seconds(spec.name)
    scale = min(1.0, 0.9 * seconds * per_window / known.seconds(per_window))
    known = replace(
        known,
        window_seconds=scale * known.window_seconds,
        python_step_seconds=scale * known.python_step_seconds,
        reload_seconds=scale * known.reload_seconds,
    )
    return replace(known, **{of_steps: seconds - known.seconds(per_window) / per_window})


def _predict(spec: RegionSpec, machine: Machine, spike_probability: float) -> RegionCost:
    kind = find_kind(spec.kind)
    if isinstance(kind, SpikingKind):
        return _of_layout(kind.layout(spec), spec, machine, spike_probability)
    anatomy = kind.anatomy(spec)
    python = machine.step_seconds + machine.neuron_step_seconds * anatomy.n_neurons
    python += machine.synaptic_event_seconds * anatomy.n_synapses * spike_probability
    return RegionCost(machine.window_seconds, python, 0.0, _reload_seconds(anatomy.n_neurons, machine))


def _of_layout(layout: Layout, spec: RegionSpec, machine: Machine, spike_probability: float) -> RegionCost:
    sizes = {population.name: population.size for population in layout.populations}
    noisy = sum(population.size for population in layout.populations if population.background)
    rhythms = {drive.source for population in layout.populations for drive in population.drives}
    n_synapses = n_plastic = n_gates = 0
    for _, _, n_axons, _, connection in layout.wiring(spec):
        count = connection.synapse_count(n_axons, sizes[connection.target])
        n_synapses += count
        if connection.rule:
            n_plastic += count
            n_gates += len(connection.gates)
    kernel = (
        machine.step_seconds
        + machine.neuron_step_seconds * sum(sizes.values())
        + machine.background_step_seconds * noisy
        + machine.synaptic_event_seconds * spike_probability * n_synapses
        + machine.plastic_event_seconds * spike_probability * n_plastic
    )
    window, signals = _AMONG_OTHERS * machine.window_seconds, machine.signal_step_seconds * (len(rhythms) + n_gates)
    return RegionCost(window, signals, kernel, _reload_seconds(sum(sizes.values()), machine))


def _reload_seconds(n_neurons: int, machine: Machine) -> float:
    return machine.reload_neuron_seconds * min(n_neurons, _CACHED_NEURONS)
