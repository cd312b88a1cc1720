"""Configs from YAML: merging, overrides, and each error by its text."""

from textwrap import dedent

import numpy as np
import pytest

from thalia_dask.config import ThaliaConfig, load_cluster_config, load_config
from thalia_dask.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


def message_of(source, overrides=(), load=load_config):
    with pytest.raises(ConfigError) as caught:
        load(source, overrides)
    return str(caught.value)


def test_a_file_fills_in_what_it_names(write):
    config = load_config(write("a.yaml", "global: {seed: 7}\nbrain: {sizes: {cortex_size: 30}}"))
    assert config.global_.seed == 7
    assert config.brain.sizes.cortex_size == 30
    assert config.brain.sizes.pfc_size == 128


def test_an_empty_file_is_all_defaults(write):
    assert load_config(write("a.yaml", "# nothing\n")) == ThaliaConfig()


def test_a_mapping_is_loaded_and_left_alone(write):
    base = write("base.yaml", "global: {seed: 1}")
    given = {"extends": str(base), "global": {"dt_ms": 0.5}}
    config = load_config(given, ["global.seed=9"])
    assert (config.global_.seed, config.global_.dt_ms) == (9, 0.5)
    assert given == {"extends": str(base), "global": {"dt_ms": 0.5}}


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "0.001", "1.0e-3"])
def test_exponents_are_numbers(text, write):
    path = write("a.yaml", f"brain: {{region_params: {{cortex: {{rate: {text}}}}}}}")
    assert load_config(path).brain.region_params["cortex"]["rate"] == 0.001


def test_extends_merges_mappings_and_replaces_the_rest(write):
    write("base.yaml", "global: {seed: 1, dt_ms: 0.5}\nbrain: {projections: [{source: a, target: b}]}")
    write("sub/middle.yaml", "extends: ../base.yaml\nglobal: {seed: 2}")
    config = load_config(write("sub/top.yaml", "extends: middle.yaml\nbrain: {projections: []}"))
    assert (config.global_.seed, config.global_.dt_ms) == (2, 0.5)
    assert config.brain.projections == []


def test_null_takes_back_what_was_extended(write):
    write("base.yaml", "brain: {regions: {v1: {kind: cortex, size: 9}}}")
    assert load_config(write("top.yaml", "extends: base.yaml\nbrain: {regions: null}")).brain.regions is None


def test_extends_in_a_circle(write):
    write("b.yaml", "extends: a.yaml")
    message = message_of(write("a.yaml", "extends: b.yaml"))
    assert "b.yaml: extends goes in a circle (a.yaml -> b.yaml -> a.yaml); remove one of these 'extends'" in message


def test_extends_a_file_that_is_not_there(write):
    path = write("a.yaml", "extends: nope.yaml")
    message = message_of(path)
    assert message.startswith(f"{path}: extends is 'nope.yaml', but there is no file")
    assert f"write a path from '{path.parent}'" in message


def test_extends_something_else(write):
    assert "extends is ['a.yaml']; write the path of one YAML file" in message_of(
        write("a.yaml", "extends: [a.yaml]")
    )


def test_overrides_are_read_as_yaml_in_their_order():
    config = load_config({}, ["global.seed=1", "global.seed=2", "brain.parallel=true", "training.exploration=1e-2"])
    assert (config.global_.seed, config.brain.parallel, config.training.exploration) == (2, True, 0.01)


def test_an_entry_of_a_list_is_overridden_by_its_number():
    given = {"brain": {"projections": [{"source": "a", "target": "b"}] * 2}}
    overrides = ["brain.projections.1.delay_ms=3", "brain.projections.1.weight_scale=2.0"]
    first, second = load_config(given, overrides).brain.projections
    assert (first.delay_ms, second.delay_ms, second.weight_scale, second.source) == (None, 3.0, 2.0, "a")
    assert given == {"brain": {"projections": [{"source": "a", "target": "b"}] * 2}}


