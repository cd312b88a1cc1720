import json
import os
import sys

import pytest
import xarray as xr

import thalia_dask.brain
from tests.cli.conftest import CONFIGS
from tests.cli.running import checkpoints
from thalia_dask.engine.checkpoint import read_checkpoint
from thalia_dask.errors import RegionError
from thalia_dask.recording.reading import load_recording
from thalia_dask.regions import REGIONS


@pytest.fixture
def run(call, two_regions, tmp_path):
    """A function: runs two regions for 20 ms, or as the options say."""

    def run(*options, out=None):
        return call("run", two_regions, "--duration-ms", 20, "--out", out or tmp_path / "two.zarr", *options)

    return run


@pytest.fixture
def run_refused(refused, two_regions, tmp_path):
    def run_refused(*options, exit_code=2):
        message = refused("run", two_regions, "--out", tmp_path / "x.zarr", *options, exit_code=exit_code)
        assert not (tmp_path / "x.zarr").exists()
        return message

    return run_refused


def recorded(path):
    return xr.open_dataset(path, engine="zarr", consolidated=False).drop_attrs()


def test_a_run_is_told_and_recorded(run, tmp_path):
    out = tmp_path / "new" / "folder" / "two.zarr"
    result = run(out=out)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("<xarray.Dataset>")
    assert "\nregion    mean rate (Hz)\ncortex " in result.stdout
    assert "\n20 ms in " in result.stdout
    assert result.stdout.endswith(f"s (sequential), recorded in {out}\n")
    assert result.stderr == ""
    assert recorded(out).sizes["time"] == 20


def test_an_earlier_run_is_replaced_only_when_told_to(run, refused, two_regions, tmp_path):
    run()
    out = tmp_path / "two.zarr"
    assert refused("run", two_regions, "--duration-ms", 5, "--out", out) == (
        f"output {out} exists; write another path, or --overwrite (in Python overwrite=True) to replace it"
    )
    assert recorded(out).sizes["time"] == 20
    assert run("--duration-ms", 5, "--overwrite").exit_code == 0
    assert recorded(out).sizes["time"] == 5


def test_figures_of_another_run_are_no_earlier_results(run, tmp_path):
    (tmp_path / "two_2_raster.png").touch()
    assert run().exit_code == 0


def test_figures_of_an_earlier_run_are(refused, two_regions, tmp_path):
    (tmp_path / "two_raster.png").touch()
    out = tmp_path / "two.zarr"
    assert refused("run", two_regions, "--duration-ms", 5, "--out", out).startswith(
        f"output {tmp_path}/two_raster.png exists; write another --out"
    )


MY_KIND = """
from thalia_dask.regions import REGIONS, SpikingKind, thalamus

def layout(spec):
    return thalamus.layout(spec)

REGIONS["mine"] = SpikingKind(layout)
"""


@pytest.fixture
def my_kinds(tmp_path, monkeypatch):
    """Modules that can be imported, and the config of a brain of a kind that one of them registers."""
    (tmp_path / "my_kinds.py").write_text(MY_KIND)
    (tmp_path / "broken.py").write_text("1 / 0")
    config = tmp_path / "mine.yaml"
    config.write_text("brain: {regions: {a: {kind: mine, size: 5, input_size: 3}}}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    yield config
    REGIONS.pop("mine", None)
    sys.modules.pop("my_kinds", None)


def test_a_kind_of_ones_own(call, refused, my_kinds, tmp_path):
    run = ("run", my_kinds, "--duration-ms", 5, "--out", tmp_path / "mine.zarr")
    assert refused(*run).endswith("or import the module that registers it first (--import MODULE)")
    assert call(*run, "--import", "my_kinds").exit_code == 0
    assert call("describe", my_kinds, "--import", "my_kinds").exit_code == 0


@pytest.mark.cluster
def test_workers_import_the_module_of_a_kind(call, my_kinds, tmp_path):
    on_one = ("--set", "brain.parallel=true", "--set", "execution.n_workers=1")
    run = ("run", my_kinds, "--duration-ms", 5, "--out", tmp_path / "mine.zarr", "--import", "my_kinds")
    result = call(*run, *on_one)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("broken", "'broken' cannot be imported (ZeroDivisionError, division by zero); write a name as in Python's"),
        ("no_such", "'no_such' cannot be imported (ModuleNotFoundError, No module named 'no_such'); write"),
        ("./mine.py", "'./mine.py' is no name of a module; write mine, the module's name"),
        ("./mine", "'./mine' is no name of a module; write mine, the module's name"),
        ("its/mine", "'its/mine' is no name of a module; write mine, the module's name"),
        ("../..", "'../..' is no name of a module; write a name as in Python's import"),
        ("broken.py", "'broken.py' cannot be imported (ZeroDivisionError, division by zero); write broken, the mod"),
        ("", "'' cannot be imported (ValueError, Empty module name); "),
    ],
)
def test_a_module_that_cannot_be_imported(refused, my_kinds, tmp_path, module, told):
    run = ("run", my_kinds, "--duration-ms", 5, "--out", tmp_path / "mine.zarr", "--import", module)
    assert refused(*run).startswith(f"Invalid value for '--import': {told}")


def test_overrides_are_recorded(run, tmp_path):
    run("--set", "global.seed=7", "--set", "recording.spikes=false")
    with xr.open_datatree(tmp_path / "two.zarr", engine="zarr", consolidated=False) as tree:
        assert tree.attrs["seed"] == 7
        assert json.loads(tree.attrs["config"])["recording"]["spikes"] is False


@pytest.mark.parametrize(
    ("duration_ms", "kind"), [(-5, ""), (0, ""), (0.5, ""), ("nan", "finite "), ("inf", "finite ")]
)
def test_durations_that_are_none(run_refused, duration_ms, kind):
    assert run_refused("--duration-ms", duration_ms) == (
        f"--duration-ms is {duration_ms}; write a {kind}duration of at least 1 ms, one step"
    )


