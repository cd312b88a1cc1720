import re

import pytest

from tests.cli.conftest import CONFIGS


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_is_valid(call, config):
    result = call("validate", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1


def test_a_valid_config_is_told_in_one_line(call, two_regions, tiny):
    told = call("validate", two_regions).stdout
    assert re.fullmatch(re.escape(f"{two_regions} is valid: 2 regions, 1 projection, ") + r"\d+ neurons\n", told)
    assert call("validate", tiny).stdout.endswith(" neurons, fit for the task digits\n")


def test_a_brain_that_does_not_fit_its_task(refused, tiny):
    assert refused("validate", tiny, "--set", "brain.sizes.n_actions=4") == (
        "the brain does not fit the task 'digits':\n"
        "  there are 10 actions, but 'striatum' selects among 4; write brain.sizes.n_actions: 10"
    )


def test_missing_file(refused):
    assert refused("validate", "nosuch.yaml") == (
        "cannot read the config 'nosuch.yaml': No such file or directory; write the path of a YAML file"
    )


def test_unreadable_yaml_is_told_with_line_and_column(refused, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("brain:\n  sizes: [1,\n")
    assert refused("validate", bad).startswith(f"{bad}, line 3, column 1: ")


def test_unknown_key(refused, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("brain:\n  sizes:\n    cortx_size: 3\n")
    message = refused("validate", bad)
    assert message.startswith(f"{bad}")
    assert message.endswith("unknown key brain.sizes.cortx_size (given 3); did you mean 'cortex_size'?")


def test_override_of_no_form(refused, tiny):
    assert refused("validate", tiny, "--set", "foo") == (
        "the override 'foo' is not of the form key.path=value; write e.g. global.seed=7"
    )


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "brain.neuromodulation.value_source=cortex.ecx",
            "value_source: there is no population of region",
        ),
        (
            "brain.neuromodulation.novelty_source=x.exc",
            "novelty_source: there is no region called",
        ),
        ("execution.window_ms=0.0000001", "execution.window_ms is 1e-07 ms, which is no step of"),
    ],
)
def test_what_only_opening_the_brain_used_to_tell(refused, two_regions, override, told):
    assert told in refused("validate", two_regions, "--set", override)
    assert told in refused("describe", two_regions, "--set", override)


def test_a_region_that_the_output_has_no_room_for(refused, tmp_path):
    config = tmp_path / "rate.yaml"
    config.write_text("brain: {regions: {rate: {kind: thalamus, size: 5, input_size: 5}}}")
    assert "brain.regions.rate: the recording keeps one group per region" in refused("validate", config)
