"""What notebooks show of a brain."""

from __future__ import annotations

from collections.abc import Mapping

from thalia_dask.engine.executor import Executor
from thalia_dask.notebook import block, link, table, text
from thalia_dask.topology.plan import BrainPlan


def brain_html(
    plan: BrainPlan, executor: Executor, now: int, spikes: Mapping[str, int], address: str | None, *, closed: bool
) -> str:
    """A brain as a table of its regions.

    Parameters
    ----------
    now : the next step to be computed.
    spikes : region -> spikes so far.
    address : of the live page, or None.
    """
    rows = [
        (spec.name, spec.kind, plan.sizes[spec.name], spikes[spec.name], executor.placement.get(spec.name, ""))
        for spec in plan.regions
    ]
    told = f"step {now:,} of {plan.dt_ms:g} ms; {len(rows):,} regions, {plan.n_neurons:,} neurons"
    return block(
        f"DynamicBrain ({'closed' if closed else f'{executor.name} executor'})",
        text(told),
        table(("region", "kind", "neurons", "spikes so far", "worker"), rows),
        "" if address is None or closed else link(address),
    )
