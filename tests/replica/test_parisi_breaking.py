"""The breaking point on the AT line: against the AT line of rs, against numerical derivatives, and the kinds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.ansatz.grid import NODES
from learnscape.numerics.gaussian import inverse_mills, log_H
from learnscape.replica import rs
from learnscape.replica.parisi import _chain, boundaries, breaking_point


@pytest.mark.parametrize("kappa", [-0.05, -0.5, -1.0, -2.0, -2.9])
def test_line_is_that_of_rs(kappa: float) -> None:
    """There the line comes from the replicon along the replica-symmetric branch."""
    found = breaking_point(kappa)
    assert found.alpha == pytest.approx(rs.at_line(Spherical(), Margin(kappa)), rel=1e-9)
    assert found.q == pytest.approx(
        rs.solve(Spherical(), Margin(kappa), found.alpha * (1 - 1e-12)).q, abs=1e-8
    )


def test_kinds() -> None:
    found = [breaking_point(kappa) for kappa in (-0.5, -1.0, -1.45, -1.5, -2.0, -2.1)]
    assert [point.kind for point in found] == 3 * ["continuous full RSB"] + 2 * ["continuous 1RSB"] + [
        "discontinuous"
    ]
    assert found[0].x == pytest.approx(0.2259, abs=5e-5)
    assert found[1].x == pytest.approx(0.3668, abs=5e-5)
    edges = boundaries()
    assert breaking_point(edges.full).slope == pytest.approx(0.0, abs=1e-8)
    assert breaking_point(edges.continuous).x == pytest.approx(1.0, abs=1e-8)
    assert edges.full == pytest.approx(-1.474, abs=5e-4)
    assert edges.continuous == pytest.approx(-2.043, abs=5e-4)


@pytest.mark.parametrize("kappa", [-0.5, -1.0, -1.8])
def test_formulas_against_the_flow(kappa: float) -> None:
    """x and its slope are derivatives along the Parisi flow; here the flow goes a finite way with constant x, and differences are taken.

    With x right, d/dq of lambda^2 int P f''^2 vanishes at the point; and the formula for x, evaluated at both ends, changes by slope times length.
    """
    point = breaking_point(kappa)
    length = 1e-3 * (1.0 - point.q)

    def ends(x: float) -> tuple[np.ndarray, np.ndarray]:
        gaps = np.array([1.0 - point.q + length / 2, 1.0 - point.q - length / 2])
        lam = np.array([gaps[1] + x * length, gaps[1]])
        breaks, h = _chain.nodes(gaps[1], -kappa)
        root = math.sqrt(gaps[1])
        mills = inverse_mills(-h / root)
        none = np.zeros(h.size)
        leaf = _chain.Leaf(log_H(-h / root), mills / root, -mills * (h / root + mills) / gaps[1], none, none)
        chain = _chain.sweep(breaks, h, -kappa, gaps, np.array([x]), lam, leaf)
        marginality, breaking = [], []
        for level in range(2):
            p, bend = chain.measure[level], chain.bend[level]
            pieces = _chain.to_legendre(bend).reshape(-1, NODES)
            nodes = np.polynomial.legendre.leggauss(NODES)[0]
            third = np.array(
                [np.polynomial.legendre.legval(nodes, np.polynomial.legendre.legder(c)) for c in pieces]
            )
            third = (third * 2.0 / np.diff(breaks)[:, None]).ravel()
            marginality.append(lam[level] ** 2 * (p @ bend**2))
            breaking.append(0.5 * lam[level] * (p @ third**2) / (p @ (bend**2 * (1.0 + lam[level] * bend))))
        return np.array(marginality), np.array(breaking)

    marginality, breaking = ends(point.x)
    wrong, _ = ends(1.05 * point.x)
    assert abs(marginality[1] - marginality[0]) < 0.01 * abs(wrong[1] - wrong[0])  # of 5 per cent: x to 5e-4
    assert breaking.mean() == pytest.approx(
        point.x, rel=1e-3
    )  # f at the middle is that of the line up to O(length)
    assert (breaking[1] - breaking[0]) / length == pytest.approx(point.slope, rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("kappa", [0.0, -3.5, math.nan, "1"])
def test_bad_input(kappa: float) -> None:
    with pytest.raises(ValueError, match="kappa"):
        breaking_point(kappa)
