r"""One pattern seen by a reference and by a probe: the energetic term of the Franz-Parisi entropy and its derivatives.

*Problem.* On one pattern the reference's state has the field X (variance :math:`\tilde q`), the reference itself the stability u = X + noise (variance 1), and the probe's
state the field :math:`\omega` (variance q). Their covariances are :math:`\langle X\omega\rangle=s` and :math:`\langle u\omega\rangle=t=1-2d`. Given X and :math:`\omega` the
stability u is Gaussian with mean m and variance V, so that

.. math:: G_E=\Bigl\langle e^{\tilde f(m,V)-\tilde f(X,1-\tilde q)}\,f(\omega,1-q)\Bigr\rangle_{X,\omega}.

*Coordinates.* With :math:`\omega=\sqrt q\,p` and a unit Gaussian r independent of p,

.. math:: X=\frac s{\sqrt q}p+\rho r,\qquad m=\frac t{\sqrt q}p+\mu r,\qquad \rho^2=\tilde q-\frac{s^2}q,\quad\mu\rho=\tilde q-\frac{st}q,\quad V+\mu^2=\frac{q-t^2}q .

Near the reference the two edges are almost parallel lines :math:`m=\tilde\kappa`, :math:`\omega=\kappa`, a width :math:`\sqrt d` wide. Both bend along p, while along r everything stays smooth.
The numbers that go to zero with d are given as such: :math:`\varepsilon=1-q` and :math:`e=s-\tilde qt`, with :math:`q-t^2=4d(1-d)-\varepsilon`.

*Derivatives.* With g the probe's :math:`\partial_\omega f`, by the heat equation :math:`\partial_qG_E=-\tfrac12\langle g^2\rangle`,
:math:`\partial_sG_E=-\langle\tilde f'(X,1-\tilde q)\,g\rangle` and :math:`\partial_tG_E=\langle\tilde f'(m,V)\,g\rangle`. Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, checked_terms, mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    log_h_and_inverse_mills_kernel,
    log_h_kernel,
)
from learnscape.numerics.jit import inlined, kernel
from learnscape.numerics.sinh_rule import RANGE, asinh_kernel
from learnscape.replica._quadrature import graded_gaussian

Array = NDArray[np.float64]
STEP = 0.14  # in u, of the rule with two bends
WIDEST = 3.0  # a bend wider than this needs no nodes of its own
FLAT = 1e-15  # smallest variance of the probe's own field: below it, u is a function of X and omega
SHARP = 8.0  # bends per unit of r that equal steps do not resolve
NEGLIGIBLE = 1e-18  # of a sum
FINE = 0.08  # step in u, of the rule with one bend
FARTHEST = 40.0  # of r: a rare state X far below the edge asks for a noise that is as rare


class Patterns(NamedTuple):
    """Averages over X and omega with the reference's weight."""

    f: float
    """G_E."""
    g2: float
    """Mean of g^2."""
    state_g: float
    """Mean of g times the derivative of the reference's state, f~'(X, 1 - q~)."""
    chosen_g: float
    """Mean of g times the derivative of the chosen reference, f~'(m, V): the derivative of G_E in t."""
    dg2: float
    """Mean of g'^2, for the replicon."""


class Geometry(NamedTuple):
    """The Gaussian fields in the coordinates p and r."""

    q: float
    mean: float
    """m = mean p + mu r."""
    mu: float
    variance: float
    """V."""
    state: float
    """X = state p + rho r."""
    rho: float
    rest: float
    """1 - q~."""
    blur: float
    """sqrt(q - t^2)/|t|: over so much of p the reference's edge is blurred; infinite for t = 0."""


@kernel
def geometry(q_ref: float, d: float, eps: float, e: float) -> Geometry:
    """From the overlaps to the coordinates."""
    t = 1.0 - 2.0 * d
    q = max(1.0 - eps, FLAT)
    spread = max(4.0 * d * (1.0 - d) - eps, FLAT)  # q - t^2
    rest = 1.0 - q_ref
    blur = math.sqrt(spread) / abs(t) if abs(t) > 1e-9 else math.inf
    root = math.sqrt(q)
    if q_ref <= 0.0:
        return Geometry(q, t / root, 0.0, spread / q, 0.0, 0.0, 1.0, blur)
    c2 = (t * rest - e) ** 2 / rest
    own = max(spread - e * e / (q_ref * rest), FLAT)
    v2 = c2 + own
    rho = math.sqrt(q_ref * v2 / q)
    mu = (q_ref * spread - t * e) / (q * rho)
    return Geometry(q, t / root, mu, rest * own / v2, (q_ref * t + e) / root, rho, rest, blur)


