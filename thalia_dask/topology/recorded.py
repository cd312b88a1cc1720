"""Which cells and synapses a config wants to be recorded, besides what is recorded of every region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from thalia_dask.config.models import RecordingConfig
from thalia_dask.errors import ConfigError
from thalia_dask.names import check_named
from thalia_dask.regions.base import PROBE, Observable
from thalia_dask.regions.kind import Anatomy
from thalia_dask.ticks import NEVER, to_steps

Anatomies = Mapping[str, Anatomy]


def find_probes(wanted: Mapping[str, Sequence[int]], anatomies: Anatomies) -> dict[str, tuple[int, ...]]:
    """Region -> cells that are looked at in every step: indices into its neuron array, ascending, each once.

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
        region, population = _find(where, place, anatomies)
        anatomy = anatomies[region]
        if not any(observable.dims == (PROBE,) for observable in anatomy.observables.values()):
            raise ConfigError(
                f"{where}: region '{region}' is of a kind that lets nothing of single cells be seen; leave it out"
            )
        first, size = _place(population, anatomy)
        for neuron in neurons:
            if neuron >= size:
                raise ConfigError(
                    f"{where}: there is no neuron {neuron} among the {size} of '{place}'; write numbers from 0 to "
                    f"{size - 1}"
                )
        probes.setdefault(region, set()).update(first + neuron for neuron in neurons)
    return {region: tuple(sorted(cells)) for region, cells in probes.items()}


def find_learning(wanted: Iterable[str], anatomies: Anatomies) -> dict[str, tuple[str, ...]]:
    """Region -> populations of it, ``"region.population"``, onto which efficacies are recorded.

    Parameters
    ----------
    wanted : ``"region"`` or ``"region.population"``.

    Raises
    ------
    ConfigError : for a region or population that does not exist, or onto which no synapse learns.
    """
    targets: dict[str, set[str]] = {}
    for place in wanted:
        where = f"recording.efficacies: '{place}'"
        region, population = _find(where, place, anatomies)
        learning = {f"{region}.{name}" for name in anatomies[region].learning if population in ("", name)}
        if not learning:
            others = [f"{name}.{one}" for name, anatomy in anatomies.items() for one in anatomy.learning]
            raise ConfigError(
                f"{where}: no synapse onto it learns; write one of: {', '.join(others) or 'none, as none does'}"
            )
        targets.setdefault(region, set()).update(learning)
    return {region: tuple(sorted(populations)) for region, populations in targets.items()}


def sampling_steps(recording: RecordingConfig, dt_ms: float) -> int:
    """Every how many steps efficacies are recorded; NEVER where none are.

    Raises
    ------
    ConfigError : if the period is less than a step, or off the grid of ``dt_ms``.
    """
    if not recording.efficacies:
        return NEVER
    return to_steps(recording.efficacies_every_ms, dt_ms, "recording.efficacies_every_ms", at_least=1)


def observables_of(anatomy: Anatomy, probes: Sequence[int]) -> tuple[tuple[str, Observable], ...]:
    """What a region will let be seen, of cells only where some are probed."""
    return tuple((name, one) for name, one in anatomy.observables.items() if probes or one.dims != (PROBE,))


def _find(where: str, place: str, anatomies: Anatomies) -> tuple[str, str]:
    """The region and the population, or "", of a ``"region"`` or ``"region.population"``."""
    region, _, population = place.partition(".")
    check_named(where, "region", region, anatomies)
    if population:
        check_named(where, f"population of region '{region}'", population, dict(anatomies[region].populations))
    return region, population


def _place(population: str, anatomy: Anatomy) -> tuple[int, int]:
    """The first neuron of a population, or of the region where that is "", and their number."""
    if not population:
        return 0, anatomy.n_neurons
    sizes = dict(anatomy.populations)
    firsts = dict(zip(sizes, accumulate(sizes.values(), initial=0), strict=False))
    return firsts[population], sizes[population]
