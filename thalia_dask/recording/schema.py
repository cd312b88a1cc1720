"""Every output variable, declared once: name, dims, units, long_name and dtype.

The declarations flow to the Dataset, to the attributes of the Zarr arrays and to the labels of the plots.

Time is the time at the **start** of a step: the value of step ``k`` is ``k * dt_ms``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from thalia_dask.regions.base import MEMBRANE_POTENTIAL_MEAN, PROBE, Observable

SCHEMA_VERSION = 1
ROOT = "/"
ENGINE = "engine"

CHUNK_LENGTH = {"time": 10_000, "trial": 10_000, "window": 10_000, "spike": 262_144, "sample": 16}
"""The dimensions that grow while a brain runs, and how many of their elements make one chunk on disk."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the output.

    Attributes
    ----------
    dims : names of its dimensions; a variable named like its only dimension is a coordinate.
    dtype : NumPy dtype name, ``"str"`` for text.
    units : ``"1"`` for pure numbers, empty for text.
    comment : what a reader must know besides.
    """

    name: str
    dims: tuple[str, ...]
    dtype: str
    units: str
    long_name: str
    comment: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """What xarray, Zarr and the plots get to see."""
        every = {"units": self.units, "long_name": self.long_name, "comment": self.comment}
        return {name: text for name, text in every.items() if text}

    @property
    def growing_axis(self) -> int | None:
        """The axis along which blocks are joined, or None where the values are known beforehand."""
        return next((axis for axis, dim in enumerate(self.dims) if dim in CHUNK_LENGTH), None)


REGION_TIME = ("region", "time")

COORDINATES = (
    Variable("region", ("region",), "str", "", "brain region"),
    Variable("time", ("time",), "float64", "ms", "time", comment="at the start of the step"),
)
ACTIVITY = (
    Variable("spike_count", REGION_TIME, "int32", "1", "spikes emitted in the step"),
    Variable("rate", REGION_TIME, "float32", "Hz", "mean firing rate", comment="over the neurons of the region"),
    Variable("events_sent", REGION_TIME, "int32", "1", "spikes that left along axonal projections"),
    Variable("events_received", REGION_TIME, "int32", "1", "spikes that arrived from regions and stimulus"),
)
MEMBRANE_POTENTIAL = (Variable(MEMBRANE_POTENTIAL_MEAN, REGION_TIME, "float32", "mV", "mean membrane potential"),)
MODULATION = (
    Variable("modulator", ("modulator",), "str", "", "neuromodulator"),
    Variable("neuromodulator", ("modulator", "time"), "float32", "1", "neuromodulator level"),
)
OSCILLATION = (
    Variable("oscillator", ("oscillator",), "str", "", "oscillator"),
    Variable("oscillator_phase", ("oscillator", "time"), "float32", "rad", "oscillator phase"),
)
TRIALS = (
    Variable("trial", ("trial",), "int64", "1", "trial, counted from 0"),
    Variable("trial_step", ("trial",), "int64", "1", "step in which the reward was delivered"),
    Variable("trial_time", ("trial",), "float64", "ms", "time at which the reward was delivered"),
    Variable("action", ("trial",), "int32", "1", "index of the selected action, -1 where none was"),
    Variable("reward", ("trial",), "float64", "1", "reward"),
    Variable(
        "reward_prediction_error",
        ("trial",),
        "float64",
        "1",
        "reward minus expected reward",
        comment="over the range of rewards so far; with a value_source the temporal difference, not divided",
    ),
)
NEURONS = (
    Variable("neuron", ("neuron",), "int64", "1", "index into the region's neuron array"),
    Variable("population", ("neuron",), "str", "", "population of the neuron"),
)
SPIKES = (
    Variable("spike_step", ("spike",), "int32", "1", "step of the spike"),
    Variable("spike_neuron", ("spike",), "int32", "1", "neuron that spiked"),
)
PROBES = (
    Variable(PROBE, (PROBE,), "int64", "1", "neuron that is probed", comment="index into the region's neuron array"),
)
_EFFICACY = "efficacy, in mV, or in nS where the target's neuron model takes conductances"
SYNAPSES = (
    Variable("synapse", ("synapse",), "int64", "1", "index into the region's synapse table"),
    Variable("source", ("synapse",), "str", "", "population of the axon, region.population, or stimulus"),
    Variable("source_neuron", ("synapse",), "int32", "1", "axon, index within its population"),
    Variable("target", ("synapse",), "str", "", "population of the target cell, region.population"),
    Variable("target_neuron", ("synapse",), "int32", "1", "target cell, index within its population"),
    Variable("receptor", ("synapse",), "str", "", "receptor channel"),
    Variable("delay_ms", ("synapse",), "float64", "ms", "from a spike of the source to its effect, axon included"),
    Variable("initial_efficacy", ("synapse",), "float32", "", f"initial {_EFFICACY}"),
)
EFFICACY = Variable("efficacy", ("synapse",), "float32", "", _EFFICACY)
EFFICACIES = (
    Variable("sample", ("sample",), "float64", "ms", "time of the sample", comment="the end of a step"),
    replace(EFFICACY, dims=("synapse", "sample")),
)
TIMINGS = (
    Variable("window", ("window",), "int64", "1", "window, or span of windows, counted from 0"),
    Variable("window_start", ("window",), "int64", "1", "first step of the window"),
    Variable("window_steps", ("window",), "int64", "1", "steps in the window"),
    Variable("wall_seconds", ("window",), "float64", "s", "wall-clock time of the window"),
    Variable("compute_seconds", ("region", "window"), "float64", "s", "time spent inside the region"),
)

Groups = dict[str, tuple[Variable, ...]]
"""Path of a group -> its variables."""
Observables = Mapping[str, Mapping[str, Observable]]
"""Region -> name -> what is recorded of it in its own group, in every step."""


def groups(
    regions: Sequence[str],
    observables: Observables,
    synapses_of: Collection[str],
    *,
    spikes: bool,
    membrane_potential: bool,
    modulators: bool,
    oscillators: bool,
) -> Groups:
    """The groups of one recording: root, one per region, and ``engine``.

    ``synapses_of`` are the regions of which efficacies are recorded.
    """
    root: tuple[Variable, ...] = COORDINATES + ACTIVITY
    root += MEMBRANE_POTENTIAL if membrane_potential else ()
    root += MODULATION if modulators else ()
    root += OSCILLATION if oscillators else ()
    region: tuple[Variable, ...] = NEURONS + SPIKES if spikes else NEURONS
    own = {
        name: region + _of_steps(observables.get(name, {})) + (SYNAPSES + EFFICACIES if name in synapses_of else ())
        for name in regions
    }
    return {ROOT: root + TRIALS, **own, ENGINE: TIMINGS}


def _of_steps(observables: Mapping[str, Observable]) -> tuple[Variable, ...]:
    """The variables of what a region lets be seen in every step."""
    series = tuple(
        Variable(name, (*one.dims, "time"), "float32", one.units, one.long_name, one.comment)
        for name, one in observables.items()
    )
    return PROBES + series if any(PROBE in variable.dims for variable in series) else series


def names_of_a_region() -> frozenset[str]:
    """Names that no observable may have: its region's group has a variable, dimension or coordinate of that name."""
    own = (*NEURONS, *SPIKES, *PROBES, *SYNAPSES, *EFFICACIES, *COORDINATES)
    inherited = {dim for variable in _all_of_root() for dim in variable.dims}
    return frozenset({*(v.name for v in own), *(dim for v in own for dim in v.dims)}) | inherited


def reserved_names() -> frozenset[str]:
    """Names that no region may have: its group would collide with a variable or group of the output."""
    root = _all_of_root()
    return frozenset({ENGINE, *(v.name for v in root), *(dim for v in root for dim in v.dims)})


def _all_of_root() -> tuple[Variable, ...]:
    everything = groups((), {}, (), spikes=True, membrane_potential=True, modulators=True, oscillators=True)
    return everything[ROOT]