def test_what_is_wrong_in_a_list_has_its_own_origin(write):
    path = write("a.yaml", "brain: {projections: [{source: a}, {source: a, target: b}]}")
    assert message_of(path, ["brain.projections.1.weight_scale=-1.0"]).splitlines()[1:] == [
        f"  {path}: brain.projections.0.target is missing; write where the axons end, 'region' or 'region.port'",
        "  --set brain.projections.1.weight_scale=-1.0: brain.projections.1.weight_scale is -1.0, which should be "
        "greater than or equal to 0; write a factor on the pathway's default efficacy, a number from 0 to 1e+18 "
        "(default 1.0)",
    ]


@pytest.mark.parametrize("given", [{}, {"brain": {"projections": [{"source": "a", "target": "b"}]}}])
def test_an_entry_that_a_list_does_not_have(given):
    assert message_of(given, ["brain.projections.7.delay_ms=3.0"]) == (
        "--set brain.projections.7.delay_ms=3.0: brain.projections is {'7': {'delay_ms': 3.0}}, which should be a "
        "list, of which only an entry that is given can be set by its number; write a list of projections, or null "
        "for the standard pathways"
    )


@pytest.mark.parametrize("source", [None, 3])
def test_what_is_no_config_at_all(source):
    assert message_of(source) == (
        f"the config is {source!r}; write the path of a YAML file, a mapping with the same keys, or a ThaliaConfig"
    )


@pytest.mark.parametrize("text", ["global.seed", "=3", "global..seed=3", ""])
def test_an_override_of_another_form(text):
    assert message_of({}, [text]) == (
        f"the override {text!r} is not of the form key.path=value; write e.g. global.seed=7"
    )


@pytest.mark.parametrize(
    ("overrides", "example"),
    [
        ("brain.parallel=true", "brain.parallel=true"),
        ({"brain.parallel": True}, "global.seed=7"),
        ([3], "global.seed=7"),
        (None, "global.seed=7"),
    ],
)
@pytest.mark.parametrize("load", [load_config, load_cluster_config])
def test_overrides_that_are_no_list_of_texts(overrides, example, load):
    assert message_of({}, overrides, load) == (
        f"the overrides are {overrides!r}; write a list of texts key.path=value, e.g. ['{example}']"
    )


def test_overrides_may_come_from_a_generator():
    assert load_config({}, (f"global.seed={seed}" for seed in (1, 2))).global_.seed == 2


@pytest.mark.parametrize(("name", "guess"), [("cortx", "did you mean brain.regions.cortex? "), ("zzz", "")])
def test_an_override_of_a_region_that_there_is_not(write, name, guess):
    path = write("a.yaml", "brain: {regions: {cortex: {kind: cortex, size: 3}}}")
    assert message_of(path, [f"brain.regions.{name}.size=3"]) == (
        f"--set brain.regions.{name}.size=3: brain.regions.{name}.kind is missing; "
        f"{guess}write a kind of region, such as 'cortex'"
    )


def test_an_override_of_an_unknown_path():
    assert message_of({}, ["brain.sizes.cortex_siz=3"]) == (
        "--set brain.sizes.cortex_siz=3: unknown key brain.sizes.cortex_siz (given 3); did you mean 'cortex_size'?"
    )


def test_an_override_that_is_no_yaml():
    assert message_of({}, ["global.seed=[1"]).startswith("--set global.seed=[1, line 1, column 3: expected ','")


def test_an_unknown_key_that_belongs_elsewhere(write):
    path = write("a.yaml", "seed: 3")
    assert message_of(path) == f"{path}: unknown key seed (given 3); did you mean global.seed?"


def test_an_unknown_key_without_a_likeness(write):
    path = write("a.yaml", "zzz: 3")
    assert message_of(path) == (
        f"{path}: unknown key zzz (given 3); write one of global, brain, execution, recovery, recording, checkpoint, "
        "task, training"
    )


def test_an_unknown_key_inside_a_region(write):
    path = write("a.yaml", "brain: {regions: {v1: {kind: cortex, size: 3, inputsize: 4}}}")
    assert message_of(path) == (
        f"{path}: unknown key brain.regions.v1.inputsize (given 4); did you mean 'input_size'?"
    )


def test_a_wrong_type(write):
    path = write("a.yaml", "global: {seed: lots}")
    assert message_of(path) == (
        f"{path}: global.seed is 'lots', which should be a valid integer; "
        "write the root of all random numbers, a whole number of at least 0 (default 42)"
    )


