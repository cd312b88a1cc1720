"""A cortical column described by the sizes of its layers, as Thalia's region creators describe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thalia_dask.config.models import RegionConfig
from thalia_dask.errors import ConfigError

_L6_PER_L5 = 0.6


@dataclass(frozen=True, slots=True)
class LayeredCortexConfig:
    """Cortical layers by the number of their excitatory cells.

    Attributes
    ----------
    n_layers : 3 or 4, the length of ``layer_sizes``.
    layer_sizes : of L4, L2/3, L5 and L6; without the last, L6 has 0.6 times the cells of L5.
    n_input : number of sensory axons.
    """

    n_layers: int = 3
    layer_sizes: Sequence[int] = (96, 96, 64)
    n_input: int = 784


class LayeredCortex:
    """A cortical column: ``region`` is what the config of a brain would say of it."""

    def __init__(self, config: LayeredCortexConfig) -> None:
        sizes = list(config.layer_sizes)
        if config.n_layers != len(sizes) or len(sizes) not in (3, 4):
            raise ConfigError(
                f"n_layers is {config.n_layers} and layer_sizes is {sizes}; "
                "write three sizes, of L4, L2/3 and L5, or four, with L6"
            )
        if any(not isinstance(size, int) or size < 1 for size in sizes):
            raise ConfigError(f"layer_sizes is {sizes}; write whole numbers of at least 1")
        if len(sizes) == 3:
            sizes.append(max(1, round(_L6_PER_L5 * sizes[2])))
        total = sum(sizes)
        self.config = config
        self.region = RegionConfig(
            kind="cortex",
            size=total,
            input_size=config.n_input,
            params={
                f"{layer}_fraction": n / total for layer, n in zip(("l4", "l23", "l5", "l6"), sizes, strict=True)
            },
        )
