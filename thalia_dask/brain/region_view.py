"""What can be said of a region without asking the process in which it lives."""

from __future__ import annotations

from dataclasses import dataclass

from thalia_dask.topology.plan import BrainPlan


@dataclass(frozen=True, slots=True)
class RegionView:
    """Name, kind and size of a region."""

    name: str
    kind: str
    n_neurons: int

    @property
    def impl(self) -> RegionView:
        """The region itself: Thalia wrapped its regions in adapters, here there is nothing to unwrap."""
        return self


def region_views(plan: BrainPlan) -> dict[str, RegionView]:
    """Every region of a plan, by name."""
    return {
        spec.name: RegionView(spec.name, spec.kind, sum(size for _, size in sizes))
        for spec, (_, sizes) in zip(plan.regions, plan.populations, strict=True)
    }
