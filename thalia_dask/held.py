"""Tables that a kernel gets at every call, kept in one piece of memory as compiled code sees them.

Otherwise numba takes each array out of its Python object, at every call. In a brain of many regions those of one are
no longer in the cache when its turn comes again, so that seventy arrays took as long as a few steps of 1000 neurons.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar, cast

import numba
import numpy as np
from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import NativeValue, intrinsic, models, register_model, typeof_impl, unbox
from numpy.typing import NDArray

from thalia_dask.jit import kernel
from thalia_dask.prefetch import begin_to_load

_Tables = TypeVar("_Tables", bound=tuple[Any, ...])


def hold(tables: _Tables) -> _Tables:
    """A table of arrays, or of tables, as an argument for kernels that ``jit.for_types_of`` makes.

    Kernels see what is in the arrays at the time of a call; which arrays they are is settled now. Every process that
    uses the package must be able to import the class of a table: numba's cache on disk keeps its name.
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return tables
    return cast("_Tables", _Held.of(tables))


class _Held(int):
    """The address of what kernels see; it keeps the memory there, and the arrays."""

    type: Any
    kept: tuple[Any, ...]

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "what a kernel holds of a region is an address, of which a copy would be the same region; build another "
            "region and give it snapshot() with restore()"
        )

    @classmethod
    def of(cls, tables: tuple[Any, ...]) -> _Held:
        seen = numba.typeof(tables)  # type: ignore[no-untyped-call]
        context = cpu_target.target_context
        memory = np.empty(context.get_abi_sizeof(context.get_data_type(seen)), np.uint8)
        _write(memory, tables)
        held = cls(memory.ctypes.data)
        held.type, held.kept = _HeldTable(seen), (memory, tables)
        return held


class _HeldTable(types.NamedTuple):
    """A table that is read at an address. Inside a kernel it is like any other."""

    def __init__(self, table: types.NamedTuple) -> None:
        super().__init__(table.types, table.instance_class)  # type: ignore[no-untyped-call]
        self.name = f"Held{self.name}"


register_model(_HeldTable)(models.TupleModel)


@typeof_impl.register(_Held)
def _type(held: _Held, _context: Any) -> Any:
    return held.type


@kernel
def _write(memory: NDArray[np.uint8], tables: tuple[Any, ...]) -> None:
    _store(memory, tables)  # type: ignore[call-arg]


@intrinsic
def _store(_context: Any, memory: Any, tables: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        model = context.data_model_manager[signature.args[1]]
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(data, model.get_data_type().as_pointer())
        builder.store(model.as_data(builder, arguments[1]), address)
        return context.get_dummy_value()

    return types.void(memory, tables), generate


@unbox(_HeldTable)  # type: ignore[no-untyped-call, untyped-decorator]
def _read(type_: Any, number: Any, c: Any) -> Any:
    model = c.context.data_model_manager[type_]
    address = c.builder.bitcast(c.pyapi.long_as_voidptr(number), model.get_data_type().as_pointer())
    table = model.load_from_data_pointer(c.builder, address)
    _expect(type_, table, c)
    return NativeValue(table)  # type: ignore[no-untyped-call]


def _expect(type_: Any, value: Any, c: Any) -> None:
    """Begin to load where each array begins: all at once, before the kernel asks for one after the other."""
    if isinstance(type_, types.Array):
        begin_to_load(c.context.make_array(type_)(c.context, c.builder, value).data, c.builder)
    elif isinstance(type_, types.NamedTuple):
        for place, field in enumerate(type_.types):
            _expect(field, c.builder.extract_value(value, place), c)
