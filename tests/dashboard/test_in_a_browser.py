"""The live page in a real Chromium; the screenshot is kept for people to look at."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dashboard.browser import chromium, find_chromium
from tests.dashboard.test_page import BRAIN, SIGHT, config
from thalia_dask import DynamicBrain, load_config

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium on the path: as root on Debian, make chromium; else install it"
    ),
]

SCREENSHOT = Path(__file__).parents[2] / "runs" / "live_page.png"
MODELS = "[...Bokeh.documents[0]._all_models.values()]"
HEADLINE = f"{MODELS}.find(model => model.type === 'Div').text"
READY = "window.Bokeh !== undefined && Bokeh.documents.length > 0 && Bokeh.documents[0].is_idle"


def column(name: str) -> str:
    """JavaScript: the data of the one source with a column of that name."""
    columns = f"{MODELS}.map(model => model.data instanceof Map ? model.data.get('{name}') : model.data?.['{name}'])"
    return f"Array.from({columns}.find(column => column !== undefined))"


@contextmanager
def living(brain: DynamicBrain) -> Iterator[None]:
    """A brain that lives in a thread of its own, as long as the context lasts."""
    stop = threading.Event()

    def live() -> None:
        trial = 0
        while not stop.is_set():
            brain.forward(SIGHT, 20)
            brain.select_action()
            brain.deliver_reward(float(trial % 3 == 0))
            trial += 1
            brain.tell_progress("epoch 1 of 1", trial, 100_000, "trials")

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_page_lives_in_a_browser_and_says_when_it_is_over(tmp_path: Path) -> None:
    with chromium(tmp_path) as tab:
        with DynamicBrain.from_thalia_config(config("execution.n_workers=1")) as brain:
            assert brain.dashboard_link.startswith("http://127.0.0.1:")
            tab.go(brain.dashboard_link)
            tab.wait_for(READY)
            assert "Waiting for the first steps" in tab.evaluate(HEADLINE)
            with living(brain):
                tab.wait_for(f"{HEADLINE}.includes('as of')")
                names = ("v1", "in_flight", "load", "reward", "row", "compute", "theta", "dopamine")
                first = {name: tab.evaluate(f"JSON.stringify({column(name)})") for name in names}
                told = tab.evaluate(HEADLINE)
                for name in names:
                    tab.wait_for(f"JSON.stringify({column(name)}) !== {json.dumps(first[name])}")
                tab.wait_for(f"{column('in_flight')}.length > 5")
                assert tab.evaluate(HEADLINE) != told
                assert "of 100,000 trials" in told
                assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                assert tab.evaluate("document.querySelector(\"a[href='thalia']\").innerText") == "Thalia"
                tab.screenshot(SCREENSHOT)
            assert "This run has ended" not in tab.evaluate(HEADLINE)
            assert tab.complaints == []
        tab.wait_for(f"{HEADLINE}.includes('This run has ended')")
        assert ">finished</span>" in tab.evaluate(HEADLINE)
        assert tab.evaluate(f"{column('row')}.length") > 0
        tab.screenshot(SCREENSHOT.with_stem("live_page_finished"))


def test_many_regions_as_a_heat_map(tmp_path: Path) -> None:
    more = {f"area{i}": {"kind": "cortex", "size": 10, "spontaneous": True} for i in range(9)}
    many = {**BRAIN, "brain": {**BRAIN["brain"], "regions": {**BRAIN["brain"]["regions"], **more}}}
    image = f"{column('image')}[0]"
    with (
        chromium(tmp_path) as tab,
        DynamicBrain.from_thalia_config(load_config(many, ["execution.n_workers=1"])) as brain,
        living(brain),
    ):
        tab.go(brain.dashboard_link)
        tab.wait_for(READY)
        tab.wait_for(f"{image}.shape[1] > 4")
        assert tab.evaluate(f"{image}.shape[0]") == 12
        assert tab.evaluate(f"Math.max(...{image})") > 1.0
        tab.screenshot(SCREENSHOT.with_stem("live_page_heat_map"))
        assert tab.complaints == []