def test_a_negative_size(write):
    path = write("a.yaml", "brain: {regions: {v1: {kind: cortex, size: -3}}}")
    assert message_of(path) == (
        f"{path}: brain.regions.v1.size is -3, which should be greater than 0; "
        "write the kind's main size, a whole number greater than 0"
    )


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf"])
def test_a_number_that_is_not_finite(text, write):
    path = write("a.yaml", f"brain: {{projections: [{{source: a, target: b, delay_ms: {text}}}]}}")
    message = message_of(path)
    assert message.startswith(f"{path}: brain.projections.0.delay_ms is ")
    assert "which should be a finite number; write the axonal delay in ms" in message


@pytest.mark.parametrize(
    ("value", "reason"),
    [(float("nan"), "should be a finite number"), ([1], "should be true or false, a number or a text")],
)
def test_a_parameter_that_is_no_plain_value(value, reason):
    assert message_of({"brain": {"region_params": {"cortex": {"x": value}}}}) == (
        f"the given mapping: brain.region_params.cortex.x is {value!r}, which {reason}; "
        "write a mapping of region name to a mapping of parameters"
    )


def test_a_missing_key(write):
    path = write("a.yaml", "brain: {regions: {v1: {size: 3}}}")
    assert message_of(path) == f"{path}: brain.regions.v1.kind is missing; write a kind of region, such as 'cortex'"


def test_a_value_of_the_wrong_type():
    assert message_of({"brain": {"parallel": "maybe"}}) == (
        "the given mapping: brain.parallel is 'maybe', which should be a valid boolean or should be 'auto'; "
        "write true for one Dask actor a region, false for a plain loop in this process, or 'auto' for the faster of "
        "the two (default false)"
    )


@pytest.mark.parametrize("key", [1, None, True, (1, 2)])
def test_a_key_that_is_no_text(key):
    assert message_of({key: 2}).startswith(
        f"the given mapping: the key {key!r} in the config should be a text; write one of global, brain, "
    )
    assert message_of({"brain": {"sizes": {key: 2}}}).startswith(
        f"the given mapping: the key {key!r} in brain.sizes should be a text; write one of input_size, "
    )


def test_values_of_numpy_are_values():
    region = {"kind": "cortex", "size": np.int32(20), "params": {"x": np.int64(1), "y": np.bool_(False)}}
    projection = {"source": "a", "target": "a", "delay_ms": np.int64(5), "weight_scale": np.float32(0.5)}
    brain = {"regions": {"a": region}, "projections": [projection], "parallel": np.bool_(True)}
    config = load_config({"global": {"seed": np.int64(3), "dt_ms": np.float64(0.5)}, "brain": brain})
    assert config == load_config(
        {
            "global": {"seed": 3, "dt_ms": 0.5},
            "brain": {
                "regions": {"a": {"kind": "cortex", "size": 20, "params": {"x": 1, "y": False}}},
                "projections": [{"source": "a", "target": "a", "delay_ms": 5, "weight_scale": 0.5}],
                "parallel": True,
            },
        }
    )
    assert [type(value) for value in config.brain.regions["a"].params.values()] == [int, bool]
    assert (type(config.global_.seed), type(config.global_.dt_ms)) == (int, float)
    assert "global.seed is 3.0, which should be a valid integer" in message_of({"global": {"seed": np.float64(3)}})


def test_a_section_that_is_no_mapping():
    assert message_of({"brain": None}) == (
        "the given mapping: brain is None, which should be a mapping; write a mapping that lays out the brain"
    )


def test_an_unknown_device():
    assert "global.device is 'tpu', which is no device that the simulator knows; write 'cpu', 'cuda' or" in (
        message_of({"global": {"device": "tpu"}})
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.b", "is no name for a region"),
        ("engine", "is a name that the simulator uses itself"),
        (3, "should be a valid string"),
        (None, "should be a valid string"),
        ((1, 2), "should be a valid string"),
    ],
)
def test_a_name_that_no_region_can_have(name, reason):
    assert message_of({"brain": {"regions": {name: {"kind": "cortex", "size": 3}}}}) == (
        f"the given mapping: the key {name!r} in brain.regions {reason}; "
        "write a name of letters, digits, '_' and '-' that begins with a letter or '_'"
    )


