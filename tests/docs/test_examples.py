"""What the pages quote is what the files hold and what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import make_examples

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", make_examples.pages(), ids=name)
def test_quotations_are_up_to_date(page: Path) -> None:
    now = make_examples.refreshed(page)
    assert page.read_text(encoding="utf-8") == now, f"run: python docs/make_examples.py {name(page)}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