def test_a_duration_off_the_grid(run_refused):
    assert run_refused("--duration-ms", 2.5) == (
        "--duration-ms is 2.5 ms, which is not a whole number of steps of dt_ms = 1; write 2 or 3"
    )


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("two", "'two' does not end in .zarr; write e.g. two.zarr"),
        ("new/.zarr", "'new/.zarr' is nothing but the ending .zarr; write e.g. run.zarr"),
    ],
)
def test_an_output_that_is_no_zarr(refused, two_regions, out, told):
    assert refused("run", two_regions, "--duration-ms", 5, "--out", out) == f"Invalid value for '--out': {told}"


def test_a_folder_that_cannot_be_made(refused, two_regions, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "runs" / "two.zarr"
    assert refused("run", two_regions, "--duration-ms", 5, "--out", out) == (
        f"output {out}: the folder {out.parent} cannot be made (Not a directory); write another path"
    )


def test_two_places_to_run_at(run_refused):
    options = ("--duration-ms", 5, "--cluster", CONFIGS / "clusters" / "local.yaml", "--scheduler", "tcp://a:1")
    assert run_refused(*options) == "--cluster and --scheduler exclude each other; write one of them"


def test_a_certificate_without_a_scheduler(run_refused, tmp_path):
    assert run_refused("--duration-ms", 5, "--tls", tmp_path) == (
        "--tls goes with --scheduler; a cluster file says its own (security)"
    )


def test_a_certificate_that_is_not_there(run_refused):
    assert run_refused("--duration-ms", 5, "--scheduler", "tls://127.0.0.1:1", "--tls", "nope") == (
        "there is no ca.pem in 'nope', where TLS certificates should be; write a folder with ca.pem, cert.pem and "
        "key.pem"
    )


def test_an_address_that_is_none(run_refused):
    assert run_refused("--duration-ms", 5, "--scheduler", "blah") == (
        "the scheduler's address is 'blah' (missing port number in address 'blah'); write the one that "
        "'dask scheduler' printed, such as tcp://10.0.0.5:8786"
    )


def test_no_scheduler_there(run_refused):
    options = ("--duration-ms", 5, "--scheduler", "tcp://127.0.0.1:1", "--set", "execution.start_timeout_s=1")
    assert run_refused(*options, exit_code=1) == (
        "no Dask scheduler answers at 'tcp://127.0.0.1:1' within 1 s; start one with 'dask scheduler', "
        "or write the address of one that runs"
    )


def test_a_port_for_the_page_of_a_cluster_that_has_one(run_refused):
    options = ("--duration-ms", 5, "--scheduler", "tcp://127.0.0.1:1", "--set", "execution.dashboard=8790")
    assert run_refused(*options).startswith("execution.dashboard is 8790, but the live page of a brain on a given ")


def test_an_earlier_run_is_kept_until_the_new_one_begins(run, refused, two_regions, tmp_path):
    out = tmp_path / "run.zarr"
    assert run("--duration-ms", 20, "--out", out).exit_code == 0
    there = checkpoints(out)
    nowhere = ("--scheduler", "tcp://127.0.0.1:1", "--set", "execution.start_timeout_s=1")
    again = ("--duration-ms", 10, "--out", out, "--overwrite")
    refused("run", two_regions, *again, *nowhere, exit_code=1)
    assert there == checkpoints(out) != []
    assert load_recording(out)["time"].size == 20
    assert run(*again).exit_code == 0
    assert read_checkpoint(checkpoints(out)[-1]).travel.now == 10
    assert len(checkpoints(out)) == 1


def test_a_warning_is_one_line(run, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    result = run("--set", "global.device=cuda")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: device 'cuda' was asked for, but ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("raised", "exit_code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted; a recording that had begun keeps what was simulated until then"),
        (
            RegionError("cortex", 8, "ValueError: no"),
            1,
            "region 'cortex' failed in the window that starts at step 8: ",
        ),
    ],
)
def test_what_ends_a_run(run_refused, monkeypatch, raised, exit_code, message):
    def fail(*_, **__):
        raise raised

    monkeypatch.setattr(thalia_dask.brain.DynamicBrain, "from_thalia_config", fail)
    assert run_refused("--duration-ms", 5, exit_code=exit_code).startswith(message)


def test_a_defect_keeps_its_traceback(run, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(thalia_dask.brain.DynamicBrain, "from_thalia_config", fail)
    assert isinstance(run().exception, ZeroDivisionError)


@pytest.mark.cluster
def test_a_running_scheduler_is_used_and_left_running(run, three_workers, tmp_path):
    result = run("--scheduler", three_workers.scheduler.address)
    assert result.exit_code == 0, result.output
    assert "s (dask), recorded in" in result.stdout
    run(out=tmp_path / "sequential.zarr")
    assert recorded(tmp_path / "two.zarr").equals(recorded(tmp_path / "sequential.zarr"))
    assert three_workers.submit(sum, [1, 2]).result(timeout=10) == 3


@pytest.mark.cluster
def test_a_described_cluster_is_started(run, tmp_path):
    described = tmp_path / "cluster.yaml"
    described.write_text("kind: local\nn_workers: 1\nthreads_per_worker: 2\ndashboard_address: null\n")
    result = run("--cluster", described)
    assert result.exit_code == 0, result.output
    with xr.open_datatree(tmp_path / "two.zarr", engine="zarr", consolidated=False) as tree:
        config = json.loads(tree.attrs["config"])
    assert config["brain"]["parallel"] is True
    assert (config["execution"]["n_workers"], config["execution"]["threads_per_worker"]) == (1, 2)
