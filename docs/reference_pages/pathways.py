"""Standard pathways: how the regions of the standard brain are joined, and what delays axons have."""

from __future__ import annotations

from docs.reference_pages.markdown import code, listed, page, table
from thalia_dask.config import ThaliaConfig
from thalia_dask.regions import REGIONS, RegionSpec
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.delays import LONG_RANGE_MS, WITHIN_REGION_MS, delay_between_kinds

HEAD = """# Standard pathways

The brain that is built where a config has neither `brain.regions` nor `brain.projections`: its regions with their
default sizes, and its projections. A dagger marks the region that a stimulus enters."""

DELAYS = f"""## Standard delays

The delay in ms from a region of one kind (rows) to another of any kind (columns), where a projection has no
`delay_ms`. From and to other kinds it is {LONG_RANGE_MS:g} ms. Axons that return to the region they leave take
{WITHIN_REGION_MS:g} ms, or a step where that is longer."""


def pathways_page() -> str:
    kinds = sorted(name for name, kind in REGIONS.items() if isinstance(kind, SpikingKind))
    delays = [(code(a), *(f"{delay_between_kinds(a, b):g}" for b in kinds)) for a in kinds]
    return page([HEAD, *_standard_brain(), DELAYS, table(("", *map(code, kinds)), delays)])


def _standard_brain() -> tuple[str, str]:
    """Tables of its regions and of its projections."""
    plan = build_plan(ThaliaConfig())
    specs = {spec.name: spec for spec in plan.regions}
    entered = {port.region for port in plan.stimuli}
    regions = [
        (code(name) + " †" * (name in entered), code(spec.kind), str(spec.size)) for name, spec in specs.items()
    ]
    projections = [
        (
            code(f"{p.source}.{p.source_population}"),
            code(f"{p.target}.{p.port}"),
            listed(_reached(specs[p.target], p.port)),
            f"{p.delay_steps * plan.dt_ms:g}",
        )
        for p in plan.projections
    ]
    return (
        table(("region", "kind", "size"), regions),
        table(("source", "target", "onto populations", "delay, ms"), projections),
    )


def _reached(spec: RegionSpec, port: str) -> list[str]:
    """The populations onto which axons in a port have synapses."""
    kind = REGIONS[spec.kind]
    assert isinstance(kind, SpikingKind)
    return [connection.target for connection in kind.layout(spec).connections if connection.source == port]
