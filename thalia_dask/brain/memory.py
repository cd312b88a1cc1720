"""What a brain itself remembers, beside its regions and what travels between them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from thalia_dask.config import ThaliaConfig
from thalia_dask.engine.checkpoint import Checkpoint
from thalia_dask.errors import CheckpointError
from thalia_dask.recording.layout import Position


class Votes(BaseModel):
    """The votes for each action so far; ``heard_anything`` once the brain has advanced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    votes: list[int]
    heard_anything: bool


class Memory(BaseModel):
    """As it is in a checkpoint.

    Attributes
    ----------
    trial, action, confidence : the trials so far, the last action of the episode, and the confidence in it.
    decided : whether it was selected since the last stimulus.
    neuromodulation : what the brain expects, and what is known to it.
    levels : neuromodulator -> (step of the last release, level then).
    votes : None in a brain that does not vote.
    recorded : how far the recording on disk had come; None where it was kept in memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trial: int
    action: int | None
    confidence: float
    decided: bool
    neuromodulation: dict[str, Any]
    levels: dict[str, tuple[int, float]]
    votes: Votes | None
    recorded: Position | None


def understood(checkpoint: Checkpoint) -> tuple[ThaliaConfig, Memory]:
    """The config and the memory of a checkpoint.

    Raises
    ------
    CheckpointError : if it holds something else.
    """
    try:
        return ThaliaConfig.model_validate_json(checkpoint.config), Memory.model_validate(checkpoint.memory)
    except ValidationError as error:
        raise CheckpointError(f"the checkpoint is whole, but not that of a brain of this version: {error}") from error
