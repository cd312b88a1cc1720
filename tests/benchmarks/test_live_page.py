"""The measurement of what the live page costs, with one pair of short pieces."""

from __future__ import annotations

import re

import pytest

from benchmarks import live_page

pytestmark = pytest.mark.cluster


def test_it_tells_what_the_page_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "_PIECE_S", 0.2)
    opening, cost = live_page.measure("digits", pairs=1)
    assert re.fullmatch(r"\d+\.\d{3} s to open the page", opening)
    assert re.fullmatch(r"\S+ frames a s: wall-clock time [+-]\S+% \(.*\), processors [+-]\S+% \(.*\)", cost), cost
