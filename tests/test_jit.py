import logging

import numba

from thalia_dask.jit import compiling_is_told


def kernel_of(module):
    def double(x):
        return x * 2

    double.__module__ = module
    return numba.njit(double)


def test_compiling_is_told_once_and_not_where_nothing_is_compiled(caplog):
    caplog.set_level(logging.INFO, "thalia_dask")
    one, other, of_others = map(kernel_of, ("thalia_dask.one", "thalia_dask.other", "others"))
    with compiling_is_told():
        of_others(1)
        assert caplog.messages == []
        one(1)
        other(1)
    assert caplog.messages == ["compiling kernels, which later starts find in the cache"]
    with compiling_is_told():
        one(1)
    assert len(caplog.messages) == 1