@kernel
def bent(x: float, a: float, a_width: float, b: float, b_width: float) -> tuple[float, float]:
    """u(x) = asinh((x-a)/width) for one bend, or the sum for two (b_width > 0), and du/dx."""
    u = asinh_kernel((x - a) / a_width)
    slope = 1.0 / math.sqrt((x - a) * (x - a) + a_width * a_width)
    if b_width > 0.0:
        u += asinh_kernel((x - b) / b_width)
        slope += 1.0 / math.sqrt((x - b) * (x - b) + b_width * b_width)
    return u, slope


@kernel
def next_node(
    x: float, step: float, u: float, slope: float, a: float, a_width: float, b: float, b_width: float
) -> tuple[float, float]:
    """The x of this u, a step from that of the node before, and du/dx there; by Newton's method."""
    x += step / slope
    narrow = min(a_width, b_width) if b_width > 0.0 else a_width
    for _ in range(12):
        now, slope = bent(x, a, a_width, b, b_width)
        move = (u - now) / slope
        x += move
        if abs(move) < 1e-9 * narrow:
            break
    return x, slope


@inlined
def weighed(r: float, x: float, y: float) -> tuple[float, float, float]:
    """exp(-r^2/2) H(x)/H(y), and that times A(y) and A(x)."""
    log_x, mills_x = log_h_and_inverse_mills_kernel(x)
    log_y, mills_y = log_h_and_inverse_mills_kernel(y)
    w = exp_kernel(-0.5 * r * r + log_x - log_y)
    return w, w * mills_y, w * mills_x


@kernel
def reference_weight(kappa: float, at: Geometry, p: float) -> tuple[float, float, float]:
    """Averages over r, at one p, of the weight, of it times f~'(X), and of it times f~'(m).

    Equal steps in r, outwards from 0 until nothing is left; sharp edges, of a state near its largest margin or a probe without noise of its own, take the rule with two bends.
    """
    root = math.sqrt(at.variance)
    if at.rho == 0.0:
        log_h, a = log_h_and_inverse_mills_kernel((kappa - at.mean * p) / root)
        w = exp_kernel(log_h - log_h_kernel(kappa / math.sqrt(at.rest)))
        return w, 0.0, w * a / root
    scale = math.sqrt(at.rest)
    x0 = (kappa - at.mean * p) / root
    k = at.mu / root
    y0 = (kappa - at.state * p) / scale
    j = at.rho / scale
    total = 0.0
    state = 0.0
    chosen = 0.0
    if max(abs(k), j) > SHARP:
        r = -FARTHEST
        a = x0 / k if abs(k) * FARTHEST > abs(x0) else 0.0
        b = y0 / j if j * FARTHEST > abs(y0) else 0.0
        a_width = min(1.0 / max(abs(k), 1.0 / WIDEST), WIDEST)
        b_width = min(1.0 / max(j, 1.0 / WIDEST), WIDEST)
        u, slope = bent(r, a, a_width, b, b_width)
        while r < FARTHEST:
            w, wy, wx = weighed(r, x0 - k * r, y0 - j * r)
            total += w / slope
            state += wy / slope
            chosen += wx / slope
            u += STEP
            r, slope = next_node(r, STEP, u, slope, a, a_width, b, b_width)
        unit = STEP * INVERSE_SQRT_2PI
        return unit * total, unit * state / scale, unit * chosen / root
    step = min(0.7 / math.sqrt(1.0 + k * k), 0.5 / j)
    for side in range(2):
        sign = 1.0 - 2.0 * side
        i = side
        while True:
            r = sign * step * i
            w, wy, wx = weighed(r, x0 - k * r, y0 - j * r)
            total += w
            state += wy
            chosen += wx
            i += 1
            if (abs(r) > 4.0 and w <= NEGLIGIBLE * total) or abs(r) > FARTHEST:
                break
    unit = step * INVERSE_SQRT_2PI
    return unit * total, unit * state / scale, unit * chosen / root


