"""A field's annotation says what it means and what it may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest

from thalia_dask.declared import NonNegative, check_fields, declared, meaning
from thalia_dask.errors import ConfigError


@dataclass(frozen=True)
class Params:
    lag_ms: Annotated[NonNegative, "of the first, ms"] = 0.0
    span_ms: Annotated[tuple[float, float], "first and last, ms"] = (1.0, 2.0)
    names: Annotated[tuple[str, ...], "of those that count"] = ()
    most: Annotated[int | None, "None for all"] = None
    bare: float = 1.0


def test_meanings() -> None:
    told = {name: meaning(annotation) for name, annotation in declared(Params).items()}
    assert told == {
        "lag_ms": "of the first, ms",
        "span_ms": "first and last, ms",
        "names": "of those that count",
        "most": "None for all",
        "bare": "",
    }


@pytest.mark.parametrize("fitting", [Params(), Params(3.0, (0.5, 0.5), ("a", "b"), 7)])
def test_a_meaning_does_not_change_what_fits(fitting: Params) -> None:
    check_fields("", fitting)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (Params(lag_ms=-1.0), r"lag_ms is -1\.0; write a number from 0 to 1e\+18"),
        (Params(span_ms=(0.0, 1.0)), r"span_ms is 0\.0; write a number above 0"),
        (Params(span_ms=[1.0, 2.0]), r"span_ms is \[1\.0, 2\.0\]; write \(1\.0, 2\.0\)"),
        (Params(names=(1,)), "names is 1; write a value of type str"),
        (Params(most="2"), "most is '2'; write a value of type int or None"),
    ],
)
def test_nor_what_is_refused(wrong: Params, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        check_fields("", wrong)
