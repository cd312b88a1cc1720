"""The standard six-region brain."""

from __future__ import annotations

from collections.abc import Mapping

from thalia_dask.config.models import ProjectionConfig, RegionConfig, RegionSizes

STANDARD_PATHWAYS = tuple(
    ProjectionConfig(source=source, target=target)
    for source, target in (
        ("thalamus.relay", "cortex.feedforward"),
        ("cortex.l23", "hippocampus.perforant"),
        ("cortex.l23", "pfc.afferent"),
        ("cortex.l5", "striatum.cortical"),
        ("cortex.l6", "thalamus.corticothalamic"),
        ("hippocampus.ca1", "cortex.feedback"),
        ("hippocampus.ca1", "pfc.hippocampal"),
        ("hippocampus.ca1", "striatum.hippocampal"),
        ("pfc.exc", "striatum.prefrontal"),
        ("pfc.exc", "cerebellum.mossy"),
        ("striatum.d1", "pfc.gate"),
    )
)
"""Its projections, each with the standard delay."""


def standard_pathway(source: str, target: str) -> ProjectionConfig:
    """The projection of the standard brain from one region to another, or one from default to default population."""
    ends = (pathway for pathway in STANDARD_PATHWAYS if _regions(pathway) == (source, target))
    return next(ends, ProjectionConfig(source=source, target=target))


def _regions(projection: ProjectionConfig) -> tuple[str, str]:
    return projection.source.partition(".")[0], projection.target.partition(".")[0]


def standard_regions(sizes: RegionSizes) -> Mapping[str, RegionConfig]:
    """Lay out the regions of the standard brain; input enters the thalamus."""
    return {
        "thalamus": RegionConfig(
            kind="thalamus", size=sizes.thalamus_size or sizes.input_size, input_size=sizes.input_size
        ),
        "cortex": RegionConfig(kind="cortex", size=sizes.cortex_size),
        "hippocampus": RegionConfig(kind="hippocampus", size=sizes.hippocampus_size),
        "pfc": RegionConfig(kind="prefrontal", size=sizes.pfc_size),
        "striatum": RegionConfig(
            kind="striatum",
            size=sizes.n_actions * sizes.neurons_per_action,
            params={"n_actions": sizes.n_actions},
        ),
        "cerebellum": RegionConfig(kind="cerebellum", size=sizes.cerebellum_size),
    }
