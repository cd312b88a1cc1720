"""Models: neurons, synapses, learning rules, and the signals that reach all regions."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import groupby
from sys import modules

from docs.reference_pages.markdown import code, entry, listed, page, parameters_table, table, words
from thalia_dask.modulation.neuromodulators import NEUROMODULATORS
from thalia_dask.modulation.oscillators import FREQUENCY_HZ, SEPTAL_DELAY_MS
from thalia_dask.neurons import base
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.updates import RULES
from thalia_dask.regions.connections import (
    AnyConnection,
    Connection,
    ExplicitConnection,
    FixedInDegree,
    FixedTotalNumber,
)
from thalia_dask.regions.layout import Background, Drive, Layout, Population
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.distributions import Constant, Normal, Uniform
from thalia_dask.synapses.short_term import TsodyksMarkram

NEURONS = (LIFParams, DeltaLIFParams, ConductanceLIFParams, AdExParams)
CONNECTIONS = (Connection, FixedInDegree, FixedTotalNumber, ExplicitConnection)
DISTRIBUTIONS = (Constant, Uniform, Normal)
CHANNELS = ("EXCITATORY", "INHIBITORY", "SLOW")

HEAD = """# Models

What a layout is made of ([Add a region](../how-to/add_a_region.md)), with equations, parameters and units. How
neurons, synapses and rules compare with NEST's: [Validation](../validation.md)."""

CHANNELS_HEAD = """## Receptor channels

What `channel` of a connection may be: constants of `thalia_dask.neurons.base`. `brain.synapses` calls
them by their names."""

CONNECTIONS_HEAD = """## Connections

Kinds of connection, in `thalia_dask.regions.layout`. All have these:"""

RULES_HEAD = """## Learning rules

What `rule` of a connection may be. Unless the rule says otherwise, *x* and *y* are traces of spikes, of which each
adds 1 and which decay in between, and `gates` of the [connection](#connections) scale what is learned."""

SIGNALS_HEAD = f"""## Oscillators and neuromodulators

What `source` of a [`Drive`](#drive), and `gates` of it or of a connection, may name. Oscillators
begin with the brain, at phase 0, and reach a region after the septal delay of its kind, in ms:
{", ".join(f"`{kind}` {delay_ms:g}" for kind, delay_ms in SEPTAL_DELAY_MS.items())}; others 0."""


def models_page() -> str:
    parts = [
        HEAD,
        "## Layout",
        "In `thalia_dask.regions.layout`.",
        *(entry(kind.__name__, kind) for kind in (Layout, Population, Background, Drive)),
        "## Neurons",
        "What `neuron` of a population may be.",
        *(_models(kind) for kind in NEURONS),
        CHANNELS_HEAD,
        _channels(),
        CONNECTIONS_HEAD,
        words(AnyConnection),
        *(entry(kind.__name__, kind) for kind in (*CONNECTIONS, EdgeList)),
        "### Distributions",
        "What `weight` and `delay` may be, in `thalia_dask.synapses.distributions`.",
        *(entry(kind.__name__, kind, level=4) for kind in DISTRIBUTIONS),
        "## Short-term plasticity",
        "What `short_term` of a connection may be.",
        _models(TsodyksMarkram),
        RULES_HEAD,
        *(_models(*kinds) for _, kinds in groupby(RULES, key=lambda rule: rule.__module__)),
        SIGNALS_HEAD,
        *_signals(),
    ]
    return page(parts)


def _models(*kinds: type) -> str:
    """The classes of parameters of one module, with the module's equations."""
    module = kinds[0].__module__
    parts = [f"### {listed(kind.__name__ for kind in kinds)}", f"In `{module}`.", words(modules[module])]
    for kind in kinds:
        title = f"`{kind.__name__}`: " if len(kinds) > 1 else ""
        parts.append(title + words(kind))
        if fields(kind):
            parts.append(parameters_table(kind))
    return "\n\n".join(parts)


def _channels() -> str:
    rows = []
    for name in CHANNELS:
        number = getattr(base, name)
        having = (kind.__name__ for kind in NEURONS if number in kind.channels)
        rows.append((code(name), str(number), code(base.CHANNEL_NAMES[number]), listed(having)))
    return table(("channel", "number", "name", "models that have it"), rows)


def _signals() -> tuple[str, str]:
    oscillators = [(code(name), f"{hz:g}") for name, hz in FREQUENCY_HZ.items()]
    neuromodulators = [
        (code(name), f"{m.baseline:g}", f"{m.least:g}" if math.isfinite(m.least) else "none", f"{m.tau_ms:g}")
        for name, m in NEUROMODULATORS.items()
    ]
    return (
        table(("oscillator", "frequency, Hz"), oscillators),
        table(("neuromodulator", "baseline", "least level", "time constant, ms"), neuromodulators),
    )
