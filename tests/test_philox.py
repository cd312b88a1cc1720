"""The generator against published vectors, one counter at a time and many at once."""

from __future__ import annotations

import numpy as np

from thalia_dask.philox import philox

KNOWN_ANSWERS = [  # kat_vectors of Random123, philox 4x32 10
    ("00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def test_known_answers() -> None:
    for counter_and_key, words in KNOWN_ANSWERS:
        *counter, key_0, key_1 = (int(word, 16) for word in counter_and_key.split())
        for n in (1, 5, 64):
            counters = np.repeat(np.array(counter, np.uint32)[:, None], n, axis=1)
            philox(counters, np.array([key_0, key_1], np.uint64))
            for column in counters.T:
                assert " ".join(f"{word:08x}" for word in column) == words
