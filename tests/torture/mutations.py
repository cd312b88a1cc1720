"""Ways in which files go wrong: by accident, by a half-finished copy, by somebody who edits them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.random import Generator

STRANGE: list[Any] = [
    None, True, -1, 0, 2**31, 2**63, 10**29, 1e308, float("nan"), float("inf"), "", "x" * 5000, "../..", "\x00", [],
    {}, [[]], {"x": {"y": {}}}, [1, "a", None], "true", "1e999", "NaN", "|O", "numcodecs.pickle",
]  # fmt: skip
TOKENS = [
    "&a ", "*a ", "<<: *a\n", "!!python/object:os.system ", "!!binary ", "{", "}", "[", "]", "- ", ": ", "? ", "|\n",
    "#", "'", '"', "\t", "\x00", "\ufeff", "9" * 6000, "0x" + "f" * 400, "1:99:99", "2001-13-99", "~", "---\n",
]  # fmt: skip


def mutate_bytes(content: bytes, rng: Generator) -> bytes:
    """Flip, cut, blank, repeat or insert."""
    if not content:
        return b"\x00"
    data = bytearray(content)
    at = int(rng.integers(len(data)))
    length = int(rng.integers(1, 1 + min(64, len(data))))
    match int(rng.integers(6)):
        case 0:
            data[at] ^= 1 << int(rng.integers(8))
        case 1:
            for place in rng.integers(len(data), size=8):
                data[place] = int(rng.integers(256))
        case 2:
            del data[at:]
        case 3:
            data[at : at + length] = bytes(len(data[at : at + length]))
        case 4:
            data[at:at] = data[at : at + length]
        case _:
            del data[at : at + length]
    return bytes(data)


def mutate_text(text: str, rng: Generator) -> str:
    """Insert a token of YAML, or swap two lines."""
    lines = text.splitlines(keepends=True)
    if lines and rng.random() < 0.3:
        one, other = rng.integers(len(lines), size=2)
        lines[one], lines[other] = lines[other], lines[one]
        return "".join(lines)
    at = int(rng.integers(len(text) + 1))
    return text[:at] + TOKENS[int(rng.integers(len(TOKENS)))] + text[at:]


def mutate_values(values: Any, rng: Generator) -> Any:
    """Replace, remove or rename one value somewhere in a tree of mappings and lists."""
    values = json.loads(json.dumps(values))
    node = values
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return STRANGE[int(rng.integers(len(STRANGE)))]
        key = keys[int(rng.integers(len(keys)))]
        child = node[key]
        if isinstance(child, dict | list) and child and rng.random() < 0.8:
            node = child
            continue
        choice = rng.random()
        if choice < 0.7:
            node[key] = STRANGE[int(rng.integers(len(STRANGE)))]
        elif choice < 0.85 or not isinstance(node, dict):
            del node[key]
        else:
            node[f"{key}x"] = node.pop(key)
        return values


@dataclass(frozen=True, slots=True)
class FolderMutation:
    """One file of a folder that was spoiled, and how it was."""

    path: Path
    kind: int
    before: bytes

    def undo(self) -> None:
        """Make the folder as it was."""
        _aside(self.path).unlink(missing_ok=True)
        self.path.write_bytes(self.before)


def mutate_folder(folder: Path, rng: Generator) -> FolderMutation:
    """Spoil one file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = files[int(rng.integers(len(files)))]
    kind, before = int(rng.integers(5)), path.read_bytes()
    if kind == 0:
        path.unlink()
    elif kind == 1:
        path.rename(_aside(path))
    elif kind == 2 and path.suffix == ".json":
        path.write_text(json.dumps(mutate_values(json.loads(before), rng)))
    else:
        path.write_bytes(mutate_bytes(before, rng))
    return FolderMutation(path, kind, before)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}x")
