"""Bring your own ``torch.nn.Module``: any module with a step becomes a region.

The module is called once a step as ``module(input, state) -> (spikes, state)``: ``input`` float32 (size,) counts the
spikes that arrive on each unit in that step, ``spikes`` (size,) is non-zero where a unit fires, ``state`` is None at
first, then whatever tensor or tuple of tensors the module returned (snnTorch and Norse cells fit with at most a
two-line wrapper).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Annotated

from thalia_dask.errors import ConfigError
from thalia_dask.regions.base import Region
from thalia_dask.regions.kind import Anatomy, RegionKind, read_params
from thalia_dask.regions.spec import RegionSpec

MODULE_GROUP = "thalia_dask.modules"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TorchModuleParams:
    """Parameters of a region around a module."""

    module: Annotated[str, "leaky, or an entry point of group thalia_dask.modules: size -> torch.nn.Module"] = "leaky"
    input_gain: Annotated[float, "what a spike that arrives counts in the module's input"] = 1.0


class TorchModuleKind(RegionKind):
    """A region of ``spec.size`` units around a module; incoming axons are spread evenly over the units."""

    def anatomy(self, spec: RegionSpec) -> Anatomy:
        params = read_params(spec, TorchModuleParams)
        if params.module != "leaky" and not entry_points(group=MODULE_GROUP, name=params.module):
            raise ConfigError(
                f"params.module of region '{spec.name}' is {params.module!r}, but no installed package registers it; "
                f"write 'leaky' or an entry point of group {MODULE_GROUP}"
            )
        return Anatomy(
            populations=(("units", spec.size),),
            ports=("input",),
            default_port="input",
            stimulus_port="input",
            default_output="units",
            n_neurons=spec.size,
        )

    def create(self, spec: RegionSpec) -> Region:
        from thalia_dask.regions.torch_region import TorchModuleRegion, build_module  # imports torch

        params = read_params(spec, TorchModuleParams)
        if spec.device != "cpu":
            _LOG.warning("region '%s' computes on the CPU, as all of kind '%s' do", spec.name, spec.kind)
        return TorchModuleRegion(spec, build_module(spec, params.module), params.input_gain)
