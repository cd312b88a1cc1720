"""Which cells of each region are looked at in every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from thalia_dask.errors import ConfigError
from thalia_dask.names import check_named
from thalia_dask.regions.base import PROBE, Observable
from thalia_dask.regions.kind import Anatomy


def find_probes(wanted: Mapping[str, Sequence[int]], anatomies: Mapping[str, Anatomy]) -> dict[str, tuple[int, ...]]:
    """Region -> indices into its neuron array, ascending, each once.

    Parameters
    ----------
    wanted : ``"region"`` or ``"region.population"`` -> neurons, counted within it.

    Raises
    ------
    ConfigError : for a region, population or neuron that does not exist, or whose kind lets no cell be looked at.
    """
    probes: dict[str, set[int]] = {}
    for place, neurons in wanted.items():
        where = f"recording.probes.{place}"
        region, _, population = place.partition(".")
        check_named(where, "region", region, anatomies)
        anatomy = anatomies[region]
        if not any(observable.dims == (PROBE,) for observable in anatomy.observables.values()):
            raise ConfigError(
                f"{where}: region '{region}' is of a kind that lets nothing of single cells be seen; leave it out"
            )
        first, size = _place(where, region, population, anatomy)
        for neuron in neurons:
            if neuron >= size:
                raise ConfigError(
                    f"{where}: there is no neuron {neuron} among the {size} of '{place}'; write numbers from 0 to "
                    f"{size - 1}"
                )
        probes.setdefault(region, set()).update(first + neuron for neuron in neurons)
    return {region: tuple(sorted(neurons)) for region, neurons in probes.items()}


def observables_of(anatomy: Anatomy, probes: Sequence[int]) -> tuple[tuple[str, Observable], ...]:
    """What a region will let be seen, of cells only where some are probed."""
    return tuple((name, one) for name, one in anatomy.observables.items() if probes or one.dims != (PROBE,))


def _place(where: str, region: str, population: str, anatomy: Anatomy) -> tuple[int, int]:
    """The first neuron of a population, or of the region where that is "", and their number."""
    if not population:
        return 0, anatomy.n_neurons
    sizes = dict(anatomy.populations)
    check_named(where, f"population of region '{region}'", population, sizes)
    firsts = dict(zip(sizes, accumulate(sizes.values(), initial=0), strict=False))
    return firsts[population], sizes[population]
