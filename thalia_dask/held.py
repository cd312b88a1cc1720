"""Tables that a kernel gets again and again, kept in one piece of memory as compiled code has them.

At a call, numba takes every array out of its Python object. Where other regions have been computed since, none of
these is in the cache any more: for tables of seventy arrays, that took as long as ten steps of a thousand neurons.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.registry import cpu_target
from numba.extending import NativeValue, intrinsic, typeof_impl, unbox
from numpy.typing import NDArray

from thalia_dask.jit import kernel
from thalia_dask.prefetch import begin_to_load

_Tables = TypeVar("_Tables", bound=tuple[Any, ...])


class _Held(int):
    """The address of what kernels see as ``tables``, and its owner."""

    type: Any
    owners: tuple[Any, ...]


def hold(tables: _Tables) -> _Tables:
    """Named arrays, or tables of them, as an argument for kernels of ``jit.for_types_of``.

    The arrays stay the same; what is in them may change.
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return tables
    plain = numba.typeof(tables)  # type: ignore[no-untyped-call]
    memory = np.empty(_size(plain), np.uint8)
    _write(memory, tables)
    held = _Held(memory.ctypes.data)
    held.type, held.owners = _HeldTuple(plain.types, plain.instance_class), (memory, tables)
    return cast("_Tables", held)


class _HeldTuple(types.NamedTuple):
    """The tuple that compiled code reads at an address. Inside a kernel it is like any other."""


register_default(_HeldTuple)(models.TupleModel)


@typeof_impl.register(_Held)
def _type_of(held: _Held, _context: Any) -> Any:
    return held.type


def _size(type_: Any) -> int:
    context = cpu_target.target_context
    return int(context.get_abi_sizeof(context.get_data_type(type_)))


@kernel
def _write(memory: NDArray[np.uint8], tables: tuple[Any, ...]) -> None:
    _store(memory, tables)


@intrinsic
def _store(_context: Any, memory: Any, tables: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        model = context.data_model_manager[signature.args[1]]
        place = builder.bitcast(address, model.get_data_type().as_pointer())
        builder.store(model.as_data(builder, arguments[1]), place)
        return context.get_dummy_value()

    return types.void(memory, tables), generate


@unbox(_HeldTuple)
def _read(type_: Any, number: Any, c: Any) -> Any:
    """Read it, and begin to load the beginning of every array in it."""
    model = c.context.data_model_manager[type_]
    address = c.builder.bitcast(c.pyapi.long_as_voidptr(number), model.get_data_type().as_pointer())
    tables = model.load_from_data_pointer(c.builder, address)
    _expect(type_, tables, c)
    return NativeValue(tables)


def _expect(type_: Any, value: Any, c: Any) -> None:
    if isinstance(type_, types.Array):
        begin_to_load(c.context.make_array(type_)(c.context, c.builder, value).data, c.builder)
    elif isinstance(type_, types.BaseTuple):
        for place, field in enumerate(type_):
            _expect(field, c.builder.extract_value(value, place), c)
