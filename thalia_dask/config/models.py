"""What can be configured, with types, bounds and defaults: the only place that declares an option.

A field's description completes the sentence "write ..." of the error that its wrong value causes.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from thalia_dask.config.base import Config, Count, PositiveFloat
from thalia_dask.declared import MOST
from thalia_dask.names import is_name
from thalia_dask.notebook import block, folded, tree

_RESERVED_NAMES = {"engine", "stimulus"}


def _plain_value(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("should be true or false, a number or a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("should be a finite number")
    return value


def _device(value: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d+)?", value):
        raise ValueError("is no device that the simulator knows")
    return value


def _region_name(value: str) -> str:
    if not is_name(value):
        raise ValueError("is no name for a region")
    if value in _RESERVED_NAMES:
        raise ValueError("is a name that the simulator uses itself")
    return value


ParamValue = Annotated[bool | int | float | str, BeforeValidator(_plain_value)]
RegionName = Annotated[str, AfterValidator(_region_name)]
Port = Annotated[int, Field(gt=0, lt=2**16)]


class GlobalConfig(Config):
    """What holds for the whole brain."""

    device: Annotated[str, AfterValidator(_device)] = Field(default="cpu", description="'cpu', 'cuda' or 'cuda:N'")
    dt_ms: PositiveFloat = Field(default=1.0, description="the length of a step in ms, greater than 0")
    seed: int = Field(default=42, ge=0, description="the root of all random numbers, a whole number of at least 0")
    round_delays: bool = Field(
        default=False,
        description="true to round delays to whole steps, false to refuse those that are not",
    )


class RegionSizes(Config):
    """Sizes of the standard six-region brain; used where ``BrainConfig.regions`` is None."""

    input_size: Count = Field(default=784, description="the number of sensory axons that enter the thalamus")
    thalamus_size: Count | None = Field(
        default=None,
        description="the number of thalamic relay neurons, or null for as many as there are sensory axons",
    )
    cortex_size: Count = Field(default=256, description="the number of excitatory cortical neurons over all layers")
    hippocampus_size: Count = Field(default=200, description="the number of excitatory hippocampal neurons")
    pfc_size: Count = Field(default=128, description="the number of excitatory prefrontal neurons")
    n_actions: Count = Field(default=10, description="the number of actions to select from")
    neurons_per_action: Count = Field(
        default=10, description="the number of striatal neurons that vote for one action"
    )
    cerebellum_size: Count = Field(default=100, description="the number of cerebellar granule cells")


class RegionConfig(Config):
    """One region of a brain that the config lays out itself."""

    kind: str = Field(description="a kind of region, such as 'cortex'")
    size: Count = Field(description="the kind's main size, a whole number greater than 0")
    input_size: Count | None = Field(
        default=None, description="the number of stimulus axons that enter the region, or null for none"
    )
    spontaneous: bool = Field(
        default=False,
        description="true where the region is active by itself, so that nothing need reach it",
    )
    params: dict[str, ParamValue] = Field(
        default_factory=dict,
        description="a mapping of those parameters of the kind that differ from its defaults",
    )


class ProjectionConfig(Config):
    """A bundle of axons between two regions, or from a region back to itself."""

    source: str = Field(description="where the axons begin, 'region' or 'region.population'")
    target: str = Field(description="where the axons end, 'region' or 'region.port'")
    delay_ms: float | None = Field(
        default=None,
        description="the axonal delay in ms, at least one step, or null for the standard delay of the pair",
    )
    weight_scale: float = Field(
        default=1.0,
        ge=0,
        le=MOST,
        description=f"a factor on the pathway's default efficacy, a number from 0 to {MOST:g}",
    )


class NeuromodulationConfig(Config):
    """What the neuromodulators of a brain report.

    Without ``value_source`` the reward that is expected is the confidence in the action that was selected; with it,
    it is learned for every state, which rewards that come late need.
    """

    value_source: str | None = Field(
        default=None,
        description="the population whose spikes foretell rewards, 'region.population', or null to expect what the "
        "confidence in an action says",
    )
    value_rate: float = Field(
        default=0.1, gt=0, le=1, description="the share of an error that is corrected, above 0 and up to 1"
    )
    discount: float = Field(
        default=0.9, ge=0, lt=1, description="the worth of a reward that comes a state later, from 0 to below 1"
    )
    novelty_source: str | None = Field(
        default=None,
        description="the population whose new patterns release acetylcholine when they have been presented, up to a "
        "level of 1 where all is new, 'region.population', or null for none",
    )
    novelty_rate: float = Field(
        default=0.5, gt=0, le=1, description="the share of its novelty that a pattern loses, above 0 and up to 1"
    )
    uncertainty: float = Field(
        default=0.0,
        ge=0,
        le=MOST,
        description=f"the noradrenaline that an action without any confidence releases, from 0 to {MOST:g}",
    )


class BrainConfig(Config):
    """Regions, projections and how a brain is driven.

    Without ``regions`` it is the standard six-region brain at ``sizes``; without ``projections`` that brain
    has its standard pathways, and a brain with regions of its own has none. ``region_params`` is laid over
    the parameters of either.
    """

    sizes: RegionSizes = Field(default=RegionSizes(), description="a mapping of sizes")
    regions: dict[RegionName, RegionConfig] | None = Field(
        default=None,
        min_length=1,
        description="a mapping of region name to region, or null for the standard brain",
    )
    projections: list[ProjectionConfig] | None = Field(
        default=None, strict=False, description="a list of projections, or null for the standard pathways"
    )
    region_params: dict[RegionName, dict[str, ParamValue]] = Field(
        default_factory=dict, description="a mapping of region name to a mapping of parameters"
    )
    parallel: bool | Literal["auto"] = Field(
        default=False,
        description="true for one Dask actor a region, false for a plain loop in this process, or 'auto' for the "
        "faster of the two",
    )
    encoding_timesteps: Count = Field(default=15, description="the number of steps for which an input is shown")
    max_input_rate_hz: PositiveFloat = Field(
        default=200.0,
        description="the rate in Hz of a Poisson process, greater than 0: at full input a sensory axon fires in "
        "steps in which that has an event, so somewhat less often (181 Hz of 200 in steps of 1 ms)",
    )
    vote_temperature: PositiveFloat = Field(
        default=2.0,
        description="the lead in striatal spikes that makes an action e times as likely, greater than 0",
    )
    neuromodulation: NeuromodulationConfig = Field(
        default=NeuromodulationConfig(), description="a mapping of what neuromodulators report"
    )


class ExecutionConfig(Config):
    """How a brain is executed; no spike depends on it."""

    n_workers: Count | None = Field(default=None, description="the number of worker processes, or null to choose")
    threads_per_worker: Count | None = Field(
        default=None, description="the number of threads of each worker, or null to choose"
    )
    exchange: Literal["direct", "orchestrated"] = Field(
        default="direct",
        description="'direct' for regions that run ahead as delays allow, and workers that send spikes to each "
        "other, or 'orchestrated' for all spikes through the orchestrator, window by window",
    )
    window_ms: PositiveFloat | None = Field(
        default=None,
        description="the window in ms, up to the shortest delay between regions, or null for that delay",
    )
    call_timeout_s: PositiveFloat = Field(default=60.0, description="how many seconds a region may take for one call")
    start_timeout_s: PositiveFloat = Field(
        default=180.0, description="how many seconds the workers may take to start"
    )
    memory_gib: PositiveFloat | None = Field(
        default=None,
        description="the memory in GiB up to which a brain is built, by estimate, or null for that of this machine",
    )
    dashboard: bool | Port = Field(
        default=False,
        description="true for the live page in the Dask dashboard, on any free port, the number of a port, or false",
    )


class RecoveryConfig(Config):
    """What is done when workers are lost; no spike depends on it."""

    max_failures: int = Field(
        default=5,
        ge=0,
        description="how many times in a row, without a span completed in between, workers may be lost, or 0 to stop "
        "at the first loss",
    )
    hung_after_s: PositiveFloat = Field(
        default=10.0,
        description="the seconds without a sign of life after which a worker is given up, greater than 0",
    )
    replacement_s: float = Field(
        default=5.0,
        ge=0,
        description="the seconds to wait for a replacement before going on with the workers that are left",
    )
    timeout_s: PositiveFloat = Field(
        default=60.0, description="the seconds to wait for a worker when none is left, greater than 0"
    )


class RecordingConfig(Config):
    """What is recorded, and how often it is written."""

    spikes: bool = Field(default=True, description="true to record every spike, false to count them")
    membrane_potential: bool = Field(
        default=True,
        description="true to record the mean membrane potential of each region, false not to",
    )
    probes: dict[str, list[Annotated[int, Field(ge=0)]]] = Field(
        default_factory=dict,
        description="a mapping of 'region' or 'region.population' to a list of its neurons, counted from 0, of which "
        "membrane potential, adaptation and synaptic input are recorded in every step",
    )
    efficacies: list[str] = Field(
        default_factory=list,
        description="a list of 'region' or 'region.population', onto which the efficacies of synapses that learn are "
        "recorded",
    )
    efficacies_every_ms: PositiveFloat = Field(
        default=1000.0, description="the simulated time in ms between two recordings of efficacies, greater than 0"
    )
    flush_every_ms: PositiveFloat = Field(
        default=10_000.0,
        description="the simulated time in ms after which recordings are written, greater than 0",
    )


class CheckpointConfig(Config):
    """How often ``run`` and ``train`` save their state beside the recording; no spike depends on it."""

    every_ms: PositiveFloat | None = Field(
        default=None,
        description="the simulated time in ms between two checkpoints, or null for as often as 2 % of the run's time "
        "allow",
    )
    keep: Annotated[int, Field(ge=0)] = Field(
        default=2, description="how many checkpoints are kept, the last ones, or 0 to write none"
    )


class TaskConfig(Config):
    """The environment that a brain is trained in."""

    name: str = Field(default="digits", description="the name of a task, such as 'digits', or a Gymnasium id")
    n_timesteps: Count | None = Field(
        default=None,
        description="the number of steps for one observation, or null for brain.encoding_timesteps",
    )
    params: dict[str, ParamValue] = Field(default_factory=dict, description="a mapping of the task's parameters")


class TrainingConfig(Config):
    """How long a brain is trained, and how much it explores."""

    epochs: Count = Field(default=4, description="the number of passes, a whole number greater than 0")
    trials_per_epoch: Count | None = Field(
        default=None, description="the number of trials of a pass, or null for all"
    )
    evaluation_trials: Count | None = Field(
        default=None, description="the number of held-out trials, or null for all"
    )
    exploration: float = Field(default=0.1, ge=0, le=1, description="the share of random actions, from 0 to 1")


class ThaliaConfig(Config):
    """Everything that a run is a function of. In YAML and in dumps ``global_`` is called ``global``."""

    def _repr_html_(self) -> str:
        differs = self.model_dump(by_alias=True, exclude_defaults=True)
        return block(
            "ThaliaConfig",
            folded("where it differs from the defaults", tree(differs) or "nowhere"),
            folded("all values", tree(self.model_dump(by_alias=True))),
        )

    global_: GlobalConfig = Field(
        default=GlobalConfig(),
        validation_alias="global",
        serialization_alias="global",
        description="a mapping of what holds for the whole brain",
    )
    brain: BrainConfig = Field(default=BrainConfig(), description="a mapping that lays out the brain")
    execution: ExecutionConfig = Field(default=ExecutionConfig(), description="a mapping of how to execute")
    recovery: RecoveryConfig = Field(
        default=RecoveryConfig(), description="a mapping of what to do when workers are lost"
    )
    recording: RecordingConfig = Field(default=RecordingConfig(), description="a mapping of what to record")
    checkpoint: CheckpointConfig = Field(
        default=CheckpointConfig(), description="a mapping of how often to save the state"
    )
    task: TaskConfig = Field(default=TaskConfig(), description="a mapping that names the task")
    training: TrainingConfig = Field(default=TrainingConfig(), description="a mapping of how to train")
