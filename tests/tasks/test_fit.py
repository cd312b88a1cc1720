import pytest

from thalia_dask.config import load_config
from thalia_dask.errors import ConfigError
from thalia_dask.tasks.fit import check_fit
from thalia_dask.tasks.registry import open_task
from thalia_dask.topology.build import build_plan


def check(config):
    check_fit(config, build_plan(config), open_task(config.task))


def misfits(config):
    with pytest.raises(ConfigError) as caught:
        check(config)
    return str(caught.value).splitlines()


def own_regions(**regions):
    return load_config({"brain": {"regions": regions}, "task": {"name": "CartPole-v1"}})


def test_a_brain_that_fits(tiny_config):
    check(tiny_config())


def test_all_misfits_of_a_standard_brain_are_told_with_the_key_to_write(tiny_config):
    config = tiny_config("brain.sizes.n_actions=4", "brain.sizes.input_size=10", "training.evaluation_trials=360")
    assert misfits(config) == [
        "the brain does not fit the task 'digits':",
        "  an observation drives 64 stimulus axons, but region 'thalamus' has 10; write brain.sizes.input_size: 64",
        "  there are 10 actions, but 'striatum' selects among 4; write brain.sizes.n_actions: 10",
        "  359 trials are held out, but training.evaluation_trials is 360; write at most 359",
    ]


def test_misfits_of_a_brain_with_regions_of_its_own():
    striatum = {"kind": "striatum", "size": 9, "input_size": 9, "params": {"n_actions": 3}}
    assert misfits(own_regions(chooser=striatum))[1:] == [
        "  an observation drives 48 stimulus axons, but region 'chooser' has 9; "
        "write brain.regions.chooser.input_size: 48",
        "  there are 2 actions, but 'chooser' selects among 3; write brain.regions.chooser.params.n_actions: 2",
    ]


def test_a_brain_that_cannot_act():
    senses = {"kind": "thalamus", "size": 9, "input_size": 48}
    assert misfits(own_regions(a=senses, b=senses))[1:] == [
        "  one region with stimulus axons is needed, and there are 2 (a, b); "
        "write input_size: 48 for exactly one region",
        "  no region selects among the 2 actions; add one of kind 'striatum' with params.n_actions: 2",
    ]
