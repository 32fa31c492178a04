r"""The same data with real weights: least squares and ridge regression on the random features, in closed form.

*Problem.* The spherical counterpart that is exactly solvable, since its cost is convex: weights of any real values minimise

.. math::  \tfrac12\sum_\mu\bigl(y^\mu-w\cdot\tilde x^\mu/\sqrt N\bigr)^2+\tfrac\lambda2|w|^2 ,

and a new pattern is labelled by the sign of the fit. With one unknown z, m the linear share, T = m alpha_T, :math:`e=1/(1+Tz)` and :math:`g=me+1-m`,

.. math::  (1-\alpha zg)(1-zg)=\lambda z ,

of which the smallest root counts; then :math:`r=\sqrt{2m/\pi}\,\alpha_Tze`, and the squared length q and the test loss L solve

.. math::
    q\Bigl[1-\tfrac{\alpha}{\alpha_T}(1-e)^2\Bigr]=\tfrac{\alpha}{\alpha_T}r^2+\alpha z^2L(me^2+1-m),\qquad
    L\,[1-mTe^2z^2]=1-2\sqrt{2m/\pi}\,r+mr^2+q(me^2+1-m).

For lambda -> 0 these are the weights of least squares, of smallest length where N > P. At N = P the length diverges and the error reaches 1/2: *double descent*.

*Rigour.* Proved for ridge regression on random features: Mei and Montanari (2022); for this teacher by the replica method: Gerace et al. (2020). Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from learnscape.activations import Activation
from learnscape.errors import is_finite, require
from learnscape.replica.hidden._typical import ActivationLike, angle, checked

__all__ = ["RidgeSolution", "ridge"]

NEAR_PEAK = 1e-9  # |alpha - 1| without regularization
SMALLEST, LARGEST = 1e-8, 1e8  # of loads and regularizations


@dataclass(frozen=True, slots=True)
class RidgeSolution:
    """Ridge regression on the labels."""

    activation: Activation
    """Of the features."""
    alpha: float
    """Load P/N."""
    alpha_teacher: float
    """P/D."""
    regularization: float
    """lambda; 0 is the limit lambda -> 0."""
    q: float
    """Squared length of the weights, over N."""
    p: float
    """Squared length of their projection onto the inputs, over D."""
    r: float
    """Overlap of the projection with the teacher."""
    test_loss: float
    """Mean of (y - w.x)^2 on a new pattern."""
    generalization_error: float
    """Of the sign of the fit."""


def ridge(
    alpha: float,
    alpha_teacher: float,
    activation: ActivationLike = "sign",
    regularization: float = 0.0,
) -> RidgeSolution:
    """Least squares (regularization 0) or ridge regression with real weights on the hidden teacher's labels.

    Parameters
    ----------
    alpha : float
        Load P/N in [1e-8, 1e8]; without regularization not 1, where the weights diverge.
    alpha_teacher : float
        P/D, in [1e-6, 1e4].
    activation : {"sign", "relu", "erf"}, callable or Activation
        As in `solve`.
    regularization : float
        lambda: 0, or in [1e-8, 1e8].

    Returns
    -------
    RidgeSolution

    Examples
    --------
    >>> [round(ridge(1 / ratio, 3.0).generalization_error, 3) for ratio in (0.5, 0.99, 2.0, 50.0)]
    [0.338, 0.471, 0.281, 0.156]
    """
    found, alpha_teacher, _ = checked(alpha_teacher, activation)
    require(
        is_finite(alpha) and SMALLEST <= alpha <= LARGEST, "alpha", alpha, f"in [{SMALLEST:g}, {LARGEST:g}]"
    )
    good = is_finite(regularization) and (regularization == 0 or SMALLEST <= regularization <= LARGEST)
    require(good, "regularization", regularization, f"0, or in [{SMALLEST:g}, {LARGEST:g}]")
    away = regularization > 0 or abs(alpha - 1.0) > NEAR_PEAK
    require(away, "alpha", alpha, "different from 1 without regularization: at N = P the weights diverge")
    m, alpha, t = found.linear_share, float(alpha), found.linear_share * alpha_teacher

    def zg(z: float) -> float:
        return z * (m / (1.0 + t * z) + 1.0 - m)

    # z g(z) rises with z, and to infinity for m < 1; for m = 1 to 1/T
    most = min(1.0, 1.0 / alpha)
    high = 1.0
    while zg(high) < most and high < 1e16:
        high *= 2.0
    if regularization == 0.0:
        allowed = "such that N features hold more than D linear directions: for a linear activation P/D is too large"
        require(zg(high) >= most, "alpha_teacher", alpha_teacher, allowed)
        z = float(brentq(lambda z: zg(z) - most, 0.0, high, xtol=1e-300, rtol=1e-15))
    else:
        if zg(high) > most:
            high = float(brentq(lambda z: zg(z) - most, 0.0, high, xtol=1e-300, rtol=1e-15))
        z = float(
            brentq(
                lambda z: (1.0 - alpha * zg(z)) * (1.0 - zg(z)) - regularization * z,
                0.0,
                high,
                xtol=1e-300,
                rtol=1e-15,
            )
        )
    e = 1.0 / (1.0 + t * z)
    r = math.sqrt(2.0 * m / math.pi) * alpha_teacher * z * e
    d = alpha / alpha_teacher
    # q a = b + c L and L f = h + s q
    s = m * e * e + 1.0 - m
    a, b, c = 1.0 - d * (t * z * e) ** 2, d * r * r, alpha * z * z * s
    f, h = 1.0 - m * t * (e * z) ** 2, 1.0 - 2.0 * math.sqrt(2.0 * m / math.pi) * r + m * r * r
    loss = (h * a + s * b) / (f * a - s * c)
    q = (b + c * loss) / a
    across = m * e * e * (q + z * z * t * loss) + (1.0 - m) * q
    return RidgeSolution(
        found,
        alpha,
        alpha_teacher,
        float(regularization),
        q,
        r * r + e * e * (q + z * z * t * loss),
        r,
        loss,
        angle(math.sqrt(m) * r, across),
    )
