"""The live page as a whole: where its panels stand, and what they have to show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.scene import Frame, Scene


class Screen:
    """Draws a run in any number of Bokeh documents."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._history = History()

    def add(self, frame: Frame) -> None:
        """Take a frame, for all documents."""
        self._history.add(frame)

    def draw(self, document: Any) -> Callable[[], None]:
        """Lay out a document; what is returned shows there the frames that were taken since."""
        # a brain that nobody watches need not import Bokeh
        from thalia_dask.dashboard.feed import Feed
        from thalia_dask.dashboard.layout import lay_out

        root, panels = lay_out(self._scene)
        document.add_root(root)
        show = partial(Feed(document, panels).show, self._history)
        show()
        return show
