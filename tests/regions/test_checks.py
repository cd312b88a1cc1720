"""Every layout, and every number in one, that is refused, by the text of the error."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Annotated, Protocol

import numpy as np
import pytest

from thalia_dask.errors import ConfigError
from thalia_dask.neurons.adex import AdExParams
from thalia_dask.neurons.base import INHIBITORY, Neuron
from thalia_dask.neurons.conductance import ConductanceLIFParams
from thalia_dask.neurons.delta import DeltaLIFParams
from thalia_dask.neurons.lif import LIFParams
from thalia_dask.plasticity.base import Rule
from thalia_dask.plasticity.bcm import BCM
from thalia_dask.plasticity.hebbian import Hebbian
from thalia_dask.plasticity.stdp import STDP
from thalia_dask.plasticity.synaptic_scaling import SynapticScaling
from thalia_dask.plasticity.three_factor import ThreeFactor
from thalia_dask.plasticity.updates import RULES
from thalia_dask.regions import REGIONS
from thalia_dask.regions.connections import AnyConnection
from thalia_dask.regions.kind import SpikingKind, read_params
from thalia_dask.regions.layout import (
    Background,
    Connection,
    Drive,
    ExplicitConnection,
    FixedInDegree,
    Layout,
    Population,
)
from thalia_dask.regions.spec import Incoming, RegionSpec
from thalia_dask.regions.wiring import wire
from thalia_dask.spikes import Arrivals
from thalia_dask.synapses.connectivity import EdgeList
from thalia_dask.synapses.distributions import Constant, Normal, Uniform
from thalia_dask.ticks import Window

A, B = Population("a", 10), Population("b", 4)
SPEC = RegionSpec("net", "mine", 10, dt_ms=1.0, seed=1, incoming=(Incoming("x.all", 6, "in"),))
SOUND = Layout((A, B), (Connection("a", "b", 0.5, 20.0), Connection("in", "a", 0.5, 20.0)), ("in",), "in", "a")


def message_of(layout: Layout, spec: RegionSpec = SPEC) -> str:
    """The error of a region that is planned, which is that of one that is built."""
    with pytest.raises(ConfigError) as planned:
        SpikingKind(lambda _: layout).anatomy(spec)
    with pytest.raises(ConfigError) as built:
        wire(spec, layout)
    assert str(planned.value) == str(built.value)
    return str(planned.value)


def message_of_connection(connection: AnyConnection) -> str:
    return message_of(replace(SOUND, connections=(connection,)))


def message_of_params(kind: str, dt_ms: float = 1.0, **params: object) -> str:
    with pytest.raises(ConfigError) as caught:
        REGIONS[kind].anatomy(RegionSpec("r", kind, 20, dt_ms, seed=1, params=tuple(params.items())))
    return str(caught.value)


@pytest.mark.parametrize("kind", REGIONS)
def test_what_kinds_say_by_default_is_sound(kind: str) -> None:
    anatomy = REGIONS[kind].anatomy(RegionSpec("r", kind, 20, 1.0, seed=1))
    assert anatomy.n_neurons == sum(size for _, size in anatomy.populations) > 0


SIZE = "write its size, from 0 to 1e+09; what it excites or inhibits is the kind's"
POSITIVE = "write a number above 0 and at most 1e+18"
NON_NEGATIVE = "write a number from 0 to 1e+18"
SHARE = "write a share above 0 and at most 1"
POTENTIAL = "write a number from -1e+09 to 1e+09"


@pytest.mark.parametrize(
    ("kind", "name", "value", "mend"),
    [
        ("striatum", "trace_ms", 0.0, POSITIVE),
        ("striatum", "eligibility_ms", -200.0, POSITIVE),
        ("prefrontal", "cells_per_stripe", 0, "write a whole number of at least 1"),
        ("prefrontal", "cells_per_stripe", -3, "write a whole number of at least 1"),
        ("cortex", "l4_fraction", -1.0, SHARE),
        ("cortex", "l4_fraction", 5.0, SHARE),
        ("cortex", "inhibitory_ratio", -0.5, SHARE),
        ("hippocampus", "dg_fraction", 0.0, SHARE),
        ("thalamus", "reticular_fraction", -1.0, SHARE),
        ("thalamus", "resting_mv", 1e30, POTENTIAL),
        ("cortex", "gamma_mv", 1e39, POTENTIAL),
        ("cortex", "feedforward_mv", 1e39, SIZE),
        ("cortex", "inhibition_mv", -30.0, SIZE),
        ("cortex", "feedforward_mv", -200, SIZE),
        ("cortex", "stdp_rate", -1.0, NON_NEGATIVE),
        ("hippocampus", "hebbian_rate", -5.0, NON_NEGATIVE),
        ("cerebellum", "mossy_spread_ms", -1.0, NON_NEGATIVE),
        ("cerebellum", "depression", math.nan, NON_NEGATIVE),
        ("torch_module", "input_gain", math.inf, "write a number from -1e+18 to 1e+18"),
        ("torch_module", "module", 3, "write a value of type str"),
        ("cortex", "stdp_rate", True, "write a value of type float"),
    ],
)
def test_a_parameter_of_a_kind(kind: str, name: str, value: object, mend: str) -> None:
    assert message_of_params(kind, **{name: value}) == f"params.{name} of region 'r' is {value!r}; {mend}"


@dataclass(frozen=True)
class Needed:
    tau_ms: float
    mode: str = "fast"
    most: int | None = None


@dataclass(frozen=True)
class Listed:
    taus: tuple[float, ...] = ()


@dataclass(frozen=True)
class Named:
    mode: str


@pytest.mark.parametrize(
    ("params", "given", "message"),
    [
        (Needed, (("mode", "slow"),), f"params.tau_ms of region 'net' is missing; {POSITIVE}"),
        (
            Named,
            (("mod", "slow"),),
            "params.mod of region 'net': kind 'mine' has no such parameter; did you mean 'mode'? ",
        ),
        (Named, (), "params.mode of region 'net' is missing; write a value of type str"),
        (
            Listed,
            (),
            "params.taus of region 'net' is declared as tuple[float, ...], which a config cannot give; declare it as "
            "bool, int, float or str",
        ),
    ],
)
def test_parameters_that_are_not_given(params: type, given: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_params(replace(SPEC, params=given), params)
    assert str(caught.value).startswith(message)


def test_a_parameter_that_may_be_left_out() -> None:
    assert read_params(replace(SPEC, params=(("most", 3), ("tau_ms", 2.0))), Needed) == Needed(2.0, most=3)
    assert read_params(replace(SPEC, params=(("tau_ms", 2.0),)), Needed).most is None


@pytest.mark.parametrize("name", ["gamma_mv", "noradrenaline_mv", "resting_mv"])
def test_tonic_drives_and_potentials_may_be_negative(name: str) -> None:
    spec = RegionSpec("r", "cortex", 20, 1.0, seed=1)
    negative = replace(spec, params=((name, -70.0),))
    assert REGIONS["cortex"].anatomy(negative) == REGIONS["cortex"].anatomy(spec)


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (LIFParams(tau_membrane_ms=-10), f"tau_membrane_ms is -10; {POSITIVE}"),
        (LIFParams(tau_membrane_ms=0.0), f"tau_membrane_ms is 0.0; {POSITIVE}"),
        (LIFParams(tau_membrane_ms="20"), "tau_membrane_ms is '20'; write a value of type float"),
        (LIFParams(threshold_mv=math.nan), f"threshold_mv is nan; {POTENTIAL}"),
        (LIFParams(refractory_ms=-1.0), f"refractory_ms is -1.0; {NON_NEGATIVE}"),
        (
            LIFParams(refractory_ms=1e12),
            "refractory_ms is 1e+12, more than 16777216 steps of dt_ms = 1; write 1.67772e+07 or less",
        ),
        (
            LIFParams(tau_membrane_ms=0.01),
            "tau_membrane_ms is 0.01, too short for steps of dt_ms = 1; write 0.0125 or more",
        ),
        (DeltaLIFParams(tau_membrane_ms=0.01), "tau_membrane_ms is 0.01, too short for steps of dt_ms = 1; "),
        (AdExParams(capacitance_pf=0.0), f"capacitance_pf is 0.0; {POSITIVE}"),
        (
            LIFParams(threshold_mv=-60.0),
            "reset_mv is -60, not below the threshold after a spike, -60, so that one spike would be followed by the "
            "next; write a lower one",
        ),
        (AdExParams(reset_mv=1.0), "reset_mv is 1, not below the threshold after a spike, 0, "),
    ],
)
def test_a_number_of_a_neuron(neuron: Neuron, message: str) -> None:
    layout = replace(SOUND, populations=(A, replace(B, neuron=neuron)))
    assert message_of(layout).startswith(f"region 'net', population 'b': neuron.{message}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "size is 0; write a whole number of at least 1"),
        ({"neuron": LIFParams}, "neuron is <class 'thalia_dask.neurons.lif.LIFParams'>; write LIFParams(), which"),
        ({"neuron": AdExParams(slope_mv=0.0)}, "AdExParams has slope_mv 0 and threshold_mv 0, V_T is -50.4; "),
        (
            {"neuron": None},
            "neuron is None; write a value of type Neuron, such as LIFParams() of thalia_dask.neurons.l",
        ),
        (
            {"initial_mv": -60.0},
            "initial_mv is -60.0; write a value of type Distribution or None, such as Constant(-60.0) of "
            "thalia_dask.synapses.distributions",
        ),
        ({"drives": 3}, "drives is 3; write a value of type tuple (Drive, …)"),
        (
            {"initial_mv": Uniform(-50.0, -65.0)},
            "initial_mv is Uniform(low=-50.0, high=-65.0), the largest first; write low=-65, high=-50",
        ),
        ({"background": Background(-100.0, 2.0)}, f"background.rate_hz is -100.0; {NON_NEGATIVE}"),
        ({"background": Background(100.0, math.nan)}, f"background.weight_mv is nan; {POTENTIAL}"),
        (
            {"background": Background(1e6, 2.0)},
            "background.rate_hz is 1e+06, more than 600 spikes in a step of dt_ms = 1; write 600000 or less, with",
        ),
        (
            {"drives": Drive("gamma", 1.0)},
            "drives is Drive(source='gamma', amplitude_mv=1.0, gates=()); write (Drive(source='gamma', ",
        ),
        ({"drives": (Drive("gamma", math.inf),)}, f"drives.amplitude_mv is inf; {POTENTIAL}"),
    ],
)
def test_a_population(changes: dict[str, object], message: str) -> None:
    layout = replace(SOUND, populations=(A, replace(B, **changes)))
    assert message_of(layout).startswith(f"region 'net', population 'b': {message}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probability": 2}, f"probability is 2; {SHARE}"),
        ({"probability": -1.0}, f"probability is -1.0; {SHARE}"),
        ({"probability": math.nan}, f"probability is nan; {SHARE}"),
        ({"total_weight_mv": math.nan}, f"total_weight_mv is nan; {POTENTIAL}"),
        ({"n_groups": -1}, "n_groups is -1; write a whole number of at least 0, 0 for none"),
        ({"n_groups": 2**60}, "n_groups is 1152921504606846976; write a whole number of at least 0, 0 for none"),
        ({"delay_ms": (-3, 1)}, f"delay_ms is -3; {NON_NEGATIVE}"),
        ({"delay_ms": 1.0}, "delay_ms is 1.0; write a value of type tuple (float, float)"),
        ({"delay_ms": (5, 1)}, "delay_ms goes from 5 to 1, the longest first; write (1, 5)"),
        (
            {"delay_ms": (65537, 65537)},
            "delays inside the region go up to 65537 steps; write 1 to 65535, by shorter delays or a longer dt_ms",
        ),
        ({"rule": STDP}, "rule is <class 'thalia_dask.plasticity.stdp.STDP'>; write STDP(), which makes one of this"),
        ({"rule": STDP(tau_pre_ms=-20)}, f"rule.tau_pre_ms is -20; {POSITIVE}"),
        ({"rule": STDP(potentiation=math.nan)}, "rule.potentiation is nan; write a number from -1e+18 to 1e+18"),
        ({"rule": STDP(largest=-3)}, f"rule.largest is -3; {POSITIVE}"),
        ({"rule": Hebbian(rate=-1.0)}, f"rule.rate is -1.0; {NON_NEGATIVE}"),
        ({"rule": BCM(reference_hz=0.0)}, f"rule.reference_hz is 0.0; {POSITIVE}"),
        ({"rule": SynapticScaling(target_hz=0.0)}, f"rule.target_hz is 0.0; {POSITIVE}"),
    ],
)
def test_a_number_of_a_connection(changes: dict[str, object], message: str) -> None:
    connection = replace(Connection("a", "b", 0.5, 20.0), **changes)
    assert message_of_connection(connection).startswith(f"region 'net', connection a -> b: {message}")


def test_a_receptor_channel_that_does_not_exist() -> None:
    assert message_of_connection(Connection("a", "b", 0.5, 20.0, 7)) == (
        "region 'net', connection a -> b has receptor channel 7, which LIFParams does not have; write one of 0, 1, 2"
    )


def test_delays_of_a_distribution() -> None:
    for delay, told in (
        (Constant(-3.0), "delay is Constant(value=-3.0); write a distribution of at least 0 ms"),
        (Uniform(-1.0, 5.0), "delay is Uniform(low=-1.0, high=5.0); write a distribution of at least 0 ms"),
        (Uniform(5.0, 1.0), "delay is Uniform(low=5.0, high=1.0), the largest first; write low=1, high=5"),
    ):
        connection = FixedInDegree("a", "b", 2, Constant(1.0), delay)
        assert message_of_connection(connection) == f"region 'net', connection a -> b: {told}"


def test_weights_of_a_distribution() -> None:
    for weight, told in (
        (Uniform(3.0, 1.0), "weight is Uniform(low=3.0, high=1.0), the largest first; write low=1, high=3"),
        (2, "weight is 2; write a value of type Distribution, such as Constant(2) of thalia_dask.synapses.distrib"),
        ("2", "weight is '2'; write a value of type Distribution, such as Constant(1.0) of thalia_dask.synapses."),
    ):
        connection = FixedInDegree("a", "b", 2, weight, Constant(1.0))  # type: ignore[arg-type]
        assert message_of_connection(connection).startswith(f"region 'net', connection a -> b: {told}")


def test_delays_that_are_drawn_too_long() -> None:
    drawn = replace(SOUND, connections=(FixedInDegree("a", "b", 2, Constant(1.0), Normal(65530.0, 200.0)),))
    with pytest.raises(ConfigError, match=r"connection a -> b: delays inside the region go up to 65\d+ steps; write"):
        wire(SPEC, drawn)


@pytest.mark.parametrize(
    ("kind", "dt_ms", "params", "connection"),
    [
        ("thalamus", 1e-5, {}, "relay -> reticular: delays inside the region go up to 150000 steps"),
        ("prefrontal", 1e-5, {}, "exc -> exc: delays inside the region go up to 100000 steps"),
        (
            "cerebellum",
            1.0,
            {"mossy_spread_ms": 7e4},
            "mossy -> granule: delays inside the region go up to 70000 steps",
        ),
    ],
)
def test_delays_that_the_table_cannot_hold(
    kind: str, dt_ms: float, params: dict[str, float], connection: str
) -> None:
    message = message_of_params(kind, dt_ms, **params)
    assert message.startswith(f"region 'r', connection {connection}; write 1 to 65535, by shorter delays or")


def test_a_weight_scale_that_no_efficacy_survives() -> None:
    spec = replace(SPEC, incoming=(Incoming("x.all", 6, "in", 1e39),))
    assert message_of(SOUND, spec) == f"region 'net', axons of x.all: weight_scale is 1e+39; {NON_NEGATIVE}"


OF_ITS_OWN = "write a name of its own for each"
NO_NAME = "which is no name; write a name of letters, digits, '_' and '-' that begins with a letter or '_'"
SIGNALS = "write one of: delta, theta, alpha, beta, gamma, ripple, acetylcholine, dopamine, noradrenaline"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"connections": (Connection("inn", "a", 0.5, 20.0),)},
            ", connection inn -> a: there is no population or port called 'inn'; "
            "did you mean 'in'? write one of: a, b, in",
        ),
        (
            {"connections": (Connection("a", "c", 0.5, 20.0),)},
            ", connection a -> c: there is no population called 'c'; write one of: a, b",
        ),
        ({"stimulus": "inn"}, ": stimulus: there is no port called 'inn'; did you mean 'in'? write one of: in"),
        ({"default_output": "in"}, ": default_output: there is no population called 'in'; write one of: a, b"),
        ({"ports": ("in", "a")}, f" has more than one population or port called 'a'; {OF_ITS_OWN}"),
        ({"populations": (A, B, A)}, f" has more than one population or port called 'a'; {OF_ITS_OWN}"),
        ({"populations": (A, B, Population("", 3))}, f" has a population or port called '', {NO_NAME}"),
        ({"populations": (A, B, Population("a b", 3))}, f" has a population or port called 'a b', {NO_NAME}"),
        ({"populations": (A, B, Population("a.b", 3))}, f" has a population or port called 'a.b', {NO_NAME}"),
        ({"ports": ("in", "4")}, f" has a population or port called '4', {NO_NAME}"),
        ({"ports": "in"}, ": ports is 'in'; write ('in',)"),
        ({"n_actions": -1}, ": n_actions is -1; write a whole number from 0 to 1e+18"),
        (
            {"populations": [A, B]},
            f": populations are {[A, B]!r}; write a tuple, (Population(…), …)",
        ),
        ({"connections": (3,)}, ": connections are (3,); write a tuple, (Connection(…), …)"),
        (
            {"populations": (A, replace(B, drives=(Drive("gama", 1.0),)))},
            f", population 'b', drive: there is no oscillator or neuromodulator called 'gama'; "
            f"did you mean 'gamma'? {SIGNALS}",
        ),
        (
            {"populations": (A, replace(B, drives=(Drive("gamma", 1.0, ("dopamin",)),)))},
            ", population 'b', gates of the drive by gamma: there is no oscillator or neuromodulator "
            f"called 'dopamin'; did you mean 'dopamine'? {SIGNALS}",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, rule=STDP(), gates=("theta", "x")),)},
            f", connection a -> b, gates: there is no oscillator or neuromodulator called 'x'; {SIGNALS}",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, rule=STDP(), gates="theta"),)},
            ", connection a -> b: gates is 'theta'; write ('theta',)",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, gates=("theta",)),)},
            ", connection a -> b has gates ('theta',), which scale a learning rule, and no rule; "
            "write a rule, or leave the gates out",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, aligned=True, n_groups=2),)},
            ", connection a -> b is aligned, so that no synapse is random, and n_groups = 2 of them would be "
            "ignored; leave one of the two out",
        ),
        (
            {"connections": (FixedInDegree("a", "b", 3, Normal(0.0, 0.1), Constant(1.0)),)},
            ", connection a -> b: weight is Normal(mean=0.0, sd=0.1), and nobody knows its sign; write a mean above "
            "0 for excitation, below 0 for inhibition",
        ),
        (
            {"populations": (Population("a", 4, AdExParams(), Background(100.0, -3.0)), B), "connections": ()},
            ", population 'a': background.weight_mv is -3, and AdExParams takes conductances; write a positive one",
        ),
        (
            {"connections": (FixedInDegree("a", "b", 3, Uniform(-0.1, 0.3), Constant(1.0), rule=STDP()),)},
            ", connection a -> b has a learning rule, and efficacies of both signs, of which a rule can keep one; "
            "write a connection for each sign",
        ),
        (
            {
                "populations": (Population("a", 4, AdExParams()), Population("b", 4)),
                "connections": (Connection("b", "a", 0.5, -20.0, INHIBITORY),),
            },
            ", connection b -> a has negative efficacies, and AdExParams takes conductances; write positive ones, "
            "with channel=INHIBITORY for those that inhibit",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, rule=STDP(dendritic_delay_ms=0.25)),)},
            ", connection a -> b: the dendritic delay of an STDP rule is 0.25 ms, which is not a whole number of "
            "steps of dt_ms = 1; write 1",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, rule=STDP(tau_post_ms=2e6)),)},
            ", connection a -> b: a time constant of 2e+06 ms is more than 1000000 steps of 1 ms, so that rounding "
            "would change how a trace decays; write 1e+06 or less",
        ),
        (
            {"connections": (Connection("a", "b", 0.5, 20.0, rule=ThreeFactor()),), "n_actions": 5},
            ", connection a -> b: its 4 target cells cannot be divided among n_actions = 5; "
            "write at least 5 cells, or fewer actions",
        ),
    ],
)
def test_names_and_shapes(changes: dict[str, object], message: str) -> None:
    assert message_of(replace(SOUND, **changes)) == f"region 'net'{message}"


def test_a_layout_without_populations() -> None:
    assert message_of(Layout((), ())) == (
        "region 'net': the layout of kind 'mine' has no population; write one at least"
    )


def test_a_layout_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"^region 'net': the layout of kind 'mine' is None; return a Layout$"):
        SpikingKind(lambda _: None).anatomy(SPEC)  # type: ignore[arg-type, return-value]


class Unheard(Rule):
    """A rule of which the kernels do not know."""

    code = 777

    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [dt_ms, mean_weight, total_weight]


class Misnumbered(STDP):
    code = 777


class Wordy(STDP):
    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return ["fast"]  # type: ignore[list-item]


class Verbose(STDP):
    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [1.0] * 12


class Undefined(STDP):
    def pack(self, dt_ms: float, mean_weight: float, total_weight: float) -> list[float]:
        return [math.nan]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            Unheard(),
            "rule is a Unheard, of whose code thalia_dask.plasticity.updates does not know, so that",
        ),
        (Misnumbered(), "rule is a Misnumbered, of whose code thalia_dask.plasticity.updates does not know, so that"),
        (Wordy(), f"{Wordy()} packs ['fast'] for the kernels; write at most 10 numbers, up to 1e+38"),
        (Verbose(), f"{Verbose()} packs {[1.0] * 12} for the kernels; write at most 10 numbers, up to 1e+38"),
        (Undefined(), f"{Undefined()} packs [nan] for the kernels; write at most 10 numbers, up to 1e+38"),
    ],
)
def test_a_rule_that_kernels_cannot_follow(rule: Rule, message: str) -> None:
    connection = Connection("a", "b", 0.5, 20.0, rule=rule)
    assert message_of_connection(connection).startswith(f"region 'net', connection a -> b: {message}")


def test_each_rule_has_a_code_of_its_own() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


INDICES, WEIGHTS, DELAYS = np.arange(2, dtype=np.int32), np.ones(2, np.float32), np.ones(2, np.int32)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (
            EdgeList(INDICES / 2, INDICES, WEIGHTS, DELAYS),
            "the sources of edges are array([0. , 0.5]); write an array ",
        ),
        (EdgeList(INDICES, INDICES > 0, WEIGHTS, DELAYS), "the targets of edges are array([False,  True]); write an"),
        (
            EdgeList(INDICES, INDICES, WEIGHTS, [1, 1]),
            "the delays of edges are [1, 1]; write an array of whole numbers",
        ),
        (
            EdgeList(INDICES, INDICES, np.array([["1.0", "2.0"]]), DELAYS),
            "the weights of edges are array([['1.0', '2.0']], dtype='<U3'); write an array of numbers, shape",
        ),
    ],
)
def test_edges_of_other_types(edges: EdgeList, message: str) -> None:
    connection = ExplicitConnection("a", "b", edges)
    assert message_of_connection(connection).startswith(f"region 'net', connection a -> b: {message}")


def test_layers_of_a_cortex_that_are_more_than_all() -> None:
    assert message_of_params("cortex", l4_fraction=1.0, l23_fraction=1.0) == (
        "params of region 'r': the fractions of its cells, l4 1, l23 1, l5 0.25, l6 0.15, add up to 2.4; "
        "write fractions that are 1 together"
    )


def test_subfields_of_a_hippocampus_that_are_more_than_all() -> None:
    assert message_of_params("hippocampus", dg_fraction=0.9) == (
        "params of region 'r': the fractions of its cells, dg 0.9, ca3 0.25, ca1 0.25, add up to 1.4; "
        "write fractions that are 1 together"
    )


@pytest.mark.parametrize("l4_fraction", [0.2, 0.3001])
def test_layers_of_a_cortex_that_are_about_all_or_less(l4_fraction: float) -> None:
    spec = RegionSpec("r", "cortex", 100, 1.0, seed=1, params=(("l4_fraction", l4_fraction),))
    assert REGIONS["cortex"].anatomy(spec).n_neurons > 0


def test_a_threshold_that_rises_above_the_reset() -> None:
    """What cells that adapt so do: one spike, and then the threshold is out of reach."""
    cell = LIFParams(resting_mv=-45.0, reset_mv=-45.0, adaptation_mv=30.0, tau_adaptation_ms=1e6)
    layout = Layout((Population("a", 3, cell),), (), default_output="a")
    region = SpikingKind(lambda _: layout).create(replace(SPEC, incoming=()))
    packet = region.advance(Window(0, 50), Arrivals())
    assert (packet.steps.tolist(), packet.neurons.tolist()) == ([0, 0, 0], [0, 1, 2])


def test_axons_that_end_in_no_port() -> None:
    spec = replace(SPEC, incoming=(Incoming("x.all", 6, "inn"),))
    with pytest.raises(ConfigError, match=r"axons of x.all: there is no port called 'inn'; did you mean 'in'"):
        wire(spec, SOUND)


def test_constants_that_are_infinite_in_32_bits() -> None:
    cells = replace(A, neuron=ConductanceLIFParams(capacitance_pf=1e-300))
    message = message_of(replace(SOUND, populations=(cells, B)))
    assert re.search(
        r"population 'a': ConductanceLIFParams\(.* of dt_ms = 1 beyond 1e\+38, which are infinite in 32 bits; ",
        message,
    )


def test_the_mend_of_a_tuple_is_one_that_is_taken() -> None:
    pair = "write a value of type tuple (float, float)"
    for given, mend in ((5.0, pair), ([1.0], pair), ([1.0, 2.0], "write (1.0, 2.0)")):
        connection = replace(SOUND.connections[0], delay_ms=given)
        assert message_of_connection(connection).endswith(f"delay_ms is {given!r}; {mend}")


class Known(Protocol):
    """Only type checkers know what has this form."""


def test_fields_that_a_user_adds_may_be_annotated_in_any_way() -> None:
    class Local:
        pass

    @dataclass(frozen=True)
    class Mine(LIFParams):
        mode: Local | None = None
        known: Known | None = None
        gain: np.float64 = 1.0
        maybe: Annotated[float | None, "a note"] = None

    cells = Population("a", 10, Mine())
    wire(
        SPEC, replace(SOUND, populations=(cells, B), connections=(Connection("a", "b", 0.5, 20.0, aligned=np.True_),))
    )
    wrong = replace(SOUND, populations=(replace(cells, neuron=Mine(tau_membrane_ms=-1.0)), B))
    assert f"tau_membrane_ms is -1.0; {POSITIVE}" in message_of(wrong)


def test_no_synapses_at_all_are_a_legitimate_case() -> None:
    none = FixedInDegree("a", "b", 0, Constant(20.0), Constant(1.0))
    assert len(wire(SPEC, replace(SOUND, connections=(none,))).synapses.slot) == 0
