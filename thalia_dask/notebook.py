"""HTML for notebooks: compact, of one piece, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_MOST_ROWS = 20
_CELL = "padding: 2px 10px; text-align: {align}"


def block(title: str, *parts: str) -> str:
    """A title, and parts below it that are HTML already."""
    return f'<div style="font-size: 90%"><div><b>{escape(title)}</b></div>{"".join(parts)}</div>'


def text(words: str) -> str:
    """A line of text."""
    return f"<div>{escape(words)}</div>"


def link(address: str) -> str:
    """A line that leads to an address."""
    return f'<div><a href="{escape(address)}" target="_blank">{escape(address)}</a></div>'


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table with numbers to the right; the rows of a long one open by a click."""
    shown = _rows(header, rows)
    return shown if len(rows) <= _MOST_ROWS else folded(f"{len(rows):,} rows", shown)


def tree(values: Mapping[str, object]) -> str:
    """Values by name; mappings among them open by a click."""
    plain = [(name, value) for name, value in values.items() if not isinstance(value, Mapping) or not value]
    deeper = [(name, value) for name, value in values.items() if isinstance(value, Mapping) and value]
    return (_rows((), plain) if plain else "") + "".join(folded(name, tree(value)) for name, value in deeper)


def folded(summary: str, content: str) -> str:
    """HTML that opens by a click."""
    return (
        f'<details style="margin-left: 10px"><summary>{escape(summary)}</summary>'
        f'<div style="margin-left: 10px">{content}</div></details>'
    )


def _rows(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    first = rows[0] if rows else header
    aligns = ["right" if _is_number(value) else "left" for value in first]
    head = "".join(_cell("th", name, align) for name, align in zip(header, aligns, strict=False))
    body = "".join(
        "<tr>" + "".join(_cell("td", _said(value), align) for value, align in zip(row, aligns, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<table style="border-collapse: collapse">{f"<tr>{head}</tr>" if head else ""}{body}</table>'


def _cell(tag: str, content: str, align: str) -> str:
    return f'<{tag} style="{_CELL.format(align=align)}">{escape(content)}</{tag}>'


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(value: object) -> str:
    return f"{value:,}" if _is_number(value) else str(value)
