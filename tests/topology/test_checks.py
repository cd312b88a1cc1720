"""Every topology that is refused, by the text of the error."""

from dataclasses import replace

import pytest

from thalia_dask.config import load_config
from thalia_dask.errors import ConfigError
from thalia_dask.regions import REGIONS
from thalia_dask.regions.base import Observable
from thalia_dask.regions.kind import Anatomy, RegionKind
from thalia_dask.topology.build import build_plan

A_AND_B = {"a": {"kind": "block", "size": 4, "input_size": 2}, "b": {"kind": "block", "size": 4}}


def message_of(regions=A_AND_B, projections=(("a", "b", 5),), **sections):
    brain = {
        "regions": regions,
        "projections": [{"source": s, "target": t, "delay_ms": d} for s, t, d in projections],
        **sections.pop("brain", {}),
    }
    config = load_config({"brain": brain, **sections})
    with pytest.raises(ConfigError) as caught:
        build_plan(config)
    return str(caught.value)


def test_a_projection_from_an_unknown_region():
    regions = {"thalamus": A_AND_B["a"], "cortex": A_AND_B["b"]}
    assert message_of(regions, [("corttex", "thalamus", 1)]) == (
        "projection corttex -> thalamus: there is no region called 'corttex'; did you mean 'cortex'? "
        "write one of: cortex, thalamus"
    )


def test_a_projection_to_an_unknown_region():
    assert message_of(projections=[("a", "zz", 1)]) == (
        "projection a -> zz: there is no region called 'zz'; write one of: a, b"
    )


WHOLE = "write a whole number of at least 0"
PAIRS = "write a value of type tuple (tuple (str, int), …)"
SOUND = Anatomy((("all", 4),), ("in",), "in", "in", "all", 4)


@pytest.mark.parametrize(
    ("anatomy", "told"),
    [
        (None, "anatomy() returned None; return an Anatomy"),
        (replace(SOUND, n_neurons=5), "anatomy() has n_neurons = 5, and populations of 4 together; return the sum"),
        (replace(SOUND, stimulus_port="eye"), "stimulus_port: there is no port called 'eye'; write one of: in"),
        (
            replace(SOUND, default_output="out"),
            "default_output: there is no population called 'out'; write one of: all",
        ),
        (
            replace(SOUND, n_actions=3),
            "anatomy() has 3 actions, and no population whose spikes vote for one; call one of its "
            "populations 'd1' or 'd2'",
        ),
        (replace(SOUND, populations=(("all", -1),)), f"anatomy().populations is -1; {WHOLE}"),
        (replace(SOUND, populations=(("all", 9), ("few", -5))), f"anatomy().populations is -5; {WHOLE}"),
        (replace(SOUND, populations=(("all", 4.0),)), "anatomy().populations is 4.0; write a value of type int"),
        (replace(SOUND, populations=((3, 4),)), "anatomy().populations is 3; write a value of type str"),
        (replace(SOUND, populations={"all": 4}), f"anatomy().populations is {{'all': 4}}; {PAIRS}"),
        (replace(SOUND, populations=("all",)), "anatomy().populations is 'all'; write a value of type tuple"),
        (
            replace(SOUND, populations=(("all", 2), ("all", 2))),
            "anatomy() has more than one population called 'all'; write a name of its own for each",
        ),
        (
            replace(SOUND, populations=(("a.b", 4),)),
            "anatomy() has a population called 'a.b', which is no name; write a name of letters",
        ),
        (replace(SOUND, ports="in"), "anatomy().ports is 'in'; write ('in',)"),
        (replace(SOUND, ports=("in", "in")), "anatomy() has more than one port called 'in'; write a name of its own"),
        (replace(SOUND, n_neurons=4.0), "anatomy().n_neurons is 4.0; write a value of type int"),
        (replace(SOUND, n_synapses=-1), f"anatomy().n_synapses is -1; {WHOLE}"),
        (replace(SOUND, learning_bytes=-1), f"anatomy().learning_bytes is -1; {WHOLE}"),
        (replace(SOUND, n_actions=-1), f"anatomy().n_actions is -1; {WHOLE}"),
        (replace(SOUND, learning="all"), "anatomy().learning is 'all'; write ('all',)"),
        (
            replace(SOUND, learning=("al",)),
            "learning: there is no population called 'al'; did you mean 'all'? write one of: all",
        ),
        (replace(SOUND, observables=["v"]), "anatomy().observables is ['v']; write a value of type Mapping"),
        (
            replace(SOUND, observables={"v": "mV"}),
            "anatomy().observables['v'] is 'mV'; write a value of type Observable",
        ),
        (
            replace(SOUND, observables={"v": Observable("mV", 3)}),
            "anatomy().observables['v'].long_name is 3; write a value of type str",
        ),
        (
            replace(SOUND, observables={3: Observable("mV", "v")}),
            "a name in anatomy().observables is 3; write a value of type str",
        ),
    ],
)
def test_a_kind_that_misdescribes_itself(monkeypatch, anatomy, told):
    class Kind(RegionKind):
        def anatomy(self, spec):
            return anatomy

        def create(self, spec):
            raise NotImplementedError

    monkeypatch.setitem(REGIONS, "mine", Kind())
    message = message_of({"a": {"kind": "mine", "size": 4}}, ())
    assert message.startswith(f"region 'a': kind 'mine': {told}")


