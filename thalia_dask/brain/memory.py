"""What a brain itself remembers, beside its regions and what travels between them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from thalia_dask.arguments import check_flag
from thalia_dask.config import ThaliaConfig
from thalia_dask.engine.checkpoint import Checkpoint
from thalia_dask.errors import CheckpointError, StateError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS
from thalia_dask.recording.layout import Position

_GREATEST_INTEGER, _GREATEST = 2**53, 1e300


class Votes(BaseModel):
    """The votes for each action so far; ``heard_anything`` once the brain has advanced in the episode."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    votes: list[int]
    heard_anything: bool


class Memory(BaseModel):
    """As it is in a checkpoint.

    Attributes
    ----------
    trial, action, confidence : the trials so far, the last action of the episode, and the confidence in it.
    decided : whether it was selected since the last stimulus.
    showing : whether the last stimulus goes on.
    neuromodulation : what the brain expects, and what is known to it.
    levels : neuromodulator -> (step of the last release, level then).
    votes : None in a brain that does not vote.
    recorded : how far the recording on disk had come; None where it was kept in memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial: NonNegativeInt
    action: NonNegativeInt | None
    confidence: float = Field(ge=0.0, le=1.0)
    decided: bool
    showing: bool
    neuromodulation: dict[str, Any]
    levels: dict[str, tuple[int, float]]
    votes: Votes | None
    recorded: Position | None

    def where_to_append(self, out: object, *, append: bool) -> Position | None:
        """How far the recording had come that is to be continued at ``out``; None where none is.

        Raises
        ------
        InputError : if ``append`` is neither true nor false.
        CheckpointError : if there was none, or ``out`` is None.
        """
        check_flag(append, "append")
        if not append:
            return None
        if out is None or self.recorded is None:
            raise CheckpointError(
                "the brain of this checkpoint did not record to disk, or no recording was named, so none can be "
                "continued; leave append out"
            )
        return self.recorded


def understood(checkpoint: Checkpoint) -> tuple[ThaliaConfig, Memory]:
    """The config and the memory of a checkpoint.

    Raises
    ------
    CheckpointError : if it holds something else.
    """
    try:
        config = ThaliaConfig.model_validate_json(checkpoint.config)
        memory = Memory.model_validate(checkpoint.memory)
    except ValidationError as error:
        raise CheckpointError(f"the checkpoint is whole, but not that of a brain of this version: {error}") from error
    if any(not 0 <= step <= checkpoint.travel.now for step, _ in memory.levels.values()):
        raise CheckpointError("the checkpoint is whole, but memory/levels has a step that it has not reached")
    for name, (_, level) in memory.levels.items():
        if name in NEUROMODULATORS and not NEUROMODULATORS[name].may_be(level):
            raise CheckpointError(
                f"the checkpoint is whole, but memory/levels/{name} is {level!r}, which it cannot be"
            )
    return config, memory


def check_alike(given: Any, own: Any, part: str = "memory") -> None:
    """See that JSON values have the form that a brain's own have: names, lengths, and numbers where it has numbers.

    Raises
    ------
    StateError : naming the part that has not.
    """
    if isinstance(own, dict):
        alike = isinstance(given, dict) and given.keys() == own.keys()
        inside = [(given[name], own[name], f"{part}/{name}") for name in own] if alike else []
    elif isinstance(own, list | tuple):
        alike = isinstance(given, list | tuple) and len(given) == len(own)
        inside = [(one, other, part) for one, other in zip(given, own, strict=True)] if alike else []
    else:
        alike, inside = _is_like(given, own), []
    if not alike:
        raise StateError(f"{part} cannot be restored: its form is not that of this brain; give that of its own")
    for one, other, name in inside:
        check_alike(one, other, name)


def _is_like(given: Any, own: object) -> bool:
    if isinstance(own, float):
        return isinstance(given, int | float) and abs(given) < _GREATEST
    if isinstance(own, int) and not isinstance(own, bool):
        return isinstance(given, int) and abs(given) < _GREATEST_INTEGER
    return type(given) is type(own)
