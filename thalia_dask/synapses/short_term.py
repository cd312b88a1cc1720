"""Short-term plasticity: an axon's synapses tire, or warm up, with every spike that reaches them.

At a spike, an interval D after the one before, the share u of the resources x is released,

    x <- 1 - (1 - (1 - u) x) exp(-D / tau_rec)              (u and x on the right are those of the spike before)
    u <- U + (1 - U) u exp(-D / tau_fac)

and the efficacy is u x times that of the table. The first spike finds x = 1 and u = U. Maass & Markram (2002), Neural
Netw. 15:155, eqs. 2-3: the model of Tsodyks, Uziel & Markram (2000), J. Neurosci. 20:RC50, without the inactive
state, and NEST's ``tsodyks2_synapse``.

It depends on presynaptic spikes only, which reach all synapses of an axon with the same delay at once: these share
their state, a *site*. What a spike releases is computed when it arrives; intervals are those at which spikes were
sent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalia_dask.declared import NonNegative, Share
from thalia_dask.jit import Floats, Int32Array, kernel
from thalia_dask.synapses.table import SynapseTable

_ONE = np.float32(1.0)


@dataclass(frozen=True, slots=True)
class TsodyksMarkram:
    """Parameters of a connection. Defaults depress: Tsodyks, Uziel & Markram (2000), excitatory synapses."""

    utilization: Annotated[Share, "share U of the resources that a spike at rest releases"] = 0.5
    tau_recovery_ms: Annotated[float, "time constant tau_rec of the recovery of resources, ms"] = 800.0
    tau_facilitation_ms: Annotated[NonNegative, "time constant tau_fac of facilitation, ms; 0 for none"] = 0.0


class ShortTermTable(NamedTuple):
    """Sites of a region's synapses, and their state.

    Attributes
    ----------
    site : int32, shape (synapses,), -1 where efficacies stay; empty where all do.
    utilization, per_tau_recovery, per_tau_facilitation : float32, shape (sites,): U, and dt over time constants;
        infinite where nothing is facilitated, not even by a spike in the same step.
    released : int32, shape (sites,). The step after the last release, 0 for none.
    share, resources : float32, shape (sites,). u and x of that release.
    """

    site: Int32Array
    utilization: Floats
    per_tau_recovery: Floats
    per_tau_facilitation: Floats
    released: Int32Array
    share: Floats
    resources: Floats


def index_short_term(
    rules: Sequence[TsodyksMarkram], owner: NDArray[np.int16], synapses: SynapseTable, dt_ms: float
) -> ShortTermTable:
    """Find the sites; ``owner`` (synapses,) is the position in ``rules`` of each synapse's rule, or -1."""
    site = np.empty(0, np.int32)
    rule_of_site = np.empty(0, np.int64)
    if rules:
        begins = np.ones(len(owner), np.bool_)
        begins[1:] = (owner[1:] != owner[:-1]) | (synapses.delay[1:] != synapses.delay[:-1])
        row_start = synapses.row_start[:-1]
        begins[row_start[row_start < len(owner)]] = True
        begins &= owner >= 0
        rule_of_site = owner[begins].astype(np.int64)
        site = np.where(owner >= 0, np.cumsum(begins) - 1, -1).astype(np.int32)
    n_sites = len(rule_of_site)

    def each(values: list[float]) -> Floats:
        return np.array(values, np.float32)[rule_of_site] if rules else np.empty(0, np.float32)

    return ShortTermTable(
        site=site,
        utilization=each([rule.utilization for rule in rules]),
        per_tau_recovery=each([dt_ms / rule.tau_recovery_ms for rule in rules]),
        per_tau_facilitation=each(
            [dt_ms / rule.tau_facilitation_ms if rule.tau_facilitation_ms else math.inf for rule in rules]
        ),
        released=np.zeros(n_sites, np.int32),
        share=np.zeros(n_sites, np.float32),
        resources=np.zeros(n_sites, np.float32),
    )


@kernel
def release(site: int, step: int, table: ShortTermTable) -> np.float32:
    """Factor on the efficacies of a site that a spike reaches in this step."""
    share, resources = table.utilization[site], _ONE
    if table.released[site] > 0:
        interval = step + 1 - table.released[site]
        left = (1.0 - float(table.share[site])) * table.resources[site]
        resources = np.float32(1.0 - (1.0 - left) * math.exp(-interval * table.per_tau_recovery[site]))
        if table.per_tau_facilitation[site] < math.inf:
            faded = table.share[site] * math.exp(-interval * table.per_tau_facilitation[site])
            share = np.float32(share + (1.0 - share) * faded)
    table.released[site] = step + 1
    table.share[site] = share
    table.resources[site] = resources
    return np.float32(share * resources)
