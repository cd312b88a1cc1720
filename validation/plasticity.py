"""One plastic synapse between two neurons that spike when they are told, as a region here.

A case is a dictionary of what NEST is told: ``name``, ``dt_ms``, ``model`` of the synapse with its ``params``, the
initial ``weight``, ``delay_ms``, ``tau_minus_ms``, and the steps of spikes, ``pre_steps``, ``post_steps`` and, for
synapses that are modulated, ``dopamine_steps``. A stored case also has NEST's ``weights`` at every presynaptic spike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thalia_dask.modulation.neuromodulators import NEUROMODULATORS
from thalia_dask.neurons.base import SLOW
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.dopamine_stdp import DopamineSTDP
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.regions.layout import Connection, ExplicitConnection, Layout, Population
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.spiking import SpikingRegion
from thalia_dask.spikes import Arrivals, Signal
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.ticks import Window

Case = dict[str, Any]
STORED = Path(__file__).parents[1] / "tests" / "plasticity" / "nest.json"
_MV = 1e-3
"""One pA of NEST's synapse: too little to make the cell fire."""
_OBEDIENT = LIFParams(refractory_ms=0.0, tau_slow_ms=0.001)


def stored_cases() -> list[Case]:
    """The cases, with what NEST made of them."""
    return list(json.loads(STORED.read_text(encoding="utf-8")))


def rule(case: Case) -> Rule:
    """The rule here that is the case's synapse in NEST; NEST's tau_n is the clearance of dopamine."""
    given, weight = case["params"], case["weight"]
    if case["model"] == "stdp_synapse":
        return STDP(
            tau_pre_ms=given["tau_plus"],
            tau_post_ms=case["tau_minus_ms"],
            potentiation=given["lambda"],
            depression=given["alpha"] * given["lambda"],
            largest=given["Wmax"] / weight,
            scaling=0.0,
            mu_plus=given["mu_plus"],
            mu_minus=given["mu_minus"],
            dendritic_delay_ms=case["delay_ms"],
        )
    return DopamineSTDP(
        tau_pre_ms=given["tau_plus"],
        tau_post_ms=case["tau_minus_ms"],
        tau_credit_ms=given["tau_c"],
        potentiation=given["A_plus"] / weight,
        depression=given["A_minus"] / weight,
        baseline=given["b"],
        largest=given["Wmax"] / weight,
        dendritic_delay_ms=case["delay_ms"],
    )


def weights(case: Case) -> NDArray[np.float32]:
    """Efficacies after every presynaptic spike, in units of NEST's."""
    region, dt_ms = _region(case), case["dt_ms"]
    found = []
    stops = sorted({step + 1 for step in case["pre_steps"]} | set(_releases(case)))
    for start, stop in pairwise([0, *stops]):
        region.advance(Window(start, stop), _arrivals(case, start, stop, dt_ms))
        if stop - 1 in case["pre_steps"]:
            found.append(region.tensors["weight"][0].item() / _MV)  # the axon that forces the cell comes after it
    return np.array(found, np.float32)


def _region(case: Case) -> SpikingRegion:
    edges = EdgeList(*(np.array([value], dtype) for value, dtype in (
        (0, np.int32), (0, np.int32), (case["weight"] * _MV, np.float32), (0, np.int32)
    )))  # fmt: skip
    gates = ("dopamine",) if "dopamine_steps" in case else ()
    layout = Layout(
        populations=(Population("cell", 1, _OBEDIENT),),
        connections=(
            ExplicitConnection("in", "cell", edges, rule=rule(case), gates=gates),
            Connection("force", "cell", 1.0, 1e9, SLOW, delay_ms=(0, 0), aligned=True),
        ),
        ports=("in", "force"),
    )
    incoming = (Incoming("pre.all", 1, "in"), Incoming("post.all", 1, "force"))
    return SpikingRegion(RegionSpec("pair", "explicit", 1, case["dt_ms"], 1, incoming=incoming), layout)


def _arrivals(case: Case, start: int, stop: int, dt_ms: float) -> Arrivals:
    """Spikes of the axon; and of the axon that makes the cell fire, a step before it does."""
    spikes = [(step, 0) for step in case["pre_steps"]] + [(step - 1, 1) for step in case["post_steps"]]
    steps, projections = np.array(sorted(s for s in spikes if start <= s[0] < stop), np.int32).reshape(-1, 2).T.copy()
    return Arrivals(steps, projections, np.zeros_like(steps), tuple(_signals(case, start, dt_ms)))


def _releases(case: Case) -> list[int]:
    return [step + 1 for step in case.get("dopamine_steps", ())]


def _signals(case: Case, start: int, dt_ms: float) -> Iterator[Signal]:
    """Dopamine that starts with the window: NEST's 1 / tau_n, as the mean of what is left of it over a step.

    NEST's volume transmitter receives it a step after it was sent.
    """
    tau_ms = NEUROMODULATORS["dopamine"].tau_ms
    amount = -math.expm1(-dt_ms / tau_ms) / dt_ms
    return (Signal(start, "dopamine", amount) for step in _releases(case) if step == start)


def difference(case: Case, reference: NDArray[np.float64]) -> float:
    """Largest difference from reference weights at any presynaptic spike, in units of their largest change."""
    largest_change = np.abs(reference - case["weight"]).max()
    return float(np.abs(weights(case) - reference).max() / largest_change)
