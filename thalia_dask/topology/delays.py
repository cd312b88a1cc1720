"""The standard axonal delays: one table, by kind of region."""

from __future__ import annotations

from thalia_dask.modulation.oscillators import SEPTAL_DELAY_MS

LONG_RANGE_MS = 5.0
"""The delay between two regions that the table does not list."""

WITHIN_REGION_MS = 0.5
"""The delay of axons that return to the region they leave; one step where a step is longer."""

_KIND_OF_NAME = {"pfc": "prefrontal", "sensory": "thalamus"}

_DELAY_MS = {
    ("thalamus", "cortex"): 5.0,
    ("cortex", "hippocampus"): 3.0,
    ("cortex", "striatum"): 5.0,
    ("cortex", "prefrontal"): 6.0,
    ("hippocampus", "prefrontal"): 5.0,
    ("hippocampus", "cortex"): 4.0,
    ("prefrontal", "cortex"): 8.0,
    ("prefrontal", "striatum"): 4.0,
    ("prefrontal", "hippocampus"): 5.0,
    ("striatum", "motor"): 5.0,
    **{("septum", kind): delay_ms for kind, delay_ms in SEPTAL_DELAY_MS.items()},
}


def get_axonal_delay(source: str, target: str) -> float:
    """Return the standard delay in ms from one region of the standard brain to another, or to itself.

    Parameters
    ----------
    source, target : names of regions or kinds; ``"sensory"``, ``"motor"`` and ``"septum"`` count as such.
    """
    if source == target:
        return WITHIN_REGION_MS
    return delay_between_kinds(source, target)


def delay_between_kinds(source: str, target: str) -> float:
    """Return the standard delay in ms between two different regions of these kinds."""
    pair = _KIND_OF_NAME.get(source, source), _KIND_OF_NAME.get(target, target)
    return _DELAY_MS.get(pair, LONG_RANGE_MS)
