"""From config to plan: names, slices, delays, order."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask import regions as kinds
from thalia_dask.config import load_config
from thalia_dask.regions.kind import SpikingKind
from thalia_dask.topology.build import build_plan
from thalia_dask.topology.plan import StimulusPort


def plan_of(regions, projections=(), dt_ms=1.0, **more):
    """A plan from ``{name: {...}}`` and ``"a -> b @ 3"`` texts; regions are blocks of 10 unless told."""
    parsed = []
    for text in projections:
        ends, _, delay_ms = text.partition(" @ ")
        source, _, target = ends.partition(" -> ")
        parsed.append({"source": source, "target": target, "delay_ms": float(delay_ms) if delay_ms else None})
    return build_plan(
        load_config(
            {
                "global": {"dt_ms": dt_ms, **more},
                "brain": {
                    "regions": {name: {"kind": "block", "size": 10, **given} for name, given in regions.items()},
                    "projections": parsed,
                },
            }
        )
    )


def test_a_pair():
    """stimulus -> a => b."""
    plan = plan_of({"a": {"input_size": 7}, "b": {"size": 4}}, ["a -> b @ 3"])
    (projection,) = plan.projections
    assert str(projection) == "a.exc -> b.main"
    assert (projection.first, projection.last, projection.delay_steps, projection.index) == (0, 10, 3, 0)
    assert plan.stimuli == (StimulusPort("a", 7, 0),)
    assert plan.populations == (("a", (("exc", 10), ("inh", 5))), ("b", (("exc", 4), ("inh", 2))))
    assert plan.look_ahead_steps == 3


def test_populations_and_ports_by_name():
    plan = plan_of({"a": {"input_size": 1}, "b": {}}, ["a.inh -> b.side @ 1"])
    (projection,) = plan.projections
    assert (projection.source_population, projection.port) == ("inh", "side")
    assert (projection.first, projection.last) == (10, 15)


def test_incoming_is_ordered_by_source_and_port_with_the_stimulus_among_them():
    plan = plan_of(
        {"zeta": {"input_size": 1}, "alpha": {"input_size": 1}, "goal": {"input_size": 3}},
        ["zeta -> goal @ 2", "alpha.inh -> goal @ 2", "alpha -> goal.side @ 2", "alpha -> goal @ 2"],
    )
    goal = next(spec for spec in plan.regions if spec.name == "goal")
    assert [(end.source, end.source_size, end.port) for end in goal.incoming] == [
        ("alpha.exc", 10, "main"),
        ("alpha.exc", 10, "side"),
        ("alpha.inh", 5, "main"),
        ("stimulus", 3, "main"),
        ("zeta.exc", 10, "main"),
    ]
    assert {str(p): p.index for p in plan.projections} == {
        "alpha.exc -> goal.main": 0,
        "alpha.exc -> goal.side": 1,
        "alpha.inh -> goal.main": 2,
        "zeta.exc -> goal.main": 4,
    }
    assert StimulusPort("goal", 3, 3) in plan.stimuli


def test_specs_carry_what_a_region_is_built_from():
    config = load_config(
        {
            "global": {"seed": 5, "dt_ms": 0.5},
            "brain": {
                "regions": {
                    "a": {"kind": "block", "size": 3, "input_size": 2, "params": {"z": 1, "b": True, "c": 1.5}}
                },
                "region_params": {"a": {"z": 2, "d": "x"}},
            },
        }
    )
    (spec,) = build_plan(config).regions
    assert (spec.name, spec.kind, spec.size, spec.seed, spec.dt_ms, spec.device) == ("a", "block", 3, 5, 0.5, "cpu")
    assert spec.params == (("b", True), ("c", 1.5), ("d", "x"), ("z", 2))


def test_a_region_may_project_to_itself():
    plan = plan_of({"a": {"input_size": 1}}, ["a -> a @ 2"])
    assert str(plan.projections[0]) == "a.exc -> a.main"


@pytest.mark.parametrize(("dt_ms", "steps"), [(1.0, 1), (0.5, 1), (0.1, 5), (2.0, 1), (0.3, 2)])
def test_the_standard_delay_of_a_projection_to_itself_is_half_a_millisecond_or_one_step(dt_ms, steps):
    assert plan_of({"a": {"input_size": 1}}, ["a -> a"], dt_ms).look_ahead_steps == steps


def test_standard_delays_go_by_kind_whatever_the_names():
    config = {
        "brain": {
            "regions": {
                "v1": {"kind": "cortex", "size": 40, "input_size": 5},
                "v2": {"kind": "cortex", "size": 40},
                "ca": {"kind": "hippocampus", "size": 40},
            },
            "projections": [{"source": "v1", "target": "v2"}, {"source": "v2", "target": "ca"}],
        }
    }
    assert [p.delay_steps for p in build_plan(load_config(config)).projections] == [5, 3]


def test_delays_are_rounded_only_on_request():
    assert plan_of({"a": {"input_size": 1}, "b": {}}, ["a -> b @ 2.4"], round_delays=True).look_ahead_steps == 2
    assert plan_of({"a": {"input_size": 1}, "b": {}}, ["a -> b @ 0.7"], round_delays=True).look_ahead_steps == 1
    assert plan_of({"a": {"input_size": 1}, "b": {}}, ["a -> b @ 0.5"], round_delays=True).look_ahead_steps == 1


def test_projections_are_ordered_by_their_full_names():
    regions = {"a": {"input_size": 1}, "b": {}}
    plan = plan_of(regions, ["a -> b.side @ 1", "a.inh -> b @ 1", "a -> b @ 1", "a.exc -> a @ 1"])
    assert [str(p) for p in plan.projections] == [
        "a.exc -> a.main",
        "a.exc -> b.main",
        "a.exc -> b.side",
        "a.inh -> b.main",
    ]


def test_delays_with_binary_dust_are_on_the_grid():
    assert plan_of({"a": {"input_size": 1}, "b": {}}, ["a -> b @ 0.3"], dt_ms=0.1).look_ahead_steps == 3


def test_a_region_that_is_active_by_itself_needs_no_input():
    plan = plan_of({"a": {"spontaneous": True}, "b": {}}, ["a -> b @ 1"])
    assert plan.stimuli == ()


def test_plans_are_picklable():
    plan = plan_of({"a": {"input_size": 7}, "b": {}}, ["a -> b @ 3", "b -> a @ 4"])
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301


REGIONS = ["a", "b", "c", "d"]
ENDS = [f"{source} -> {target}" for source in ("a.inh", *REGIONS) for target in ("a.side", *REGIONS)]


@given(
    projections=st.lists(st.sampled_from(ENDS), unique=True).flatmap(
        lambda ends: st.tuples(*[st.integers(1, 9).map(lambda ms, end=end: f"{end} @ {ms}") for end in ends])
    ),
    data=st.data(),
)
def test_the_order_in_the_config_has_no_influence(projections, data):
    regions = {
        name: {"size": 4 + i, "input_size": i + 1, "params": {"p": i, "q": 1}} for i, name in enumerate("abcd")
    }
    names = data.draw(st.permutations(list(regions)))
    shuffled = {name: dict(data.draw(st.permutations(list(regions[name].items())))) for name in names}
    assert plan_of(shuffled, data.draw(st.permutations(projections))) == plan_of(regions, projections)


def test_what_a_layout_raises_by_itself_names_the_region(monkeypatch):
    def layout(spec):
        raise FileNotFoundError("edges.npz")

    monkeypatch.setitem(kinds.REGIONS, "mine", SpikingKind(layout))
    with pytest.raises(FileNotFoundError, match=r"edges\.npz") as caught:
        plan_of({"a": {"kind": "mine"}})
    assert caught.value.__notes__ == ["This was raised when region 'a' of kind 'mine' was planned."]
