"""Checkpoints from somebody who knows how they are made: changed, and then given the hashes that they must have."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

from numpy.random import Generator

from tests.torture.mutations import mutate_bytes, mutate_values
from thalia_dask.engine.sealed_file import _hash, _seal

_ROOT = "zarr.json"
Parts = dict[str, bytes]
"""What the file holds, by name; the attributes without hashes and seal."""


def take_apart(path: Path) -> Parts:
    """The parts of a checkpoint."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = json.loads(parts[_ROOT])
    for name in ("hashes", "seal"):
        del root["attributes"][name]
    return {**parts, _ROOT: json.dumps(root).encode()}


def put_together(parts: Parts, path: Path) -> None:
    """Write parts as a checkpoint whose hashes are right."""
    root = json.loads(parts[_ROOT])
    attributes = root.get("attributes") if isinstance(root, dict) else None
    if isinstance(attributes, dict):
        attributes["hashes"] = {name: _hash(content) for name, content in parts.items() if name != _ROOT}
        attributes["seal"] = _seal(attributes)
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, json.dumps(root).encode() if name == _ROOT else content)


def mutate_parts(parts: Parts, rng: Generator) -> Parts:
    """Change one part, the attributes more often than others."""
    names = sorted(parts)
    name = _ROOT if rng.random() < 0.3 else names[int(rng.integers(len(names)))]
    if name.endswith(_ROOT):
        return {**parts, name: json.dumps(mutate_values(json.loads(parts[name]), rng)).encode()}
    content = parts[name]
    length = len(content)
    changed = mutate_bytes(content, rng)
    if rng.random() < 0.8:  # of the right length, so that it gets further
        changed = (changed + content)[:length]
    return {**parts, name: changed}
