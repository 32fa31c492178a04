"""The load at which half are solved, against a minimiser that knows no derivatives and against draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from learnscape import stored
from learnscape.numerics.half_point import half_point

LOADS = np.array([0.66, 0.68, 0.7, 0.72, 0.74, 0.76, 0.78])


def _without_derivatives(x, k, n):
    def cost(at):
        eta = (x - at[0]) / np.exp(at[1])
        return k @ np.logaddexp(0, eta) + (n - k) @ np.logaddexp(0, -eta)

    start = [x[np.argmin(abs(k / n - 0.5))], np.log(0.015)]
    found = minimize(
        cost, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
    )
    return found.x[0], np.exp(found.x[1])


def test_stored_counts_by_other_means() -> None:
    """Largest likelihood by the simplex method."""
    for points in stored("searches")["success"]["reinforced"].values():
        x, k, n = (np.array([p[key] for p in points], float) for key in ("alpha", "solved", "tried"))
        ours, (load, width) = half_point(x, k, n), _without_derivatives(x, k, n)
        assert (ours.load, ours.width) == pytest.approx((load, width), abs=2e-6)


def test_the_error_is_that_of_fresh_draws() -> None:
    """Standard deviation over 400 experiments with a known half-point, its mean, and the mean of chi-square."""
    rng, a, w = np.random.default_rng(3), 0.735, 0.012
    counts = rng.binomial(50, 1 / (1 + np.exp((LOADS - a) / w)), size=(400, 7))
    fits = [half_point(LOADS, k, np.full(7, 50)) for k in counts]
    loads = np.array([f.load for f in fits])
    assert loads.std() == pytest.approx(np.mean([f.error for f in fits]), rel=0.12)
    assert loads.mean() == pytest.approx(a, abs=4 * loads.std() / 20)


@pytest.mark.parametrize(
    ("solved", "message"),
    [
        ([5, 5, 5], "one half"),
        ([10, 10, 0], "larger load"),
        ([1, 4, 9], "falling"),
        ([11, 4, 0], "counts"),
        ([10, 4], "as long"),
    ],
)
def test_counts_that_decide_nothing(solved: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        half_point([0.6, 0.7, 0.8], solved, [10] * len(solved) if len(solved) == 3 else [10] * 3)
