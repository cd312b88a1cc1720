"""Philox4x32-10 of :mod:`thalia_dask.philox` in torch's integers: the same words on any device."""

from __future__ import annotations

from torch import Tensor

_MASK = 0xFFFFFFFF
_MULTIPLIER_0, _MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85


def philox(counters: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int]) -> tuple[Tensor, ...]:
    """Four int64 tensors of uniform 32-bit words, from as many of counters, of shapes that broadcast.

    A product of two 32-bit words may leave the range of int64; its 64 bits are right nevertheless, and the mask
    takes the sign away that the shift has spread.
    """
    c0, c1, c2, c3 = counters
    key_0, key_1 = key
    for _ in range(10):
        product_0, product_1 = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0 = ((product_1 >> 32) & _MASK) ^ c1 ^ key_0
        c2 = ((product_0 >> 32) & _MASK) ^ c3 ^ key_1
        c1, c3 = product_1 & _MASK, product_0 & _MASK
        key_0, key_1 = (key_0 + _WEYL_0) & _MASK, (key_1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3
