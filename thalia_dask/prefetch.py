"""Ask for memory before it is needed: a hint to the processor, without any effect on results.

Synapses of one axon that arrive in different steps are read a few at a time, each time from another line of memory.
Unasked, every one of these reads would wait for main memory.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

_READ, _KEEP_IN_ALL_CACHES, _DATA = 0, 3, 1


def prefetch(array: NDArray[Any], index: int) -> None:
    """Begin to load the cache line of ``array[index]``, a number or a row, which may lie behind the end."""


@intrinsic
def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        begin_to_load(builder.gep(data, [arguments[1]]), builder)
        return context.get_dummy_value()

    return types.void(array, index), generate


def begin_to_load(pointer: Any, builder: Any) -> None:
    """Write the hint into compiled code."""
    address = builder.bitcast(pointer, ir.IntType(8).as_pointer())
    number = ir.IntType(32)
    shape = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
    hint = get_or_insert_function(builder.module, shape, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
    builder.call(hint, [address, *(number(value) for value in (_READ, _KEEP_IN_ALL_CACHES, _DATA))])


@overload(prefetch)
def _compiled_prefetch(array: Any, index: Any) -> Any:  # noqa: ARG001
    def of_number(array: Any, index: Any) -> Any:
        return _prefetch(array, index)  # type: ignore[call-arg]

    def of_row(array: Any, index: Any) -> Any:
        return _prefetch(array, index * array.shape[1])  # type: ignore[call-arg]

    return of_number if array.ndim == 1 else of_row
