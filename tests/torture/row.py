"""A row of ``results/torture.json``: what was found, and whether it is what it must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a suite.

    Attributes
    ----------
    must : the bound as people read it, e.g. ``"<= 2"``; empty for a figure that is only reported.
    holds : whether the figure keeps it.
    """

    name: str
    figure: float
    unit: str
    must: str = ""
    holds: bool = True


def at_most(name: str, figure: float, unit: str, bound: float) -> Row:
    return Row(name, figure, unit, f"<= {bound:g}", figure <= bound)


def at_least(name: str, figure: float, unit: str, bound: float) -> Row:
    return Row(name, figure, unit, f">= {bound:g}", figure >= bound)


def exactly(name: str, figure: float, unit: str, value: float) -> Row:
    return Row(name, figure, unit, f"== {value:g}", figure == value)
