"""What makes a layout impossible to simulate: wrong names, numbers and shapes, told with the mend."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from thalia_dask.declared import check_fields
from thalia_dask.errors import ConfigError
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS
from thalia_dask.modulation.oscillators import FREQUENCY_HZ
from thalia_dask.names import check_named, check_names
from thalia_dask.neurons.background import MOST_COUNTS
from thalia_dask.neurons.base import MOST_REFRACTORY_STEPS, Neuron
from thalia_dask.plasticity.base import N_PARAMS, Rule
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.plasticity.updates import RULES
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.regions.layout import Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.distributions import check_order

_SIGNALS = (*FREQUENCY_HZ, *NEUROMODULATORS)
_SIGNAL = "oscillator or neuromodulator"
_MOST = 1e38


def check_layout(spec: RegionSpec, layout: Layout) -> None:
    """Refuse what cannot be simulated, before anything is built.

    Raises
    ------
    ConfigError : with the region, the population or connection, and what to write.
    """
    region = f"region '{spec.name}'"
    if not isinstance(layout, Layout):
        raise ConfigError(f"{region}: the layout of kind '{spec.kind}' is {layout!r}; return a Layout")
    _check_items(f"{region}: populations", layout.populations, Population, "Population")
    _check_items(f"{region}: connections", layout.connections, AnyConnection, "Connection")
    check_fields(f"{region}: ", replace(layout, populations=(), connections=()))
    for population in layout.populations:
        check_fields(f"{region}, population '{population.name}': ", population)
        _check_population(f"{region}, population '{population.name}'", population, spec.dt_ms)
    if not layout.populations:
        raise ConfigError(f"{region}: the layout of kind '{spec.kind}' has no population; write one at least")
    sizes = {population.name: population.size for population in layout.populations}
    _check_ends(region, layout, sizes)
    for connection in layout.connections:
        _check_connection(f"{region}, {connection}", connection, spec, layout)
    for incoming in spec.incoming:
        where = f"{region}, axons of {incoming.source}"
        check_fields(f"{where}: ", incoming)
        check_named(where, "port", incoming.port, layout.ports)


def _check_items(where: str, items: object, kind: type, example: str) -> None:
    if not (isinstance(items, tuple) and all(isinstance(item, kind) for item in items)):
        raise ConfigError(f"{where} are {items!r}; write a tuple, ({example}(…), …)")


def _check_ends(region: str, layout: Layout, populations: Collection[str]) -> None:
    """Refuse what is no name, is given twice, or is said to be an end of axons and is none."""
    names = (*(population.name for population in layout.populations), *layout.ports)
    check_names(region, "population or port", names)
    if layout.stimulus:
        check_named(f"{region}: stimulus", "port", layout.stimulus, layout.ports)
    if layout.default_output:
        check_named(f"{region}: default_output", "population", layout.default_output, populations)


def _check_population(where: str, population: Population, dt_ms: float) -> None:
    neuron, background = population.neuron, population.background
    if neuron.refractory_ms / dt_ms > MOST_REFRACTORY_STEPS:
        raise ConfigError(
            f"{where}: neuron.refractory_ms is {neuron.refractory_ms:g}, more than {MOST_REFRACTORY_STEPS} steps of "
            f"dt_ms = {dt_ms:g}; write {MOST_REFRACTORY_STEPS * dt_ms:g} or less"
        )
    if background and background.rate_hz * dt_ms / 1000 > MOST_COUNTS:
        raise ConfigError(
            f"{where}: background.rate_hz is {background.rate_hz:g}, more than {MOST_COUNTS} spikes in a step of "
            f"dt_ms = {dt_ms:g}; write {MOST_COUNTS * 1000 / dt_ms:g} or less, with a larger weight_mv"
        )
    if background and neuron.takes_conductances and background.weight_mv < 0:
        raise ConfigError(
            f"{where}: background.weight_mv is {background.weight_mv:g}, and {type(neuron).__name__} takes "
            "conductances; write a positive one"
        )
    raised_mv = neuron.threshold_mv + (neuron.spike_adaptation if neuron.adapts_threshold else 0.0)
    if neuron.reset_mv >= raised_mv:
        raise ConfigError(
            f"{where}: neuron.reset_mv is {neuron.reset_mv:g}, not below the threshold after a "
            f"spike, {raised_mv:g}, so that one spike would be followed by the next; write a lower one"
        )
    if population.initial_mv is not None:
        check_order(f"{where}: initial_mv", population.initial_mv)
    for drive in population.drives:
        check_named(f"{where}, drive", _SIGNAL, drive.source, _SIGNALS)
        for gate in drive.gates:
            check_named(f"{where}, gates of the drive by {drive.source}", _SIGNAL, gate, _SIGNALS)
    try:
        constants = neuron.pack(dt_ms)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    if not all(abs(constant) <= _MOST for constant in constants):
        raise ConfigError(
            f"{where}: {neuron} has constants of a step of dt_ms = {dt_ms:g} beyond {_MOST:g}, which are infinite in "
            "32 bits; write parameters of a likelier size"
        )


def _check_connection(where: str, connection: AnyConnection, spec: RegionSpec, layout: Layout) -> None:
    populations = {population.name: population for population in layout.populations}
    check_fields(f"{where}: ", connection)
    check_named(where, "population or port", connection.source, (*populations, *layout.ports))
    check_named(where, "population", connection.target, populations)
    target, inside = populations[connection.target], connection.source in populations
    ending = [incoming.source_size for incoming in spec.incoming if incoming.port == connection.source]
    n_axons = populations[connection.source].size if inside else min(ending, default=None)
    connection.check(where, spec.dt_ms)
    connection.check_ends(where, n_axons, target.size, 1 if inside else 0)
    _check_receptor(where, connection.channel, target.neuron)
    _check_signs(where, connection, target.neuron)
    _check_learning(where, connection, target.size, layout.n_actions, spec.dt_ms)


def _check_receptor(where: str, channel: int, neuron: Neuron) -> None:
    if channel not in neuron.channels:
        raise ConfigError(
            f"{where} has receptor channel {channel}, which {type(neuron).__name__} does not have; "
            f"write one of {', '.join(map(str, neuron.channels))}"
        )


def _check_signs(where: str, connection: AnyConnection, neuron: Neuron) -> None:
    least, largest = connection.efficacy_range
    if neuron.takes_conductances and least < 0.0:
        raise ConfigError(
            f"{where} has negative efficacies, and {type(neuron).__name__} takes conductances; write positive ones, "
            "with channel=INHIBITORY for those that inhibit"
        )
    if connection.rule is not None and least < 0.0 < largest:
        raise ConfigError(
            f"{where} has a learning rule, and efficacies of both signs, of which a rule can keep one; write a "
            "connection for each sign"
        )


def _check_learning(where: str, connection: AnyConnection, n_targets: int, n_actions: int, dt_ms: float) -> None:
    for gate in connection.gates:
        check_named(f"{where}, gates", _SIGNAL, gate, _SIGNALS)
    if connection.gates and connection.rule is None:
        raise ConfigError(
            f"{where} has gates {connection.gates}, which scale a learning rule, and no rule; "
            "write a rule, or leave the gates out"
        )
    if connection.rule is not None:
        _check_rule(where, connection.rule, dt_ms)
    if isinstance(connection.rule, ThreeFactor) and n_targets < n_actions:
        raise ConfigError(
            f"{where}: its {n_targets} target cells cannot be divided among n_actions = {n_actions}; "
            f"write at least {n_actions} cells, or fewer actions"
        )


def _check_rule(where: str, rule: Rule, dt_ms: float) -> None:
    if getattr(rule, "code", None) not in {known.code for known in RULES}:
        raise ConfigError(
            f"{where}: rule is a {type(rule).__name__}, of whose code thalia_dask.plasticity.updates does not know, "
            "so that nothing would learn; add it to RULES and to the updates there"
        )
    try:
        packed: Any = rule.pack(dt_ms, 1.0, 1.0)
        rule.lag_steps(dt_ms)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    numbers = isinstance(packed, Sequence) and all(isinstance(n, Real) and abs(float(n)) <= _MOST for n in packed)
    if not numbers or len(packed) > N_PARAMS:
        raise ConfigError(
            f"{where}: {rule} packs {packed} for the kernels; write at most {N_PARAMS} numbers, up to {_MOST:g}"
        )
