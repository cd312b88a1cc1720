"""From arrays to labelled xarray objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import xarray as xr

from thalia_dask.recording.layout import Values
from thalia_dask.recording.schema import Variable

LabelledValues = tuple[tuple[str, ...], Values, dict[str, str]]


def build_dataset(
    variables: Iterable[Variable], values: Mapping[str, Values], attributes: Mapping[str, object]
) -> xr.Dataset:
    """One group as a Dataset; variables without values are left out."""
    coordinates: dict[str, LabelledValues] = {}
    data: dict[str, LabelledValues] = {}
    for variable in variables:
        if variable.name in values:
            role = coordinates if variable.dims == (variable.name,) else data
            role[variable.name] = (variable.dims, values[variable.name], variable.attributes)
    return xr.Dataset(data, coordinates, dict(attributes))
