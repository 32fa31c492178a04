r"""The limit y -> infinity for any constraint: the equations of the compiled kernels, with patterns averaged by :mod:`._envelope`.

*Problem.* With :math:`q_0=q_1-\delta/y`, :math:`\hat q_0=\hat q_1-\hat\delta/y` and :math:`v=1-q_1` both innermost integrals become maxima, and

.. math::
    S_I=-\tfrac12(q_1\hat\delta+\hat q_1\delta)-\tfrac12\hat q_1v+\int Dz\,M_S(\sqrt{\hat q_1}z)+\alpha\int Dz\,M_E(\sqrt{q_1}z),

for binary weights, and :math:`\tfrac12[\ln v+q_1/(v+\delta)]+\alpha\int Dz\,M_E` on the sphere. Stationary in :math:`\delta`, :math:`\hat\delta`, :math:`\hat q_1` it gives

.. math::
    \hat q_1=\alpha\langle f'^2\rangle,\qquad q_1=\langle\tanh^2h\rangle,\qquad \delta=\langle z\tanh h\rangle/\sqrt{\hat q_1}-v;
    \qquad \hat q_1(v+\delta)^2=q_1\text{ on the sphere}.

The next order in 1/y is the external entropy; at the saddle, with :math:`\hat\delta` from the sphere's :math:`\hat\delta=\delta/v(v+\delta)`, the slope is
:math:`dS_I/dd=\hat\delta-\alpha\langle\delta f''^2/(1-\delta f'')\rangle`.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from learnscape.constraints import Constraint, checked_terms
from learnscape.errors import require
from learnscape.replica._compiled import compiled, stands_for
from learnscape.replica._local_entropy_kernels import (
    NEAREST,
    NOTHING,
    Balance,
    Limit,
    Patterns,
    balance,
    limit_at,
)
from learnscape.replica._rs_grid import CONVERGED
from learnscape.replica.local_entropy._envelope import envelope
from learnscape.weights import Binary, Spherical, Weights

__all__ = ["has_limit", "limit"]

FARTHEST = 600.0  # ln delta: beyond, a double does not hold f' of a constraint at its maximum
COLLAPSED = 25.0  # ln(delta |f''(0)|): all fields of a symmetric constraint are then 0


def has_limit(weights: Weights) -> bool:
    """True for the weights whose limit is known."""
    return stands_for(Binary, weights) or stands_for(Spherical, weights)


def limit(weights: Weights, constraint: Constraint, alpha: float, v: float, start: float = 0.0) -> Limit:
    """The saddle at 1 - q_1 = v from a guess of ln delta."""
    require(
        has_limit(weights),
        "weights",
        weights,
        "Binary() or Spherical() where y is infinite; at finite y any discrete weights",
    )
    kernel = compiled(weights, constraint).local_entropy
    if kernel is not None:
        return kernel(constraint, alpha, v, start)
    return _generic(stands_for(Binary, weights), constraint, alpha, v, start)


def _patterns(constraint: Constraint, v: float, log_delta: float) -> Patterns:
    delta, q = math.exp(log_delta), 1.0 - v
    at = envelope(constraint, q, v, delta)
    w, grows = at.weight, -delta * at.bend
    bent = 1.0 + grows
    curved = float(w @ (at.a * at.shift)) / q  # delta M'', by parts: M may have kinks
    return Patterns(
        float(w @ (at.f - 0.5 * at.shift * (at.shift / delta))),
        float(w @ at.shift**2),
        float(w @ (-at.bend * grows / bent)) if not at.kinks else (curved + float(w @ grows)) / delta,
        -curved - float(w @ np.log(bent)),
        float(w @ (grows / bent) ** 2) if not at.kinks else math.inf,
        float(w @ at.bend**2),
    )


def _shift2(constraint: Constraint, v: float, log_delta: float) -> float:
    """The average of (h - a)^2 alone."""
    at = envelope(constraint, 1.0 - v, v, math.exp(log_delta))
    return float(at.weight @ at.shift**2)


def _generic(binary: bool, constraint: Constraint, alpha: float, v: float, start: float) -> Limit:
    delta_hat = 1.0
    rounds: dict[float, Balance] = {}

    def at(x: float) -> Balance:
        nonlocal delta_hat
        if x not in rounds:  # the root finder asks again at its ends, and must get the same sign
            rounds[x] = balance(binary, alpha, v, x, _shift2(constraint, v, x), delta_hat)
        delta_hat = rounds[x].delta_hat
        return rounds[x]

    bottom, stride = math.log(v) + NEAREST, 0.5
    farthest = FARTHEST
    if constraint.symmetric:
        curved = -float(checked_terms(constraint, np.zeros(1), v)[2][0])
        farthest = min(farthest, COLLAPSED - math.log(curved)) if curved > 0.0 else farthest
    low = high = min(max(start, bottom), farthest)
    below = above = at(low).excess
    while below < 0.0:
        if low <= bottom:
            return NOTHING
        high, low, stride = low, max(low - stride, bottom), 2.0 * stride
        below = at(low).excess
    while above > 0.0:
        if high >= farthest:
            return _apart(binary, constraint, alpha, v) if constraint.symmetric else NOTHING
        low, high, stride = high, min(high + stride, farthest), 2.0 * stride
        above = at(high).excess
    x = low if low == high else float(brentq(lambda x: at(x).excess, low, high, xtol=1e-14, rtol=1e-14))
    return limit_at(binary, alpha, v, x, at(x), _patterns(constraint, v, x), len(rounds))


def _apart(binary: bool, constraint: Constraint, alpha: float, v: float) -> Limit:
    """Symmetric constraints at small load: q_0 = 0, and every centre of a group is as good as any other, with all patterns at the best field, 0."""
    f, _, dg = (float(part[0]) for part in checked_terms(constraint, np.zeros(1), v))
    m = math.sqrt(1.0 - v)
    if binary:
        delta_hat, inner = math.atanh(m) / m, v * v
        entropy = math.log(2.0) - 0.5 * ((1.0 + m) * math.log1p(m) + (1.0 - m) * math.log1p(-m))
    else:
        delta_hat, inner, entropy = 1.0 / v, v * v, 0.5 * math.log(v)
    return Limit(
        entropy + alpha * f,
        -math.inf,
        math.inf,
        -math.inf,
        delta_hat,
        delta_hat + alpha * dg,
        1.0 - alpha,
        1.0 - alpha * dg * dg * inner,
        0.0,
        1,
        CONVERGED,
    )
