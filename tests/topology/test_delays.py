"""The delays of the standard brain."""

import pytest

from thalia_dask.topology.delays import get_axonal_delay


@pytest.mark.parametrize(
    ("source", "target", "delay_ms"),
    [
        ("sensory", "cortex", 5),
        ("thalamus", "cortex", 5),
        ("cortex", "hippocampus", 3),
        ("cortex", "striatum", 5),
        ("cortex", "pfc", 6),
        ("cortex", "prefrontal", 6),
        ("hippocampus", "pfc", 5),
        ("hippocampus", "cortex", 4),
        ("pfc", "cortex", 8),
        ("pfc", "striatum", 4),
        ("pfc", "hippocampus", 5),
        ("striatum", "motor", 5),
        ("septum", "hippocampus", 1),
        ("septum", "cortex", 5),
        ("septum", "striatum", 6),
        ("septum", "pfc", 8),
        ("cortex", "thalamus", 5),
        ("striatum", "pfc", 5),
        ("pfc", "cerebellum", 5),
        ("cortex", "cortex", 0.5),
    ],
)
def test_standard_delays(source, target, delay_ms):
    assert get_axonal_delay(source, target) == delay_ms
