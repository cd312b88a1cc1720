"""YAML as configs need it: safe, with no key given twice, and errors that say where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from thalia_dask.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """The safe loader, which refuses duplicate keys and reads ``1e-3`` as the number that it is."""

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key '{key.value}' is given twice; keep one of the two"
                raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return node


_Loader.add_implicit_resolver(  # YAML 1.1 takes a number in exponent form without a point for text
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read the mapping in a YAML file; an empty file is an empty mapping.

    Raises
    ------
    ConfigError : if there is no such file, or it is no text, no YAML or no mapping; with line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the config '{path}': {error.strerror}; write the path of a YAML file"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"'{path}' is not UTF-8 text (byte {error.start}); save it as UTF-8 YAML") from None
    content = parse_yaml(text, str(path))
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(
            f"'{path}' holds a {type(content).__name__}; write a mapping at its top level, such as 'brain: ...'"
        )
    return content


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
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        character = repr(chr(error.character))
        raise ConfigError(
            f"{where}, line {line}, column {column}: YAML does not allow the character {character}; remove it"
        ) from None
