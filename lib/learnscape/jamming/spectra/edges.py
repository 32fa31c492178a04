r"""Where a continuous spectrum ends, from samples of finite size.

The smallest eigenvalue of a matrix of size n does not sit at the edge :math:`\lambda_e` of the limiting density but about :math:`n^{-2/3}` beside
it. If the density ends like a square root, the k-th eigenvalue from the edge lies, on average, close to

.. math:: \lambda_k = \lambda_e + A\,(k - \tfrac34)^{2/3},

the quantiles of :math:`\int\rho\propto(\lambda-\lambda_e)^{3/2}`. The shift 3/4 belongs to real symmetric matrices and is an approximation that is good
for k > 1 (for k = 1, in Airy units, the formula gives 1.12, and the mean of the Tracy-Widom law is 1.21; C. A. Tracy and H. Widom, Commun. Math. Phys. 177, 727 (1996)). A straight line through the first few eigenvalues
against :math:`(k-\frac34)^{2/3}` therefore meets the axis at the edge. Chapter ``jamming/hessian-spectra``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from learnscape.errors import is_integer, require
from learnscape.jamming.spectra._input import Samples, as_samples, mean_and_error

__all__ = ["Edge", "edge"]

OFFSET = 0.75


@dataclass(frozen=True)
class Edge:
    """Where a spectrum ends, from :func:`edge`."""

    value: float
    """Extrapolated edge, mean over samples."""
    error: float
    """Standard error over samples; NaN for one."""
    extreme: float
    """The outermost eigenvalue itself, mean over samples: at finite size it lies inside the edge of the limit."""
    extreme_error: float
    """Standard error over samples; NaN for one."""
    count: int
    """Eigenvalues per sample on the line."""
    samples: int
    """Number of samples."""


def edge(
    eigenvalues: Samples,
    *,
    side: Literal["lower", "upper"] = "lower",
    count: int = 4,
    above: float = -math.inf,
) -> Edge:
    """Estimate the end of a continuous spectrum that vanishes there like a square root.

    Parameters
    ----------
    eigenvalues : array_like or sequence of array_like
        One array per sample.
    side : {"lower", "upper"}
    count : int
        Eigenvalues next to the edge on the line, at least 3. Too many bend it: compare two choices.
    above : float
        Only eigenvalues larger than this are used: put it above a delta peak.

    Returns
    -------
    Edge

    Raises
    ------
    ValueError
        For bad eigenvalues, fewer than ``count`` of them above ``above`` in some sample, or ``count`` < 3.

    Notes
    -----
    Wrong for other endings: for c = 1 the Marchenko-Pastur density diverges at 0 like 1/sqrt(lambda), and lambda_k grows like k^2.

    Examples
    --------
    >>> from learnscape.jamming.spectra import marchenko_pastur
    >>> law = marchenko_pastur(4.0)
    >>> found = edge([law.sample(100, rng=seed) for seed in range(40)])
    >>> print(f"{found.value:.2f} (exact 1), smallest eigenvalue {found.extreme:.2f}")
    1.01 (exact 1), smallest eigenvalue 1.06
    """
    samples = as_samples(eigenvalues)
    require(side in ("lower", "upper"), "side", side, "'lower' or 'upper'")
    whole = is_integer(count)
    require(whole and count >= 3, "count", count, "an integer >= 3")
    require(not math.isnan(above), "above", above, "a number")
    t = (np.arange(1, count + 1) - OFFSET) ** (2 / 3)
    weights = (t - t.mean()) / np.sum((t - t.mean()) ** 2)
    ends, extremes = [], []
    for k, x in enumerate(samples):
        x = x[x > above]
        require(x.size >= count, f"sample {k}", f"{x.size} eigenvalues above {above:g}", f"at least {count}")
        near = x[:count] if side == "lower" else x[::-1][:count]
        ends.append(near.mean() - t.mean() * (weights @ near))
        extremes.append(near[0])
    value, error = mean_and_error(ends)
    extreme, extreme_error = mean_and_error(extremes)
    return Edge(float(value), float(error), float(extreme), float(extreme_error), int(count), len(samples))
