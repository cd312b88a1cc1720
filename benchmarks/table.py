"""Rows as lines of text."""

from __future__ import annotations

from benchmarks.row import Row


def line(row: Row) -> str:
    """A row for the terminal."""
    verdict = "holds" if row.holds else "FALLS SHORT" if row.figure is not None else "-"
    figure = amount(row.figure, row.unit)
    text = f"{row.name:<26}{figure:>12}   must {bound(row, row.must):<12}aim {bound(row, row.aim):<12}{verdict}"
    return f"{text}  ({row.note})" if row.note else text


def bound(row: Row, value: float | None) -> str:
    """A bound with its direction, e.g. ``>= 20 x``."""
    return "none" if value is None else f"{'>=' if row.more_is_better else '<='} {amount(value, row.unit)}"


def amount(value: float | None, unit: str) -> str:
    """A figure with three digits and its unit."""
    if value is None:
        return "-"
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{digits} {unit}"
