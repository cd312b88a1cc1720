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
