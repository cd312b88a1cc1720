"""A row of the table: by how much this simulator differs from its reference, and by how much it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A difference; it holds if it is at most what it must be.

    Attributes
    ----------
    figure : the difference, None where it could not be measured.
    must : the largest difference that is allowed.
    note : what else is worth telling, or why it could not be measured.
    """

    name: str
    what: str
    figure: float | None
    unit: str
    must: float
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.figure is not None and self.figure <= self.must

    def as_json(self) -> dict[str, object]:
        """As it stands in ``results/validate.json``."""
        return {
            "name": self.name,
            "what": self.what,
            "figure": self.figure,
            "unit": self.unit,
            "must": self.must,
            "holds": self.holds,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that are measured together, and named after it: ``name`` or ``name/...``."""

    name: str
    measure: Callable[[], Iterable[Row]]

    def rows(self) -> list[Row]:
        """Its rows, or one that says why it could not be measured."""
        try:
            return list(self.measure())
        except Exception as error:  # the other checks can still be measured
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            return [Row(self.name, "not measured", None, "", 0.0, reason)]
