"""What all models of configs have in common: frozen, strict, and closed to unknown keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from thalia_dask.config.problems import describe_problems
from thalia_dask.errors import ConfigError

Count = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]


def _without_numpy(value: Any) -> Any:
    """The same with Python's own numbers and texts, whatever NumPy had in their place."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _without_numpy(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_numpy(inner) for inner in value]
    return value


class Config(BaseModel):
    """A part of a config. Descriptions of fields complete the sentence "write ..." of errors."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        populate_by_name=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, values: Any) -> Any:
        return _without_numpy(values)

    if not TYPE_CHECKING:  # type checkers shall see the fields as parameters

        def __init__(self, /, **values: Any) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                kind = type(self)
                raise ConfigError(describe_problems(error, kind, values, {(): kind.__name__})) from None

        __init__.__pydantic_base_init__ = True
        """So that a part of a config that is read as a whole is validated with it."""

        def __setattr__(self, name: str, value: Any) -> None:
            raise ConfigError(
                f"{name} of {type(self).__name__} cannot be set to {value!r}, since a config stays as it is; make "
                'another one, e.g. load_config(config, ["global.seed=3"])'
            )