def test_what_is_no_kind(monkeypatch):
    monkeypatch.setitem(REGIONS, "mine", SOUND)
    message = message_of({"a": {"kind": "mine", "size": 4}}, ())
    assert message.startswith("region 'a': kind 'mine' is registered as Anatomy(")
    assert message.endswith("; register a RegionKind, such as SpikingKind(layout)")


def test_a_projection_from_an_unknown_population():
    assert message_of(projections=[("a.ex", "b", 1)]) == (
        "projection a.ex -> b: there is no population of region 'a' called 'ex'; did you mean 'exc'? "
        "write one of: exc, inh"
    )


def test_a_projection_to_an_unknown_port():
    assert message_of(projections=[("a", "b.exc", 1)]) == (
        "projection a -> b.exc: there is no port of region 'b' called 'exc'; write one of: main, side"
    )


ROUNDED = ", or set global.round_delays: true"


@pytest.mark.parametrize(
    ("delay_ms", "dt_ms", "otherwise"),
    [
        (0, 1.0, ""),
        (0.0, 0.5, ""),
        (-3.0, 1.0, ""),
        (0.4, 1.0, ""),
        (0.5, 1.0, ROUNDED),
        (0.4, 0.5, ROUNDED),
        (-0.25, 0.5, ""),
    ],
)
def test_a_delay_of_less_than_a_step(delay_ms, dt_ms, otherwise):
    message = message_of(projections=[("a", "b", delay_ms)], **{"global": {"dt_ms": dt_ms}})
    assert message == (
        f"delay_ms of projection a -> b is {delay_ms:g} ms, but a spike needs at least one step ({dt_ms:g} ms) "
        "from region to region, or the regions could not advance independently; give that projection a delay_ms of "
        f"{dt_ms:g} or more{otherwise}"
    )


def test_a_standard_delay_of_less_than_a_step():
    message = message_of(projections=[("a", "b", None)], **{"global": {"dt_ms": 10.0}})
    assert message.startswith("the standard delay_ms of projection a -> b is 5 ms, but a spike needs at least one ")
    assert message.endswith("; give that projection a delay_ms of 10 or more, or set global.round_delays: true")


@pytest.mark.parametrize("delay_ms", [0.0, 0.4, -1.0])
def test_a_delay_that_would_be_rounded_to_zero(delay_ms):
    message = message_of(projections=[("a", "b", delay_ms)], **{"global": {"round_delays": True}})
    assert "needs at least one step (1 ms) from region to region" in message
    assert message.endswith("; give that projection a delay_ms of 1 or more")


def test_a_delay_off_the_grid():
    assert message_of(projections=[("a", "b", 2.4)]) == (
        "delay_ms of projection a -> b is 2.4 ms, which is not a whole number of steps of dt_ms = 1; "
        "write 2 or 3, or set global.round_delays: true"
    )


def test_a_standard_delay_off_the_grid():
    message = message_of(projections=[("a", "b", None)], **{"global": {"dt_ms": 2.0}})
    assert message == (
        "the standard delay_ms of projection a -> b is 5 ms, which is not a whole number of steps of dt_ms = 2; "
        "write 4 or 6, or set global.round_delays: true"
    )


