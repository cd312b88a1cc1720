"""YAML as configs need it: safe, bounded, with no key given twice, and errors that say where.

A config is a page of text. What is larger, deeper, or grows when its aliases are followed ("billion laughs") is no
config, and is refused before it takes memory.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from thalia_dask.errors import ConfigError

LARGEST_BYTES = 1_000_000
DEEPEST = 32
LARGEST_NUMBER = 10**30
MOST_VALUES = 100_000
"""With what aliases stand for counted as often as they are used."""


class _Loader(yaml.SafeLoader):
    """The safe loader, which refuses duplicate keys and what is too much, and reads ``1e-3`` as a number."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _refusal(f"values are nested more than {DEEPEST} deep", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        value: int = super().construct_yaml_int(node)
        if abs(value) > LARGEST_NUMBER:
            raise _refusal(f"a whole number beyond ±{LARGEST_NUMBER:.0e}", node.start_mark)
        return value

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None and _count(node, {}) > MOST_VALUES:
            raise _refusal(f"it stands for more than {MOST_VALUES:,} values; write fewer aliases", node.start_mark)
        return node

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key '{key.value}' is given twice; keep one of the two"
                raise _refusal(problem, key.start_mark)
            seen.add(key.value)
        return node


def _count(node: yaml.Node, known: dict[yaml.Node, int]) -> int:
    """How many values a node stands for."""
    if node not in known:
        known[node] = MOST_VALUES + 1  # what contains itself has no end
        children = node.value if isinstance(node, yaml.CollectionNode) else []
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in children for part in pair]
        known[node] = 1 + sum(_count(child, known) for child in children)
    return known[node]


def _refusal(problem: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.composer.ComposerError(None, None, problem, mark)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_implicit_resolver(  # YAML 1.1 takes a number in exponent form without a point for text
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping in a YAML file; an empty file is an empty mapping.

    Raises
    ------
    ConfigError : if there is no such file, or it is too long, no text, no YAML or no mapping; with line and column.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise ConfigError(f"'{path}' is longer than {LARGEST_BYTES:,} bytes: write the path of a config")
        text = content.decode("utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the config '{path}': {error.strerror}; write the path of a YAML file"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"'{path}' is not UTF-8 text (byte {error.start}); save it as UTF-8 YAML") from None
    values = parse_yaml(text, str(path))
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(
            f"'{path}' holds a {type(values).__name__}; write a mapping at its top level, such as 'brain: ...'"
        )
    return values


def parse_yaml(text: str, where: str) -> Any:
    """Parse a YAML text; ``where`` is what an error calls it.

    Raises
    ------
    ConfigError : if the text is no YAML, with line and column.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a subclass of the safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        context = f" ({error.context})" if error.context else ""
        raise ConfigError(f"{where}{place}: {error.problem}{context}") from None
    except ValueError as error:  # a number of too many digits, a date that there is not
        raise ConfigError(f"{where}: {error}; write it in quotes if it is a text") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        character = repr(chr(error.character))
        raise ConfigError(
            f"{where}, line {line}, column {column}: YAML does not allow the character {character}; remove it"
        ) from None
