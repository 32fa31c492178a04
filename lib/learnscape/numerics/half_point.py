r"""The load at which half of the problems are solved, from counts: a logistic curve by maximum likelihood.

*Problem.* At load x a problem is solved with the probability :math:`1/(1+e^{(x-a)/w})`; k of n were solved at each load. With
:math:`\eta=(x-a)/w=bx-c` the log-likelihood :math:`-\sum[k\ln(1+e^{\eta})+(n-k)\ln(1+e^{-\eta})]` is concave in (b, c): Newton's steps,
halved where they overshoot. The inverse of minus its matrix of second derivatives is the covariance of (b, c), and
:math:`a=c/b` has the error :math:`|\nabla a|` in that metric. Chapter: dense/dense-algorithms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import real_array, require

__all__ = ["HalfPoint", "half_point"]

STEPS = 100
ENOUGH = 1e-12  # gain of log-likelihood, relative, below which Newton stops


class HalfPoint(NamedTuple):
    """Where half are solved, how well this is known, and whether the curve fits."""

    load: float
    """a, at which half of the problems are solved."""
    error: float
    """Its standard error: of the draws, not of the choice of the curve."""
    width: float
    """w."""
    misfit: float
    """Pearson's chi-square of the counts."""
    freedom: int
    """Number of loads minus two, to hold it against."""


def half_point(load: ArrayLike, solved: ArrayLike, tried: ArrayLike) -> HalfPoint:
    """Fit the fraction solved by a curve that falls from one to zero.

    Parameters
    ----------
    load : array_like, shape (n,)
        Where problems were tried.
    solved, tried : array_like, shape (n,)
        Counts, 0 <= solved <= tried, tried > 0.

    Returns
    -------
    HalfPoint

    Raises
    ------
    ValueError
        Bad counts; no load with a failure below one with a success (then the width is not determined); fractions all on one
        side of one half, or rising with the load.

    Examples
    --------
    >>> found = half_point([0.6, 0.7, 0.8], [90, 50, 10], [100, 100, 100])
    >>> round(found.load, 6), round(found.width, 4), found.error < 0.01
    (0.7, 0.0455, True)
    """
    x, k, n = (
        real_array(name, value) for name, value in (("load", load), ("solved", solved), ("tried", tried))
    )
    require(x.ndim == 1 and x.shape == k.shape == n.shape, "load", x.shape, "one row, as long as the counts")
    require(bool(np.all((n > 0) & (k >= 0) & (k <= n))), "solved", k, "counts from 0 to tried, tried > 0")
    require(bool((k / n).min() < 0.5 < (k / n).max()), "solved", k, "below and above one half of tried")
    overlap = x[k > 0].max() > x[k < n].min()
    require(
        bool(overlap), "solved", k, "a success at a larger load than some failure, else the width is open"
    )
    middle, scale = x.mean(), x.std()
    design = np.stack([(x - middle) / scale, -np.ones_like(x)])  # eta = b x - c

    def likelihood(at: np.ndarray) -> float:
        eta = at @ design
        return -float(k @ np.logaddexp(0.0, eta) + (n - k) @ np.logaddexp(0.0, -eta))

    at = np.zeros(2)
    best = likelihood(at)
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(at @ design))
        curvature = (design * (n * p * (1.0 - p))) @ design.T
        step = np.linalg.solve(curvature, design @ (n * p - k))
        while (gained := likelihood(at + step)) < best - ENOUGH * abs(best):
            step = step / 2
        at, before, best = at + step, best, gained
        if abs(best - before) <= ENOUGH * abs(best):
            break
    p = 1.0 / (1.0 + np.exp(at @ design))
    spread = n * p * (1.0 - p)
    covariance = np.linalg.inv((design * spread) @ design.T)
    b, c = at
    require(bool(b > 0.0), "solved", k, "falling with the load")
    gradient = np.array([-c / b, 1.0]) / b
    used = spread > 0.0
    return HalfPoint(
        load=float(middle + scale * c / b),
        error=float(scale * np.sqrt(gradient @ covariance @ gradient)),
        width=float(scale / b),
        misfit=float(np.sum((k - n * p)[used] ** 2 / spread[used])),
        freedom=len(x) - 2,
    )
