"""Full RSB in the satisfiable phase: derivatives, the replica-symmetric side, convergence in the levels, the start at the AT line."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.errors import ConvergenceError
from learnscape.replica import rs
from learnscape.replica.parisi import breaking_point, solve
from learnscape.replica.parisi import satisfiable as module


def test_derivatives_against_differences() -> None:
    objective = module._Objective(-1.0, 10.0, 3)
    x = np.array([math.log(0.35), -0.3, *np.log([0.3, 0.4, 0.6])])
    _, gradient, hessian = objective(x)
    for i in range(x.size):
        step = 1e-4 * np.eye(x.size)[i]
        up, down = objective(x + step), objective(x - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-4, abs=1e-8)
        np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / 2e-4, atol=2e-5)


@pytest.mark.parametrize(("kappa", "alpha"), [(0.0, 1.0), (0.3, 0.5), (-1.0, 7.0), (-2.5, 100.0)])
def test_replica_symmetric_before_the_line(kappa: float, alpha: float) -> None:
    found, other = solve(kappa, alpha, levels=3), rs.solve(Spherical(), Margin(kappa), alpha)
    assert not found.broken
    assert found.entropy == pytest.approx(other.entropy, abs=1e-14)
    np.testing.assert_array_equal(found.q, np.full(4, other.q))


def test_equal_overlaps_are_replica_symmetric() -> None:
    """The functional itself, with a ladder of no length, is the replica-symmetric entropy, whatever x."""
    state = rs.solve(Spherical(), Margin(-1.0), 7.0)
    x = np.array([math.log(1.0 - state.q), -18.0, math.log(0.2), math.log(0.7)])
    value, _, _ = module._Objective(-1.0, 7.0, 2).derivatives(x)
    assert value == pytest.approx(state.entropy, abs=1e-7)


def test_entropy_falls_and_converges() -> None:
    """Each k is a bound; the error falls as k^-4, so that each doubling divides what is gained by about 16; marginality by 4."""
    found = [solve(-1.0, 10.0, levels=k) for k in (1, 2, 4, 8)]
    entropy = np.array([state.entropy for state in found])
    gains = -np.diff(entropy)
    assert np.all(gains > 0.0)
    assert np.all(gains[:-1] / gains[1:] > 10.0)
    assert entropy[-1] == pytest.approx(-2.35727922, abs=2e-8)
    assert entropy[0] < rs.solve(Spherical(), Margin(-1.0), 10.0).entropy
    replicon = [float(np.abs(state.replicon).max()) for state in found]
    assert replicon[-1] < 5e-4
    assert np.all(np.diff(replicon) < 0.0)
    assert all(state.converged for state in found)


def test_order_parameter_starts_at_the_breaking_point() -> None:
    line = breaking_point(-1.0)
    found = solve(-1.0, 1.01 * line.alpha, levels=4)
    middle = 0.5 * (found.q[0] + found.q[-1])
    assert np.interp(line.q, 0.5 * (found.q[1:] + found.q[:-1]), found.x) == pytest.approx(line.x, rel=0.02)
    assert middle == pytest.approx(line.q, abs=0.02)
    slope = (found.x[-1] - found.x[0]) / (found.q[-1] - found.q[0]) * 4.0 / 3.0
    assert slope == pytest.approx(line.slope, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 12.5), "below the capacity"),
        ((-1.0, 0.0), "load > 0"),
        ((-1.0, math.inf), "finite"),
        ((-2.0, 100.0), "full RSB is continuous"),
        ((-1.0, 7.874), "AT line"),
        ((1.0, 5.0), "alpha"),
    ],
)
def test_bad_input(arguments: tuple[float, float], message: str) -> None:
    with pytest.raises((ValueError, ConvergenceError), match=message):
        solve(*arguments)


def test_levels_and_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="from 1 to 60"):
        solve(-1.0, 10.0, levels=0)
    monkeypatch.setattr(module, "ITERATIONS", 1)
    with pytest.raises(ConvergenceError, match="last step"):
        solve(-1.0, 10.0, levels=1)
    assert not solve(-1.0, 10.0, levels=1, on_failure="return").converged
