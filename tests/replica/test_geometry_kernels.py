"""The cross overlap without memory, for explorables."""

from __future__ import annotations

import pytest

from learnscape import Margin, Spherical
from learnscape.replica import rs
from learnscape.replica.geometry import cross_overlap
from learnscape.replica.kernels import cross_overlap_kernel


@pytest.mark.parametrize(
    ("first", "second", "alpha"),
    [
        (-0.2, -0.5, 1.0),
        (-0.5, -0.2, 1.0),
        (-0.3, -0.2, 1.9),
        (-0.1, -0.5, 0.1),
        (0.0, -0.5, 1.8),
        (0.3, -1.0, 0.9),
    ],
)
def test_the_kernel_gives_the_cross_overlap(first, second, alpha):
    q1, q2 = (rs.solve(Spherical(), Margin(kappa), alpha).q for kappa in (first, second))
    found = cross_overlap_kernel(alpha, q1, first, q2, second)
    assert found == pytest.approx(cross_overlap(Spherical(), Margin(first), Margin(second), alpha), abs=1e-9)


def test_equal_margins_have_their_own_overlap():
    q = rs.solve(Spherical(), Margin(-0.4), 1.0).q
    assert cross_overlap_kernel(1.0, q, -0.4, q, -0.4) == q
