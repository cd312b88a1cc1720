"""What generated pages are put together from: tables, and docstrings as Markdown."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Annotated, Any, get_args, get_origin

from thalia_dask.declared import bounds, declared, meaning

GENERATED = "<!-- Written by docs/make_reference.py. Change the code that declares this, then run the script. -->"

_WIDTH = 100
_ROLE = re.compile(r":\w+:`(~?)([^`]+)`")
_SECTION = re.compile(r"\s*^(\w+)\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"(\S.*?) : (.*)")


def page(parts: Iterable[str]) -> str:
    """A generated page of these paragraphs, tables and headings."""
    return "\n\n".join([GENERATED, *parts]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    return f"`{text}`"


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def words(documented: object) -> str:
    """A docstring as Markdown: its sections are lists with a title."""
    lead, *others = sections(documented).items()
    return "\n\n".join([lead[1], *(f"*{title}*\n\n{body}" for title, body in others)])


def sections(documented: object) -> dict[str, str]:
    """The sections of a docstring as Markdown, by title; what stands before them has none."""
    text = _ROLE.sub(
        lambda role: code(role[2].split(".")[-1] if role[1] else role[2]), inspect.getdoc(documented) or ""
    )
    lead, *rest = _SECTION.split(text.replace("``", "`"))
    return {"": lead} | {title: _items(body) for title, body in zip(rest[::2], rest[1::2], strict=True)}


def _items(section: str) -> str:
    """Each entry ``name : text`` of a section as an item of a list; other lines as they are."""
    lines = []
    for line in section.splitlines():
        entry = _ENTRY.fullmatch(line)
        lines.append(f"- `{entry[1]}`: {entry[2]}" if entry else line.replace("    ", "  ", 1))
    return "\n".join(lines)


def entry(name: str, documented: Callable[..., Any], level: int = 3) -> str:
    """What can be called: its heading, how it is called, and its docstring."""
    return "\n\n".join([f"{'#' * level} `{name}`", called(name, documented), words(documented)])


def called(name: str, documented: Callable[..., Any]) -> str:
    """How it is called, one parameter a line where they are many."""
    signature = inspect.signature(documented)
    parameters, positional = [], True
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if positional and parameter.kind is parameter.KEYWORD_ONLY:
            parameters.append("*")
            positional = False
        parameters.append(_parameter(parameter))
    is_class, returned = inspect.isclass(documented), signature.return_annotation
    end = ")" if is_class or returned is signature.empty else f") -> {returned}"
    line = f"{name}({', '.join(parameters)}{end}"
    if len(line) > _WIDTH:
        line = "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), end])
    return f"```python\n{line}\n```"


def _parameter(parameter: inspect.Parameter) -> str:
    annotation = getattr(parameter.annotation, "__forward_arg__", parameter.annotation)
    kind = "" if annotation is parameter.empty else f": {annotation}"
    if parameter.default is parameter.empty:
        return f"{parameter.name}{kind}"
    default = "..." if repr(parameter.default).startswith("<") else repr(parameter.default)
    return f"{parameter.name}{kind} = {default}"


def parameters_table(parameters: type) -> str:
    """Every field of a dataclass of parameters."""
    annotations = declared(parameters)
    rows = [
        (code(f.name), meaning(annotations[f.name]), code(_default(f)), *_written(f.name, annotations[f.name]))
        for f in fields(parameters)
    ]
    return table(("parameter", "what", "default", "type", "write"), rows)


def _default(field: Field[Any]) -> str:
    return "required" if field.default is MISSING else json.dumps(field.default)


def _written(name: str, annotation: Any) -> tuple[str, str]:
    """Type of a parameter, and what may be written."""
    kind: type = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    is_number = kind in (float, int)
    return code(kind.__name__), bounds(name, annotation).told if is_number else f"a value of type {kind.__name__}"
