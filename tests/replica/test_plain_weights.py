"""Weights in any unit, given by the plainest `local`, or by a subclass that changes only the self-overlap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import xlogy
from scipy.stats import norm

from learnscape import Binary, Discrete, Margin, Spherical, SymmetricMargin
from learnscape.errors import ConvergenceError
from learnscape.numerics.adaptive import gaussian_average
from learnscape.replica import rs
from learnscape.weights import Weights


class Plain(Weights):
    """Levels as anyone would write them first: means near 0 lose their digits."""

    discrete = True

    def __init__(self, levels: tuple[float, ...], square: float) -> None:
        self.levels, self.square = np.array(levels), square

    @property
    def self_overlap(self) -> float:
        return self.square

    def local(self, field, precision):
        h, b = np.broadcast_arrays(np.asarray(field, float), np.asarray(precision, float))
        exponent = h[..., None] * self.levels - 0.5 * b[..., None] * self.levels**2
        top = exponent.max(-1)
        p = np.exp(exponent - top[..., None])
        z = p.sum(-1)
        p /= z[..., None]
        mean = p @ self.levels
        return top + np.log(z), mean, (p * (self.levels - mean[..., None]) ** 2).sum(-1)


@pytest.mark.parametrize("unit", [1e-12, 1e-8, 1e-3, 1e6, 1e12, 1e50])
def test_the_unit_of_two_levels_drops_out(unit) -> None:
    weights, constraint = Discrete((-unit, unit)), Margin(0.3 * unit)
    same = Binary(), Margin(0.3)
    assert rs.saddle_limit(weights, constraint) == pytest.approx(rs.saddle_limit(*same), rel=1e-13)
    assert rs.capacity(weights, constraint) == pytest.approx(rs.capacity(*same), rel=1e-12)
    found, exact = rs.solve(weights, constraint, 0.4), rs.solve(*same, 0.4)
    assert found.q / unit**2 == pytest.approx(exact.q, rel=1e-11)
    assert found.entropy == pytest.approx(exact.entropy, rel=1e-11)


@pytest.mark.parametrize("unit", [1e-8, 1.0])
def test_a_plain_local_serves(unit) -> None:
    weights = Plain((-unit, unit), unit**2)
    found, exact = rs.solve(weights, Margin(0.0), 0.4), rs.solve(Binary(), Margin(0.0), 0.4)
    assert found.q / unit**2 == pytest.approx(exact.q, rel=1e-11)
    assert found.entropy == pytest.approx(exact.entropy, rel=1e-11)
    assert rs.capacity(weights, Margin(0.0)) == pytest.approx(0.833078599739579, rel=1e-11)


def test_a_plain_local_whose_strong_fields_are_noise() -> None:
    weights = Plain((0.0, 1.0), 0.3)
    threshold = norm.isf(0.3)
    assert weights.limit_q_hat == pytest.approx(norm.pdf(threshold) ** 2, rel=1e-8)
    load, entropy = 0.4, rs.entropy(weights, Margin(0.0), 0.4)
    assert 0.0 < entropy < rs.annealed_bound(weights, Margin(0.0), load)
    with pytest.raises(ConvergenceError, match="rounding errors"):  # all weights +-1: no finite precision
        rs.capacity(Plain((-1.0, 0.0, 1.0), 1.0), Margin(0.0))


def test_another_self_overlap_brings_the_defaults_back() -> None:
    class Longer(Spherical):
        self_overlap = 2.0

    class Fixed(Discrete):
        self_overlap = 1.0

    assert rs.saddle_limit(Longer(), Margin(0.0)) == pytest.approx(2.0, rel=1e-12)
    assert rs.entropy(Longer(), Margin(0.0), 0.3) == pytest.approx(
        rs.entropy(Spherical(), Margin(0.0), 0.3), abs=1e-11
    )
    levels = (-1.5, -0.5, 0.5, 1.5)  # 0.25 a + 2.25 (1 - a) = 1 at a = 5/8
    entropy = -(5 / 8) * math.log(5 / 16) - (3 / 8) * math.log(3 / 16)
    assert Fixed(levels).annealed_entropy == pytest.approx(entropy, rel=1e-12)
    assert rs.capacity(Fixed(levels), Margin(0.0)) == pytest.approx(1.35433493945416, rel=1e-10)


def test_levels_near_each_other_are_not_taken_for_symmetric() -> None:
    assert not Plain((-1e-10, 2e-10), 1.5e-20).symmetric
    assert Plain((-1e-10, 1e-10), 1e-20).symmetric


@pytest.mark.parametrize(("largest", "kappa"), [(10.0, 0.1), (1000.0, 1.0), (1e6, 1.0)])
def test_annealed_bound_of_levels_of_different_size(largest, kappa) -> None:
    squares = np.array([1.0, 4.0, largest**2])
    constraint = SymmetricMargin(kappa)

    def load(x):
        p = np.exp(x - x.max())
        p /= p.sum()
        probability = constraint.terms(np.zeros(1), float(p @ squares))[0][0]
        return -float(xlogy(p, p / 2.0).sum()) / probability

    options = {"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-13}
    starts = [[0.0, -1.0, -5.0], [0.0, 0.0, -30.0], [0.0, -8.0, -30.0]]
    exact = -min(minimize(load, start, method="Nelder-Mead", options=options).fun for start in starts)
    weights = Discrete((-largest, -2, -1, 1, 2, largest))
    assert rs.annealed_bound(weights, constraint) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("constraint", [SymmetricMargin(100.0), Margin(-45.0)], ids=str)
def test_a_constraint_that_never_fails_has_no_limit(constraint) -> None:
    weights = Discrete((-1, 0, 1))
    assert rs.saddle_limit(weights, constraint) == math.inf
    assert rs.capacity(weights, constraint) == math.inf
    assert rs.annealed_bound(weights, constraint) == math.inf


@pytest.mark.parametrize("values", [1.0, [1.0, 2.0], np.ones((192, 3))])
def test_a_function_of_another_shape_is_refused(values) -> None:
    with pytest.raises(ValueError, match=r"shape of function"):
        gaussian_average(lambda x: values)
