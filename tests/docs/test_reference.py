"""The pages that scripts write are those that the scripts would write now."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import make_rates, make_reference

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", make_reference.PAGES)
def test_reference_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == make_reference.PAGES[name](), "run: python docs/make_reference.py"


def test_rates_are_up_to_date() -> None:
    assert make_rates.PAGE.read_text(encoding="utf-8") == make_rates.page(), "run: python docs/make_rates.py"
