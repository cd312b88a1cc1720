"""The live page on the scheduler that a user brought, in a process of its own; looked at over a real connection."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
from bokeh.client import pull_session
from bokeh.document import Document
from bokeh.models import Model
from distributed import Client
from distributed.deploy.subprocess import SubprocessCluster

from tests.distributed.test_lost_and_late import pretend, stop_pretending
from thalia_dask import DynamicBrain, load_config, open_cluster, simulate
from thalia_dask.config import ThaliaConfig
from thalia_dask.dashboard.history import History
from thalia_dask.dashboard.sample import Sample
from thalia_dask.dashboard.scene import Band, Frame, Progress, Rewards, Scene
from thalia_dask.dashboard.screen import Screen
from thalia_dask.distributed.cluster import workers_of
from thalia_dask.distributed.live_page import LivePage
from thalia_dask.engine.executor import Emission
from thalia_dask.engine.observer import WindowReport
from thalia_dask.errors import ClusterError, ConfigError, StateError
from thalia_dask.recording.reading import load_recording
from thalia_dask.spikes import SpikePacket
from thalia_dask.ticks import Window

pytestmark = pytest.mark.cluster

BRAIN = {
    "global": {"seed": 3},
    "brain": {
        "regions": {
            "eye": {"kind": "thalamus", "size": 20, "input_size": 20},
            "v1": {"kind": "cortex", "size": 40},
            "choice": {"kind": "striatum", "size": 12, "params": {"n_actions": 2}},
        },
        "projections": [{"source": "eye", "target": "v1"}, {"source": "v1", "target": "choice"}],
        "parallel": True,
    },
    "execution": {"dashboard": True},
}
SIGHT = [1.0] * 20
UNSEEN = Screen(Scene("dask", 1.0, (), 0, (), (), (), {}, 1.0))
ONE_REGION = Scene("dask", 1.0, ("area",), 10, (), (Band("area", 0, 10),), ("dopamine",), {"theta": 8.0}, 250.0)


def config(*overrides: str) -> ThaliaConfig:
    return load_config(BRAIN, list(overrides))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Of a cluster whose scheduler and workers live in other processes."""
    with (
        SubprocessCluster(
            n_workers=2,
            worker_kwargs={"nthreads": 1, "memory_limit": 0},
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        ) as cluster,
        Client(cluster, direct_to_workers=True, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield client


def get(link: str) -> str:
    with urlopen(link) as answer:  # noqa: S310
        return answer.read().decode()


def traces(client: Client) -> list[str]:
    """Everything on the scheduler that a page could leave behind."""

    def look(dask_scheduler) -> str:
        from distributed.dashboard.scheduler import template_variables

        menu = template_variables(dask_scheduler)["pages"]
        applications = len(dask_scheduler.http_application.applications)
        topics = sorted(topic for topic in dask_scheduler._broker._topics if "thalia" in topic)
        plugins = sorted(name for name in dask_scheduler.plugins if "thalia" in name)
        return json.dumps([sorted(dask_scheduler.handlers), plugins, menu, applications, topics])

    return json.loads(client.run_on_scheduler(look))


def test_a_page_in_the_menu_that_goes_with_its_brain(client: Client) -> None:
    before = traces(client)
    with DynamicBrain.from_thalia_config(config(), client=client) as brain:
        link = brain.dashboard_link
        assert link.endswith("/thalia")
        assert "Calls to actors are no tasks" not in get(link.replace("thalia", "status"))
        assert '<a href="thalia">Thalia</a>' in get(link.replace("thalia", "status"))
        assert '<a href="thalia">Thalia</a>' in get(link)
        with DynamicBrain.from_thalia_config(config(), client=client) as other:
            assert other.dashboard_link == f"{link}-2"
    with pytest.raises(HTTPError, match="404"):
        get(link)
    assert traces(client) == before
    assert client.submit(sum, [1, 2]).result() == 3


def test_a_client_that_is_gone_takes_its_page_along(client: Client) -> None:
    before = traces(client)
    mine = Client(client.scheduler.address, direct_to_workers=True, set_as_default=False)
    brain = DynamicBrain.from_thalia_config(config(), client=mine)
    assert traces(client) != before
    mine.close()
    deadline = time.monotonic() + 30
    while traces(client) != before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    brain.close()


def test_what_a_viewer_sees(client: Client) -> None:
    with DynamicBrain.from_thalia_config(config("execution.exchange=orchestrated"), client=client) as brain:
        brain.forward(SIGHT, 50)
        with pull_session(url=brain.dashboard_link) as first:
            document = first.document
            assert "Waiting for the first steps" in headline(document)
            assert "Calls to actors are no tasks" in headline(document)
            deadline = time.monotonic() + 60
            while "as of" not in headline(document):
                assert time.monotonic() < deadline, "no frame arrived"
                for trial in range(20):
                    brain.tell_progress("learning", trial, 2000, "trials")
                    brain.forward(SIGHT, 20)
                    brain.select_action()
                    brain.deliver_reward(0.5 * (trial % 2 == 0))
                with pull_session(url=brain.dashboard_link) as late:  # sees what the others have been sent
                    document = late.document
            seen = {name: column(document, name) for name in ("row", "in_flight", "load", "reward", "accuracy")}
            assert " of 2,000 trials" in headline(document)
            assert "3 regions" in headline(document)
            assert len(seen["row"]) > 0
            assert seen["row"].min() >= 0
            assert seen["in_flight"][-1] > 0
            assert seen["load"].shape == (3,)
            assert seen["load"].min() > 0
            assert seen["load"].max() <= 200
            assert seen["reward"].min() > 0
            assert seen["accuracy"].tolist() == (2 * seen["reward"]).tolist()
            assert len(column(document, "address")) == 2
            assert set(column(document, "address")) == set(workers_of(client))
            rates = [column(document, region)[-1] for region in ("choice", "eye", "v1")]
            assert rates[1] > 1.0
            assert all(0 <= rate < 500 for rate in rates)


def test_nothing_is_read_or_sent_while_nobody_looks(client: Client) -> None:
    with DynamicBrain.from_thalia_config(config(), client=client) as brain:
        monitor = brain._observers[-1]
        for _ in range(20):
            brain.forward(SIGHT, 20)
        assert monitor._page.n_open == 0
        assert monitor._before is None
        assert not monitor._sample._new
        assert not monitor._levels
        assert monitor._page._sending is None


def test_a_page_that_costs_too_much_moves_rarely(client: Client) -> None:
    sent: list[Frame] = []
    with DynamicBrain.from_thalia_config(config(), client=client) as brain:
        page = SimpleNamespace(n_open=1, seconds_per_frame=0.0, send=sent.append, link="")
        brain._observers[-1]._page = page
        deadline = time.monotonic() + 60
        while len(sent) < 3:
            assert time.monotonic() < deadline
            brain.forward(SIGHT, 20)
        page.seconds_per_frame = 10.0  # a hundredth of the time is less, for a quarter of an hour
        while len(sent) < 4:
            assert time.monotonic() < deadline
            brain.forward(SIGHT, 20)
        now = time.monotonic()
        while time.monotonic() < now + 1.0:
            brain.forward(SIGHT, 20)
        assert len(sent) == 4
    assert [frame.finished for frame in sent] == [False] * 4 + [True]


def frame(step: int, n_steps: int, rate_hz: float, *, finished: bool = False) -> Frame:
    values = {field.name: np.zeros(0, np.float32) for field in fields(Frame)}
    told = {"step": step, "n_steps": n_steps, "finished": finished, "rate_hz": np.float32([rate_hz])}
    shown = {"simulated_ms": float(step), "clock": "12:00:00", "seconds": 0.5, "in_flight": 3, "load": np.ones(1)}
    progress, rewards = Progress("running", step, 0, "steps", None), Rewards(10, *[np.zeros(0, np.float32)] * 4)
    one_worker = {"workers": ("tcp://one",), "shares": np.ones((3, 1)), "levels": np.zeros((1, 0), np.float32)}
    return Frame(**values | told | shown | one_worker | {"progress": progress, "rewards": rewards})


def test_a_last_frame_of_few_steps_keeps_the_rates_before_it() -> None:
    history = History()
    for shown in (frame(100, 100, 5.0), frame(200, 100, 6.0), frame(210, 10, 70.0, finished=True)):
        history.add(shown)
    assert history.rate_hz.ravel().tolist() == [5.0, 6.0]
    assert history.latest.finished
    assert history.latest.step == 210
    history.add(frame(150, 50, 1.0))
    assert history.rate_hz.ravel().tolist() == [5.0, 1.0], "what came after an earlier state is forgotten"


def test_a_frame_is_one_message() -> None:
    """Whatever it changes: messages are what it costs."""
    screen, document, messages = Screen(ONE_REGION), Document(), []
    show = screen.draw(document)
    document.on_change(messages.append)
    for step in (500, 1000):
        messages.clear()  # the first frame also names the workers
        screen.add(frame(step, 100, step / 20))
        show()
    assert [message.attr for message in messages] == ["data"]
    assert column(document, "area").tolist() == [25.0, 50.0]
    assert column(document, "in_flight").tolist() == [3.0, 3.0]


@pytest.mark.parametrize(("last", "reward"), [(23, 0.4), (30, 1.0)])
def test_means_of_whole_blocks_of_trials(last: int, reward: float) -> None:
    screen, document = Screen(ONE_REGION), Document()
    show = screen.draw(document)
    rewards = Rewards(10, *np.float32([[10, 20, last], *[[0.2, 0.4, 1.0]] * 3]))
    screen.add(replace(frame(100, 100, 5.0, finished=True), rewards=rewards))
    show()
    assert column(document, "reward")[-1] == np.float32(reward)
    assert f"Reward {reward:.2f}, accuracy {reward:.0%}" in [value for *_, value in changes(document)]


def test_results_do_not_depend_on_the_page(client: Client) -> None:
    def spikes(dashboard: str) -> list[dict[str, int]]:
        with DynamicBrain.from_thalia_config(config(f"execution.dashboard={dashboard}"), client=client) as brain:
            if dashboard == "true":
                with pull_session(url=brain.dashboard_link):
                    return [brain.forward(SIGHT, 40)["spike_counts"] for _ in range(20)]
            return [brain.forward(SIGHT, 40)["spike_counts"] for _ in range(20)]

    assert spikes("true") == spikes("false")


def test_a_sequential_brain_has_no_page_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)  # whatever a cluster of an earlier test has silenced
    with DynamicBrain.from_thalia_config(config("brain.parallel=false")) as brain, pytest.raises(StateError) as error:
        _ = brain.dashboard_link
    told = (
        "this brain runs sequentially, and the live page is a page of the Dask dashboard; "
        "for one set brain.parallel: true and execution.dashboard: true"
    )
    assert str(error.value) == told
    assert caplog.messages == [told]


def test_a_page_that_nobody_asked_for(client: Client) -> None:
    with (
        DynamicBrain.from_thalia_config(config("execution.dashboard=false"), client=client) as brain,
        pytest.raises(StateError, match=r"this brain has no live page; for one set execution.dashboard: true"),
    ):
        _ = brain.dashboard_link


def test_a_port_on_a_cluster_that_has_one(client: Client) -> None:
    with pytest.raises(ConfigError, match=r"execution\.dashboard is 8790, but .* set execution.dashboard to true"):
        DynamicBrain.from_thalia_config(config("execution.dashboard=8790"), client=client)


def test_a_scheduler_without_a_dashboard(tmp_path: Path) -> None:
    out = tmp_path / "earlier.zarr"
    simulate(config("brain.parallel=false", "execution.dashboard=false"), 10.0, out=out)
    cluster = SubprocessCluster(n_workers=1, scheduler_kwargs={"dashboard": False})
    told = r"the scheduler runs without a dashboard, .* or set execution\.dashboard to false"
    with cluster, Client(cluster, set_as_default=False) as client:
        before = traces(client)
        with pytest.raises(ClusterError, match=told):
            DynamicBrain.from_thalia_config(config(), client=client, out=out, overwrite=True)
        assert traces(client) == before
    assert load_recording(out)["time"].size == 10, "nothing that is refused replaces a recording"


@pytest.mark.parametrize(("there", "told"), [("0.0.9", "thalia_dask 0.0.9"), (None, "no thalia_dask")])
def test_a_scheduler_of_another_version(client: Client, there: str | None, told: str) -> None:
    before = traces(client)
    client.run_on_scheduler(pretend, there)
    try:
        with pytest.raises(
            ClusterError, match=rf"the scheduler has {told}, so it cannot draw .* install thalia_dask=="
        ):
            LivePage(client, UNSEEN)
    finally:
        client.run_on_scheduler(stop_pretending)
    assert traces(client) == before


def test_a_page_where_everything_runs_in_one_process() -> None:
    with (
        open_cluster({"kind": "local", "n_workers": 1, "processes": False}) as client,
        DynamicBrain.from_thalia_config(config(), client=client) as brain,
    ):
        assert brain.dashboard_link.startswith("http://127.0.0.1:")
        assert "Calls to actors are no tasks" not in get(brain.dashboard_link.replace("thalia", "status"))
        assert '<a href="thalia">Thalia</a>' in get(brain.dashboard_link)


def test_many_regions_have_rows_enough() -> None:
    sample = Sample({f"area{i:03}": 100 + i for i in range(512)}, 250)
    assert [sample.bands[0].region, sample.bands[-1].region] == ["area000", "area511"]
    assert len(sample.bands) == 40
    assert sample.bands[-1].last == 120
    assert [band.first for band in sample.bands[1:]] == [band.last for band in sample.bands[:-1]]


def test_rows_of_the_last_spikes() -> None:
    sample = Sample({"few": 2, "many": 238}, 20)  # 60 rows for each, where it has so many neurons
    assert sample.bands == (Band("few", 0, 2), Band("many", 2, 62))

    def live(start: int, stop: int) -> None:
        steps = np.arange(start, stop, dtype=np.int32)
        many = Emission(
            SpikePacket(steps.repeat(2), np.tile(np.int32([1, 237]), stop - start)), {}, 0.0
        )  # 1 has no row
        few = Emission(SpikePacket(steps[:1], np.int32([1])), {}, 0.0)
        sample.add(WindowReport(Window(start, stop), {}, {"few": few, "many": many}, 0.0))

    def shown(stop: int) -> list[tuple[int, int]]:
        return sorted(zip(*(values.tolist() for values in sample.rows(stop)), strict=True))

    live(0, 10)
    assert shown(10) == [(0, 1), *((step, 61) for step in range(10))]
    for start in (10, 20):
        live(start, start + 10)
    assert shown(30) == sorted([(10, 1), (20, 1), *((step, 61) for step in range(10, 30))])
    assert shown(15) == [(10, 1), *((step, 61) for step in range(10, 15))], "back at an earlier step"
    live(15, 18)
    sample.forget()
    assert shown(18) == []


def headline(document: Document) -> str:
    return next(value for model, _, value in changes(document) if type(model).__name__ == "Div")


def column(document: Document, name: str) -> np.ndarray:
    """What a browser shows of the one source with a column of that name."""
    (values,) = (value[name] for _, attribute, value in changes(document) if attribute == "data" and name in value)
    return np.asarray(values)


def changes(document: Document) -> list[tuple[Model, str, Any]]:
    """What a browser makes of the last message."""
    (text,), (numbers,) = document.roots[-1].data.values()

    def unpack(value: dict[str, Any]) -> Any:
        if "first" not in value:
            return value
        return numbers[value["first"] :][: np.prod(value["shape"], dtype=int)].reshape(value["shape"])

    told = json.loads(text, object_hook=unpack)
    return [(document.get_model_by_id(number), name, value) for number, name, value in told]
