"""The checks of arguments that all parts of the library share."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from learnscape.errors import as_finite, as_real, is_integer, raises_on_failure, real_array
from learnscape.jamming import ellipses, packings

HIDDEN = np.ma.masked_greater([1.0, 9.0], 5.0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (HIDDEN, "without masked entries"),
        ([HIDDEN, HIDDEN], "without masked entries"),  # a list of rows, too
        ([1.0, 2j], "not of complex128"),
        (["1", "2"], "not of <U1"),
        ([[1.0, 2.0], [1.0]], "radii must be an array of real numbers"),
        ([1.0, None], "radii must be an array of real numbers"),
        ([10**400], "radii must be an array of real numbers"),
    ],
)
def test_nothing_is_dropped_silently(values: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_real("radii", values)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="radii"):
        real_array("radii", values)  # type: ignore[arg-type]


def test_what_is_a_real_array() -> None:
    given = np.array([1.0, 2.0])
    copy = as_real("radii", given)
    copy[0] = 7.0
    assert given[0] == 1.0
    found = as_real("radii", [True, Fraction(1, 2), 2**70])
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 0.5, 2.0**70]
    assert type(as_real("radii", np.ma.array([1.0]))) is np.ndarray
    assert math.isnan(as_real("radii", [math.nan])[0])  # whether it is allowed is for the caller to say


@pytest.mark.parametrize("value", [True, np.True_, 2.0, "2", None, 1j])
def test_what_is_no_integer(value: object) -> None:
    assert not is_integer(value)
    assert is_integer(np.uint8(3))


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None, 1j, 10**400])
def test_what_is_no_finite_number(value: object) -> None:
    with pytest.raises(ValueError, match="kappa = "):
        as_finite("kappa", value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["Raise", True, None, ["raise"], np.array(["raise", "return"])])
def test_unknown_failure_mode(value: object) -> None:
    with pytest.raises(ValueError, match="on_failure"):
        raises_on_failure(value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: packings.quench(20, 0.9, max_steps=True),
        lambda: packings.jam(20, dimension=np.True_),
        lambda: ellipses.jam(20, max_steps=True),
    ],
)
def test_a_truth_value_is_no_number_of_steps(call: object) -> None:
    with pytest.raises(ValueError, match=r"max_steps|dimension"):
        call()  # type: ignore[operator]
