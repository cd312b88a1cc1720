"""What notebooks show: compact, self-contained, well-formed, and with nothing that a name could smuggle in."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from thalia_dask import DynamicBrain, load_config
from thalia_dask.config import ThaliaConfig
from thalia_dask.notebook import table, tree

CONFIG = {
    "brain": {
        "regions": {
            "relay": {"kind": "thalamus", "size": 12, "input_size": 12},
            "v1": {"kind": "cortex", "size": 20},
        },
        "projections": [{"source": "relay", "target": "v1", "delay_ms": 3}],
    }
}


class _Reader(HTMLParser):
    """Checks that elements close in order, and keeps the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        assert not self.open
        assert not {"script", "link", "img", "style"} & set(self.seen)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data.strip())


def words(shown) -> list[str]:
    html = shown if isinstance(shown, str) else shown._repr_html_()
    return [text for text in _Reader(html).text if text]


@pytest.fixture(scope="module")
def config() -> ThaliaConfig:
    return load_config(CONFIG)


def test_brain_and_result(config):
    with DynamicBrain.from_thalia_config(config) as brain:
        result = brain.forward([1.0] * 12, 1500)
        told, sizes = words(brain), brain.plan.sizes
        counts = result["spike_counts"]
    assert told[:2] == [
        "DynamicBrain (sequential executor)",
        f"step 1,500 of 1 ms; 2 regions, {sum(sizes.values())} neurons",
    ]
    assert told[7:12] == ["relay", "thalamus", f"{sizes['relay']}", f"{counts['relay']:,}", "this process"]
    assert words(brain)[0] == "DynamicBrain (closed)"
    assert words(result) == [
        f"Result: 1,500 steps from step 0, {result['events_processed']:,} events",
        *("region", "spikes"),
        *("relay", f"{counts['relay']:,}", "v1", f"{counts['v1']:,}"),
    ]


def test_config_shows_what_differs_and_everything(config):
    told = words(config)
    assert told[:2] == ["ThaliaConfig", "where it differs from the defaults"]
    differs, everything = told[: told.index("all values")], told[told.index("all values") :]
    assert "seed" not in differs
    assert everything[everything.index("seed") + 1] == "42"
    assert differs[differs.index("kind") + 1] == "thalamus"


def test_nothing_differs():
    assert words(ThaliaConfig())[1:4] == ["where it differs from the defaults", "nowhere", "all values"]


def test_text_is_escaped():
    nasty = "<script>alert('x')</script>"
    assert words(table(("name",), [(nasty,)])) == ["name", nasty]
    assert words(tree({nasty: {"key": nasty}})) == [nasty, "key", nasty]


def test_long_tables_are_folded():
    rows = [(f"region{i}", 1000 * i) for i in range(50)]
    html = table(("region", "spikes"), rows)
    assert html.startswith("<details")
    assert words(html)[0] == "50 rows"
    assert "49,000" in words(html)
