"""Many arrays and some JSON values in one file: a Zarr store in a zip, all of whose content is verified when read.

Arrays are neither compressed nor cut, so that nothing is decoded but plain numbers, and no file can claim more memory
than it takes on disk. One file needs one wait for the disk, and one rename puts it into place.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.core.buffer import Buffer

from thalia_dask.regions.base import NUMERIC

_METADATA = "zarr.json"
_DAMAGE = (BadZipFile, OSError, EOFError, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError)
"""What zipfile and json raise for what is no zip and no JSON; a RecursionError is a RuntimeError."""


class DamageError(Exception):
    """Something in a file is not what was written; its text names the part."""


class SealedWriter:
    """Adds arrays, and at last the attributes, to a file that does not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = ZipFile(path, "w", ZIP_STORED)
        self._hashes: dict[str, str] = {}

    def array(self, group: str, name: str, values: NDArray[Any]) -> None:
        """Add an array of numbers.

        Raises
        ------
        TypeError : for a name that is there already.
        """
        parent = ""
        for folder in group.split("/"):
            parent += f"{folder}/"
            if parent + _METADATA not in self._hashes:
                self._add(parent + _METADATA, _group_metadata())
        path = f"{group}/{_stored(name)}"
        if f"{path}/{_METADATA}" in self._hashes:
            raise TypeError(f"two entries in {group} are kept as '{_stored(name)}'; give '{name}' another name")
        self._add(f"{path}/{_METADATA}", _array_metadata(values.shape, values.dtype.newbyteorder("=")))
        if values.size:
            little = values.astype(values.dtype.newbyteorder("<"), copy=False)
            self._add(_content_of(path, values.ndim), little.tobytes())

    def seal(self, attributes: Mapping[str, Any]) -> None:
        """Add the attributes of the store and the hashes of everything; then the file is on the disk."""
        sealed = {**attributes, "hashes": self._hashes}
        self._zip.writestr(_METADATA, _group_metadata({**sealed, "seal": _seal(sealed)}))
        self._zip.close()
        flush_to_disk(self._path)

    def _add(self, path: str, content: bytes) -> None:
        self._hashes[path] = _hash(content)
        self._zip.writestr(path, content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()


class SealedReader:
    """Reads what :class:`SealedWriter` wrote; what is given back has been verified.

    Attributes
    ----------
    attributes : of the store; they are verified by :meth:`check_seal`, not before.

    Raises
    ------
    DamageError : if the file is no zip, or has no attributes.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = ZipFile(path)
        except _DAMAGE as error:
            raise DamageError("the table of contents at its end") from error
        try:
            self.attributes: dict[str, Any] = dict(json.loads(self._stored(_METADATA))["attributes"])
        except _DAMAGE as error:
            self._zip.close()
            raise DamageError("attributes") from error

    def check_seal(self) -> None:
        """Verify the attributes.

        Raises
        ------
        DamageError : if they are not those that were written.
        """
        sealed = {name: value for name, value in self.attributes.items() if name != "seal"}
        if self.attributes.get("seal") != _seal(sealed) or not isinstance(sealed.get("hashes"), dict):
            raise DamageError("attributes")

    def array(self, group: str, name: str) -> NDArray[Any]:
        """One array.

        Raises
        ------
        DamageError : if it is not the one that was written.
        """
        part = f"{group}/{_stored(name)}"
        try:
            metadata = json.loads(self._content(f"{part}/{_METADATA}"))
            shape, dtype = tuple(metadata["shape"]), np.dtype(metadata["data_type"])
            if dtype.kind not in NUMERIC or [codec["name"] for codec in metadata["codecs"]] != ["bytes"]:
                raise DamageError(part)
            if 0 in shape:
                return np.empty(shape, dtype)
            content = self._content(_content_of(part, len(shape)))
            return np.frombuffer(content, dtype.newbyteorder("<")).reshape(shape).astype(dtype)
        except _DAMAGE as error:
            raise DamageError(part) from error

    def _content(self, path: str) -> bytes:
        content = self._stored(path)
        if _hash(content) != self.attributes["hashes"][path]:
            raise BadZipFile(path)
        return content

    def _stored(self, path: str) -> bytes:
        about = self._zip.getinfo(path)
        if about.compress_type != ZIP_STORED or about.file_size != about.compress_size:  # it might be a bomb
            raise BadZipFile(path)
        return self._zip.read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()


@lru_cache(maxsize=1024)
def _array_metadata(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """What Zarr says of an array in one piece; asked once for each shape, since it takes longer than the array."""
    contents: dict[str, Buffer] = {}
    chunks = tuple(max(1, length) for length in shape)
    zarr.create_array(contents, shape=shape, chunks=chunks, dtype=dtype, compressors=None)
    return contents[_METADATA].to_bytes()


def _group_metadata(attributes: Mapping[str, Any] | None = None) -> bytes:
    contents: dict[str, Buffer] = {}
    zarr.create_group(contents, attributes=dict(attributes or {}))
    return contents[_METADATA].to_bytes()


def _content_of(path: str, n_dimensions: int) -> str:
    """Where an array's only piece is: the default key encoding of the Zarr specification, version 3."""
    return "/".join([path, "c", *["0"] * n_dimensions])


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; a loss of power does not take them then."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def what_to_do(error: OSError) -> str:
    """What to write about a file that could not be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "free space on that disk, or write another path" if full else "write another path"


def _stored(name: str) -> str:
    """The name of an array as the name of a folder."""
    return name.replace("/", "|")


def _hash(content: bytes) -> str:
    """128 bits: enough against accidents; nothing here protects against forgery."""
    return blake2b(content, digest_size=16).hexdigest()


def _seal(attributes: Mapping[str, Any]) -> str:
    return _hash(json.dumps(attributes, sort_keys=True).encode())