@kernel
def margin_patterns(kappa_ref: float, q_ref: float, kappa: float, d: float, eps: float, e: float) -> Patterns:
    """The averages for Margin(kappa_ref) and Margin(kappa).

    The outer rule is trapezoidal in u(p), a sum of inverse hyperbolic sines that stretches both bends; it is inverted by Newton's method from node to node, downwards
    from where the probe is sure to be satisfied.
    """
    at = geometry(q_ref, d, eps, e)
    root = math.sqrt(at.q)
    own = math.sqrt(eps)
    a = kappa / root
    a_width = min(own / root, WIDEST)
    b = 0.0
    b_width = 0.0
    if at.blur < WIDEST and abs(kappa_ref / at.mean) < FARTHEST:
        b = kappa_ref / at.mean
        b_width = at.blur
    shift = max(kappa_ref, 0.0) * at.mean  # to where the reference's demand moves the probe's field
    low = -RANGE + min(shift, 0.0)
    p = min(RANGE + max(shift, 0.0), (kappa + RANGE * own) / root)  # beyond, the pattern is satisfied anyway
    u, slope = bent(p, a, a_width, b, b_width)
    f = 0.0
    g2 = 0.0
    state_g = 0.0
    chosen_g = 0.0
    dg2 = 0.0
    while p > low:
        x = (kappa - root * p) / own
        log_h, mills = log_h_and_inverse_mills_kernel(x)
        w = STEP / slope * INVERSE_SQRT_2PI * exp_kernel(-0.5 * p * p)
        weight, state, chosen = reference_weight(kappa_ref, at, p)
        dg = mills * mills_excess_kernel(mills, x)
        f += w * weight * log_h
        g2 += w * weight * mills * mills
        state_g += w * state * mills
        chosen_g += w * chosen * mills
        dg2 += w * weight * dg * dg
        if p < min(a, b, 0.0) and w * (weight + state + chosen) * mills * mills <= NEGLIGIBLE * g2:
            break
        u -= STEP
        p, slope = next_node(p, -STEP, u, slope, a, a_width, b, b_width)
    return Patterns(f, g2 / eps, state_g / own, chosen_g / own, dg2 / (eps * eps))


def generic_patterns(
    reference: Constraint, q_ref: float, probe: Constraint, d: float, eps: float, e: float
) -> Patterns:
    """The same averages for any two constraints, by NumPy."""
    at = geometry(q_ref, d, eps, e)
    root = math.sqrt(at.q)
    edges, width = probe.bends(eps)
    centres = [edge / root for edge in edges]
    widths = [width / root]
    far = [min(0.0, *reference.edges, 0.0), max(0.0, *reference.edges, 0.0)]
    if at.blur < WIDEST:
        edges, width = reference.bends(at.variance + at.mu * at.mu)
        centres += [edge / at.mean for edge in edges if abs(edge / at.mean) < FARTHEST]
        widths.append(width / abs(at.mean))
    ends = sorted(at.mean * end for end in far)
    p, w = graded_gaussian(centres, min(widths), low=ends[0] - RANGE, high=ends[1] + RANGE)
    f, g, dg = checked_terms(probe, root * p, eps)
    weight, state, chosen = generic_weight(reference, at, p)
    return Patterns(
        float(w @ (weight * f)),
        float(w @ (weight * g * g)),
        float(w @ (state * g)),
        float(w @ (chosen * g)),
        float(w @ (weight * dg * dg)),
    )


def generic_weight(reference: Constraint, at: Geometry, p: Array) -> tuple[Array, Array, Array]:
    """`reference_weight` for any constraint and an array of p."""
    if at.rho == 0.0:
        f, g, _ = checked_terms(reference, at.mean * p, at.variance)
        w = np.exp(f - checked_terms(reference, np.zeros(1), at.rest)[0])
        return w, np.zeros_like(p), w * g
    sharp, smooth = reference.bends(at.variance)[1], reference.bends(at.rest)[1]
    k, j = abs(at.mu) / sharp, at.rho / smooth
    if k > SHARP:  # nodes that crowd at the reference's edge, which lies elsewhere for each p
        edge = min(reference.edges, key=abs)
        u = np.arange(-math.asinh(2.0 * FARTHEST * k), math.asinh(2.0 * FARTHEST * k), FINE)
        r = (edge - at.mean * p[:, None]) / at.mu + np.sinh(u) / k
        length = FINE * np.cosh(u) / k
    else:
        step = min(0.7 / math.sqrt(1.0 + k * k), 0.5 / j)
        r = np.arange(-math.ceil(FARTHEST / step), math.ceil(FARTHEST / step) + 1) * step
        length = np.array(step)
    m = at.mean * p[:, None] + at.mu * r
    x = at.state * p[:, None] + at.rho * r
    chosen_f, chosen_g, _ = checked_terms(reference, m, at.variance)
    state_f, state_g, _ = checked_terms(reference, x, at.rest)
    w = length * INVERSE_SQRT_2PI * np.exp(-0.5 * r * r + chosen_f - state_f)
    return w.sum(axis=1), (w * state_g).sum(axis=1), (w * chosen_g).sum(axis=1)
