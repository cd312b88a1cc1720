"""Prefrontal cortex: stripes of cells that keep each other firing through slow (NMDA-like) synapses.

A stripe is a small group of pyramidal cells that are joined among themselves and inhibit all others: Levitt, Lewis,
Yoshioka & Lund (1993), J. Comp. Neurol. 338:360; Frank, Loughry & O'Reilly (2001), Cogn. Affect. Behav. Neurosci.
1:137. Slow recurrent excitation is what lets activity outlast its cause: Wang (1999), J. Neurosci. 19:9587;
inhibition confines it, and keeps later input out: Compte, Brunel, Goldman-Rakic & Wang (2000), Cereb. Cortex 10:910.
Afferents alone do not lift a stripe over the point from which it holds itself; dopamine, which makes pyramidal cells
more excitable, opens that gate: Durstewitz, Seamans & Sejnowski (2000), J. Neurophysiol. 83:1733.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from thalia_dask.declared import Count, Efficacy, Share
from thalia_dask.neurons.lif import INHIBITORY, SLOW, LIFParams
from thalia_dask.regions.kind import read_params, share
from thalia_dask.regions.layout import Background, Connection, Drive, ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import RegionSpec
from thalia_dask.synapses.connectivity import EdgeList


@dataclass(frozen=True, slots=True)
class PrefrontalParams:
    """Parameters of a prefrontal cortex."""

    inhibitory_ratio: Annotated[Share, "interneurons for each pyramidal cell"] = 0.25
    cells_per_stripe: Annotated[Count, "about how many pyramidal cells a stripe has"] = 6
    afferent_mv: Annotated[Efficacy, "from port afferent onto a pyramidal cell, mV in all"] = 100.0
    stripe_mv: Annotated[
        Efficacy, "by slow synapses from the rest of its stripe onto a pyramidal cell, mV in all"
    ] = 6.0
    inhibition_mv: Annotated[Efficacy, "from interneurons onto a pyramidal cell, mV in all"] = 60.0
    dopamine_mv: Annotated[float, "drive on pyramidal cells at a dopamine level of 1, mV"] = 8.0


def layout(spec: RegionSpec) -> Layout:
    """``spec.size`` excitatory cells and their inhibitory cells."""
    p = read_params(spec, PrefrontalParams)
    pyramidal = LIFParams(adaptation_mv=0.8, tau_adaptation_ms=150.0)
    interneuron = LIFParams(tau_membrane_ms=10.0, adaptation_mv=1.0, tau_adaptation_ms=50.0)
    drives = (Drive("dopamine", p.dopamine_mv), Drive("beta", 0.3))
    stripes = _within_stripes(spec.size, p.cells_per_stripe, p.stripe_mv, max(1, round(1.0 / spec.dt_ms)))
    return Layout(
        populations=(
            Population("exc", spec.size, pyramidal, Background(400.0, 2.0), drives),
            Population("inh", share(spec.size, p.inhibitory_ratio), interneuron, Background(200.0, 2.0)),
        ),
        connections=(
            ExplicitConnection("exc", "exc", stripes, SLOW),
            Connection("exc", "inh", 0.3, 60.0),
            Connection("exc", "inh", 0.3, 2.0, SLOW),
            Connection("inh", "exc", 0.5, -p.inhibition_mv, INHIBITORY),
            Connection("inh", "inh", 0.3, -15.0, INHIBITORY),
            Connection("afferent", "exc", 0.15, p.afferent_mv, delay_ms=(0, 0)),
            Connection("afferent", "inh", 0.15, 30.0, delay_ms=(0, 0)),
            Connection("hippocampal", "exc", 0.15, 40.0, delay_ms=(0, 0)),
            Connection("gate", "exc", 0.15, 20.0, delay_ms=(0, 0)),
        ),
        ports=("afferent", "hippocampal", "gate"),
        stimulus="afferent",
        default_output="exc",
    )


def _within_stripes(n_cells: int, per_stripe: int, total_mv: float, delay_steps: int) -> EdgeList:
    """Synapses from every cell of a stripe onto every other; efficacies onto a cell add up to ``total_mv``."""
    n_stripes = max(1, round(n_cells / per_stripe))
    stripe = np.arange(n_cells) * n_stripes // n_cells
    size, first = np.bincount(stripe)[stripe], np.searchsorted(stripe, stripe)
    targets, others = np.nonzero(np.arange(1, size.max()) < size[:, None])
    sources = first[targets] + (targets - first[targets] + 1 + others) % size[targets]
    return EdgeList(
        sources=sources.astype(np.int32),
        targets=targets.astype(np.int32),
        weights=(total_mv / (size[targets] - 1)).astype(np.float32),
        delays=np.full(len(targets), delay_steps, np.int32),
    )