def test_all_problems_are_told_at_once_each_with_its_origin(write):
    base = write("base.yaml", "global: {dt_ms: 0}")
    top = write("top.yaml", "extends: base.yaml\nglobal: {seed: -1}")
    assert message_of(top, ["brain.encoding_timesteps=0"]).splitlines() == [
        "3 values are wrong:",
        "  --set brain.encoding_timesteps=0: brain.encoding_timesteps is 0, which should be greater than 0; "
        "write the number of steps for which an input is shown (default 15)",
        f"  {base}: global.dt_ms is 0, which should be greater than 0; "
        "write the length of a step in ms, greater than 0 (default 1.0)",
        f"  {top}: global.seed is -1, which should be greater than or equal to 0; "
        "write the root of all random numbers, a whole number of at least 0 (default 42)",
    ]


def test_yaml_that_cannot_be_parsed(write):
    path = write("a.yaml", "global:\n  seed: 3\n  dt_ms: [1\n")
    assert message_of(path).startswith(f"{path}, line 4, column 1: expected ',' or ']'")


def test_a_key_given_twice(write):
    path = write("a.yaml", "global:\n  seed: 3\n  seed: 4\n")
    assert message_of(path) == f"{path}, line 3, column 3: the key 'seed' is given twice; keep one of the two"


def test_a_merge_key_may_be_overridden(write):
    path = write(
        "a.yaml",
        """
        brain:
          regions:
            a: &a {kind: cortex, size: 3}
            b: &b {<<: *a, size: 4}
            c: {<<: *b, size: 5}
        """,
    )
    assert [region.size for region in load_config(path).brain.regions.values()] == [3, 4, 5]


def test_tags_that_would_run_code(write):
    path = write("a.yaml", "global: !!python/object/apply:os.getcwd []")
    assert f"{path}, line 1, column 9: could not determine a constructor for the tag" in message_of(path)


def test_a_control_character(write):
    path = write("a.yaml", "global:\n  seed: \x07")
    assert message_of(path) == f"{path}, line 2, column 9: YAML does not allow the character '\\x07'; remove it"


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"seed: \xff\xfe")
    assert message_of(path) == f"'{path}' is not UTF-8 text (byte 6); save it as UTF-8 YAML"


def test_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "a.yaml"
    assert message_of(path) == (
        f"cannot read the config '{path}': No such file or directory; write the path of a YAML file"
    )


def test_a_directory(tmp_path):
    assert message_of(tmp_path).startswith(f"cannot read the config '{tmp_path}': ")


def test_a_list_at_the_top(write):
    path = write("a.yaml", "- 1")
    assert message_of(path) == f"'{path}' holds a list; write a mapping at its top level, such as 'brain: ...'"


def test_clusters_are_loaded_in_the_same_way(write):
    path = write("c.yaml", "kind: local\nn_workers: 2")
    assert load_cluster_config(path, ["threads_per_worker=3"]).threads_per_worker == 3
    assert load_cluster_config(path).dashboard_address == "127.0.0.1:0"
    assert message_of(path, ["kind=lsf"], load_cluster_config) == (
        "--set kind=lsf: kind is 'lsf', which is no kind of cluster; "
        "write one of 'local', 'pbs', 'slurm', 'slurm_runner', 'ssh'"
    )


def laughing(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (laughing(9), "line 1, column 1: it stands for more than 100,000 values; write fewer aliases"),
        ("brain: &b {regions: *b}", "line 1, column 1: it stands for more than 100,000 values; write fewer aliases"),
        ("[" * 200, "line 1, column 33: values are nested more than 32 deep"),
        ("global: {seed: 0x" + "f" * 9999 + "}", "line 1, column 16: a whole number beyond ±1e+30"),
        ("global: {seed: " + "9" * 5000 + "}", "Exceeds the limit (4300 digits) for integer string conversion"),
        ("global: {seed: 2001-99-99}", "month must be in 1..12; write it in quotes if it is a text"),
        ("global: !!python/object/apply:os.abort []", "could not determine a constructor for the tag"),
    ],
)
def test_what_is_no_config_is_refused_before_it_takes_memory(write, text, told):
    path = write("a.yaml", text)
    assert message_of(path).startswith(str(path))
    assert told in message_of(path)


