"""Plastic synapses between neurons that spike when they are told, here and in NEST."""

from __future__ import annotations

from collections.abc import Iterator

from validation.nest import ask
from validation.plasticity import difference, stored_cases
from validation.row import Check, Row

_WHAT = "largest difference of the weight at any presynaptic spike from NEST's, of its largest change"
_MUST = 1.5e-4


def _rows() -> Iterator[Row]:
    for case in stored_cases():
        told = {key: value for key, value in case.items() if key != "weights"}
        reference = ask("plasticity", told)["weights"]
        yield Row(f"plasticity/{case['name']}", _WHAT, difference(case, reference), "", _MUST, case["model"])


PLASTICITY = (Check("plasticity", _rows),)
