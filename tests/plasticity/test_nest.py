"""The rules against NEST 3.10, spike by spike. Its weights are in nest.json, by validation/peers/plasticity.py.

Seen: weights of STDP within 1.2e-5 of the initial one, those under modulation within 1e-4 of the largest change.
"""

from __future__ import annotations

import numpy as np
import pytest

from validation.plasticity import Case, difference, stored_cases


@pytest.mark.parametrize("case", stored_cases(), ids=lambda case: case["name"])
def test_weights_are_those_of_nest(case: Case) -> None:
    assert len(set(case["weights"])) > 5, "something is learned"
    assert difference(case, np.array(case["weights"])) < 1.5e-4


@pytest.mark.parametrize("bound", ["bounds_between_spikes_of_the_axon", "bound_left_when_the_level_falls"])
def test_the_same_spikes_later_teach_the_same(bound: str) -> None:
    """An efficacy meets its bound, and leaves it, as it does whenever all of it begins."""
    (case,) = [case for case in stored_cases() if case["name"] == f"dopamine/{bound}"]
    trains = ("pre_steps", "post_steps", "dopamine_steps")
    for shift in (200, 700):
        later = case | {name: [step + shift for step in case[name]] for name in trains}
        assert difference(later, np.array(case["weights"])) < 1.5e-4
