"""What a row says, what the command answers, and what the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import validation.__main__ as command
from benchmarks import peer
from docs import make_validation
from validation.nest import ask
from validation.row import Check, Row

GOOD, BAD = Row("a/x", "an x", 0.5, "mV", 0.5), Row("a/y", "a y", 2.0, "", 1.0, "far off")


def measure() -> Iterator[Row]:
    yield GOOD
    yield BAD


def fail() -> Iterator[Row]:
    yield GOOD
    raise RuntimeError("NEST ended: no such model\nmore of it")


@pytest.mark.parametrize(
    ("rows", "code"), [([GOOD], 0), ([GOOD, BAD], 1), ([Row("a", "an a", None, "", 1.0, "why")], 1)]
)
def test_command_fails_where_a_row_does_not_hold(
    rows: list[Row], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "CHECKS", (Check("a", lambda: rows),))
    result = CliRunner().invoke(command.main, ["--out", str(tmp_path / "v.json")])
    assert result.exit_code == code
    stored = json.loads((tmp_path / "v.json").read_text())["rows"]
    assert [{key: row[key] for key in ("name", "figure", "unit", "must", "holds")} for row in stored] == [
        {"name": row.name, "figure": row.figure, "unit": row.unit, "must": row.must, "holds": row.holds}
        for row in rows
    ]


def test_a_check_that_cannot_be_made_does_not_hold_and_says_why() -> None:
    (row,) = Check("a", fail).rows()
    assert not row.holds
    assert row.note == "NEST ended: no such model"


def test_command_knows_its_checks() -> None:
    result = CliRunner().invoke(command.main, ["--checks", "nothing-*"])
    assert result.exit_code == 2
    assert "no check is called 'nothing-*'" in result.output


def test_missing_nest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "PYTHON", peer.ROOT / "nowhere" / "python")
    with pytest.raises(peer.PeerError, match="nowhere/python is missing: run make bench or make validate"):
        ask("driven", {})


def test_page_shows_every_row() -> None:
    machine = {"date": "2026-01-02T03:04", "commit": "abc", "peers": {"nest-simulator": "3.10.0"}}
    text = make_validation.page({"machine": machine, "rows": [GOOD.as_json(), BAD.as_json()]})
    assert "with NEST 3.10.0. 1 of 2 rows hold." in text
    assert "| `a/x` | an x | 0.5 mV | <= 0.5 mV | yes |" in text
    assert "| `a/y` | a y (far off) | 2  | <= 1  | **no** |" in text
