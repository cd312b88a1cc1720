"""What an executor with a dashboard offers to whoever has something to show there, and what it asks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Screen(Protocol):
    """What a page shows. It is sent to where the page is, so it must be picklable."""

    def add(self, frame: Any) -> None:
        """Take a frame."""

    def draw(self, document: Any) -> Callable[[], None]:
        """Lay out a Bokeh document; what is returned shows there the frames that were taken since."""


class Page(Protocol):
    """Where a screen is shown.

    Attributes
    ----------
    link : its address.
    n_open : how many people look at it.
    seconds_per_frame : of a processor, that showing the last frame took.
    """

    link: str
    n_open: int
    seconds_per_frame: float

    def send(self, frame: object) -> None:
        """Show a picklable frame, soon; never waits."""
