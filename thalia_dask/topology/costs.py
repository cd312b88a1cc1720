"""What a step of each region costs, by which regions are spread over workers."""

from __future__ import annotations

from thalia_dask.regions import find_kind
from thalia_dask.topology.plan import BrainPlan

_STEP_COST, _SYNAPSE_COST = 500.0, 0.02
"""Cost of a region's step in units of one neuron's: measured on the six standard regions, good enough to balance."""


def step_costs(plan: BrainPlan) -> dict[str, float]:
    """Region -> estimated cost of one step, in units of one neuron's."""
    anatomies = {spec.name: find_kind(spec.kind).anatomy(spec) for spec in plan.regions}
    return {name: _STEP_COST + a.n_neurons + _SYNAPSE_COST * a.n_synapses for name, a in anatomies.items()}
