"""The explorable on the closure: its table against the solver, and where its curves cross."""

from __future__ import annotations

import numpy as np
import pytest

from learnscape.explore import jamming_closure
from learnscape.replica.parisi import jamming_exponents, scaling_functions


@pytest.mark.parametrize("trial", [1.1, 1.237, 1.416, 1.5551, 1.7])
def test_the_table_is_the_solver(trial: float) -> None:
    shown = jamming_closure()
    answer, exact = shown.evaluate(kappa_exponent=trial), scaling_functions(kappa_exponent=trial)
    one, other = exact.closure
    e = exact.exponents
    wanted = {"left": one, "right": other, "a_plus_b": e.a + e.b, "gamma": e.gamma, "theta": e.theta}
    for name, value in wanted.items():
        assert answer[name][0] == pytest.approx(value, abs=shown.table.error[name] + 1e-7)
    assert max(shown.table.error[name] for name in wanted) < 5e-5
    t = shown.constants["t"]
    np.testing.assert_allclose(answer["held"], -np.interp(t, exact.t, exact.slope), atol=5e-3)


def test_the_sides_cross_where_the_sum_is_one() -> None:
    answer = jamming_closure().evaluate(kappa_exponent=round(jamming_exponents().kappa_exponent, 3))
    assert abs(answer["left"][0] - answer["right"][0]) < 5e-4
    assert abs(answer["a_plus_b"][0] - 1.0) < 5e-4