def test_a_file_without_end_is_not_read(write):
    assert message_of("/dev/zero") == "'/dev/zero' is longer than 1,000,000 bytes: write the path of a config"


def test_some_aliases_are_fine(write):
    config = load_config(write("a.yaml", "brain:\n  regions:\n    a: &c {kind: cortex, size: 9}\n    b: *c\n"))
    assert config.brain.regions["a"] == config.brain.regions["b"]


def test_the_kind_of_a_cluster_says_which_keys_there_are(write):
    path = write("c.yaml", "kind: slurm\nn_workers: 2\nmemory: lots\nprocesses: true\nqueue: 'a\n\n  b'\n")
    told = message_of(path, (), load_cluster_config)
    assert f"{path}: unknown key processes (given True); write one of kind, dashboard_address, " in told
    assert f"{path}: memory is 'lots', which is no amount of memory; write the memory of each job, such as" in told
    assert f"{path}: queue is 'a\\nb', which should be one line; write the queue or partition, or null" in told


@pytest.mark.parametrize("key", ["memory", "memory_limit"])
def test_the_least_memory_of_a_worker(key):
    cluster = {"kind": "slurm", "n_workers": 1} if key == "memory" else {}
    for least in ("400MiB", "419430400B", "0.4 GiB", "420MB", "500000 KiB", "500000kB"):
        assert load_cluster_config({**cluster, key: least}).memory_of_worker == least
    for little in ("1KiB", "399 MiB", "0B", "419MB"):
        told = message_of({**cluster, key: little}, (), load_cluster_config)
        why = f"{key} is {little!r}, which is too little, as a worker takes 400 MiB of its own; write the memory of "
        assert told.startswith(f"the given mapping: {why}")


def test_what_must_not_be_empty():
    told = message_of({"kind": "ssh", "hosts": []}, (), load_cluster_config)
    assert (
        told
        == "the given mapping: hosts is [], which should not be empty; write a list of hosts, as in ~/.ssh/config"
    )


def test_a_config_is_varied(write):
    path = write("a.yaml", "global: {seed: 7}\nbrain: {projections: [{source: a, target: b}]}\ntask: {name: bandit}")
    config = load_config(path)
    again = load_config(config)
    assert again == config
    assert again.model_fields_set == config.model_fields_set, "what nobody wrote stays unsaid"
    other = load_config(config, ["global.seed=3", "brain.projections.0.delay_ms=2"])
    assert (other.global_.seed, other.brain.projections[0].delay_ms, other.task.name) == (3, 2.0, "bandit")
    assert (config.global_.seed, config.brain.projections[0].delay_ms) == (7, None)
    assert load_config(ThaliaConfig()) == ThaliaConfig()


def test_a_variant_is_checked_as_a_whole():
    assert message_of(load_config({}), ["global.dt_ms=0"]) == (
        "--set global.dt_ms=0: global.dt_ms is 0, which should be greater than 0; write the length of a step in ms, "
        "greater than 0 (default 1.0)"
    )
    told = (
        "the config is GlobalConfig(device='cpu', dt_ms=1.0, seed=42, round_delays=False); write the path of a YAML "
    )
    assert message_of(load_config({}).global_) == f"{told}file, a mapping with the same keys, or a ThaliaConfig"
    small = load_cluster_config({"n_workers": 1})
    assert load_cluster_config(small, ["threads_per_worker=2"]).shape == (1, 2)


def test_a_config_stays_as_it_is():
    config = load_config({})
    with pytest.raises(ConfigError) as caught:
        config.global_.seed = 3
    assert str(caught.value) == (
        "seed of GlobalConfig cannot be set to 3, since a config stays as it is; make another one, e.g. "
        'load_config(config, ["global.seed=3"])'
    )
    with pytest.raises(ConfigError, match=r"^training of ThaliaConfig cannot be set to None, since a config stays"):
        config.training = None
    assert config == ThaliaConfig()
