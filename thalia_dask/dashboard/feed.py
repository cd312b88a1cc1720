"""What a frame changes on a page, on its way to the browser: one message, whatever the number of panels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS

from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.panels.base import Panel
from thalia_dask.dashboard.scene import Floats

_MAKE = """
const [text] = feed.get_column("changes"), [numbers] = feed.get_column("numbers")
const unpack = (_, value) => {
    if (value?.first === undefined) return value
    const size = value.shape.reduce((product, length) => product * length, 1)
    return new numbers.constructor(numbers.slice(value.first, value.first + size), value.shape)
}
const entries = data => data instanceof Map ? data.entries() : Object.entries(data)
for (const [id, name, value] of JSON.parse(text, unpack)) {
    const model = feed.document.get_model_by_id(id)
    const whole = name === "data" ? new Map([...entries(model.data), ...entries(value)]) : value
    model.setv({[name]: whole}, {sync: false})  // else the server would hear of it
}
"""


class Feed:
    """Makes the panels' changes in the browser alone: the server's models stay as they were when the page was opened.

    To set their properties here would be simpler, but Bokeh sends one message for each, and two for each array; that
    took most of what a frame cost.
    """

    def __init__(self, document: Any, panels: Sequence[Panel]) -> None:
        self._panels = panels
        self._source = ColumnDataSource()
        make = CustomJS(args={"feed": self._source}, code=_MAKE)
        self._source.js_on_change("data", make)
        document.js_on_event("document_ready", make)  # those that were sent before the browser listened
        document.add_root(self._source)

    def show(self, history: History) -> None:
        """Send all that the panels show now."""
        arrays: list[Floats] = [np.empty(0, np.float32)]
        n_numbers = 0

        def place(array: Any) -> dict[str, Any]:
            nonlocal n_numbers
            arrays.append(np.asarray(array, np.float32).ravel())
            first, n_numbers = n_numbers, n_numbers + array.size
            return {"first": first, "shape": array.shape}

        changes = [(model.id, name, value) for panel in self._panels for model, name, value in panel.changes(history)]
        text = json.dumps(changes, default=place)
        self._source.data = {"changes": [text], "numbers": [np.concatenate(arrays)]}