def test_a_region_that_nothing_reaches():
    assert message_of(projections=[]) == (
        "nothing reaches region 'b': no stimulus, and no projections that lead there from a region that has one; "
        "add a projection, write an input_size, set spontaneous: true for a region that is active by itself, "
        "or remove the region"
    )


def test_regions_that_reach_only_each_other():
    """stimulus -> a, b <=> c: the loop never wakes."""
    regions = {**A_AND_B, "c": A_AND_B["b"]}
    message = message_of(regions, [("b", "c", 1), ("c", "b", 1)])
    assert message.startswith("nothing reaches region 'b' and 'c': ")


def test_a_region_does_not_reach_itself():
    assert message_of(projections=[("b", "b", 1)]).startswith("nothing reaches region 'b': ")


def test_a_projection_given_twice():
    assert message_of(projections=[("a", "b", 1), ("a.exc", "b.main", 3)]) == (
        "projection a.exc -> b.main is given 2 times; keep one, with a larger weight_scale if it is to be stronger"
    )


def test_regions_with_other_numbers_of_actions():
    striata = {
        name: {"kind": "striatum", "size": 12, "input_size": 4, "params": {"n_actions": n}}
        for name, n in (("caudate", 3), ("putamen", 4))
    }
    assert message_of({**A_AND_B, **striata}) == (
        "all regions learn from the same actions, but 'caudate' has 3, 'putamen' has 4; "
        "write the same n_actions for all"
    )


def test_parameters_of_a_region_that_does_not_exist():
    assert message_of(brain={"region_params": {"striatm": {"x": 1}}}) == (
        "brain.region_params: there is no region called 'striatm'; write one of: a, b"
    )


def test_sizes_of_the_standard_brain_beside_regions_of_another():
    assert message_of(brain={"sizes": {"pfc_size": 64}}) == (
        "brain.sizes is given, which lays out the standard brain, and brain.regions, which lays out another; write "
        "the sizes of regions in brain.regions, or leave one of the two out"
    )


def test_a_kind_that_does_not_exist():
    message = message_of({**A_AND_B, "c": {"kind": "cortx", "size": 4}})
    assert message.startswith("region 'c': there is no region kind 'cortx'; did you mean 'cortex'? write one of: ")


def test_a_parameter_that_the_kind_does_not_have():
    message = message_of({"v1": {"kind": "cortex", "size": 40, "input_size": 4, "params": {"zzz": 1}}}, [])
    assert message.startswith("params.zzz of region 'v1': kind 'cortex' has no such parameter; write one of: ")


def test_a_parameter_that_is_called_much_like_one_of_the_kind():
    message = message_of({"v1": {"kind": "cortex", "size": 40, "input_size": 4, "params": {"stdp_rat": 1}}}, [])
    assert "kind 'cortex' has no such parameter; did you mean 'stdp_rate'? write one of: " in message


def test_a_window_longer_than_the_shortest_delay():
    assert message_of(execution={"window_ms": 6.0}) == (
        "execution.window_ms is 6 ms, longer than the delay of projection a.exc -> b.main: within a window no "
        "region may influence another; write 5 or less, or leave it out"
    )


def test_a_window_longer_than_any_may_be():
    assert message_of({"a": A_AND_B["a"]}, [], execution={"window_ms": 2000.0}) == (
        "execution.window_ms is 2000 ms, more than 1000 steps of 1 ms; write 1000 or less, or leave it out"
    )
    assert message_of(projections=[("a", "b", 3000)], execution={"window_ms": 2000.0}) == (
        "execution.window_ms is 2000 ms, more than 1000 steps of 1 ms; write 1000 or less, or leave it out"
    )


def test_a_window_of_no_step():
    assert message_of(execution={"window_ms": 1e-7}) == (
        "execution.window_ms is 1e-07 ms, which is no step of 1 ms; write at least 1, or leave it out"
    )


def test_the_first_error_does_not_depend_on_the_order():
    wrong = [("a", "x", 1), ("y", "b", 1), ("a", "b", 0)]
    assert message_of(projections=wrong) == message_of(projections=wrong[::-1])
