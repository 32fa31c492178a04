r"""Compiled replica-symmetric solvers of the hot pairs, Binary and Spherical weights with Margin(kappa).

*Problem.* The saddle is one equation in one unknown once it is read backwards: choose the overlap, and the load that has this
overlap is explicit,

.. math::
    \alpha(q)=\frac{\hat q(q)\,(1-q)}{\int Dz\,A(x)^2},\qquad x=\frac{\kappa-\sqrt q z}{\sqrt{1-q}},\quad A=G/H .

It rises from 0 to a finite limit, where the saddle disappears, almost linearly in a well chosen variable. Newton's method, kept
inside a bracket, inverts it in four to six steps for every load; no damping, no iteration that slows down near the limit.

The kernels take and return numbers; they neither allocate nor raise, so that a static page can run them.
Chapters *gardner-volume*, *binary-weights*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.numerics.gaussian import exp_kernel, log_h_and_inverse_mills_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.replica._rs_grid import (
    CONVERGED,
    NO_SADDLE,
    NOT_CONVERGED,
    Saddle,
    annealed_entropy,
    limit_q_hat,
    margin_moments,
)
from learnscape.replica._rs_limit import limit_gap, margin_near_limit
from learnscape.weights import binary_moments

Ends = tuple[float, float]
Ends2 = tuple[float, float, float, float]
MONOTONE = (
    -2.5
)  # alpha(q) is monotone for kappa above (it fails from -2.66 for binary and -2.89 for spherical weights)
CLOSEST = 1.0 - 1e-13  # nearer to the end of the branch 1 - q is lost in the rounding of alpha
NEAR = 0.99  # of the limit: beyond, `_rs_limit` solves for the gap 1 - alpha/limit
NEAR_END = 0.25  # and there 1 - p is smaller than this, on the part of the branch that ends at the limit
TOLERANCE, MAX_ITERATIONS = 1e-12, 100  # what `rs.solve` asks for by default
EPSILON = 2.220446049250313e-16
NO_OVERLAP = 1e-300  # of A(kappa)^2, kappa < -26: the overlap is below what a double can hold


class Branch(NamedTuple):
    """One point of the branch."""

    q: float
    """Overlap."""
    v: float
    """1 - q."""
    q_hat: float
    """Conjugate of q."""
    alpha: float
    """The load that has this overlap."""
    slope: float
    """d ln alpha/dp."""
    entropic: float
    """G_S."""
    energetic: float
    """int Dz ln H."""
    unstable: float
    """(1 - replicon)/alpha."""


@kernel
def margin_branch(binary: bool, kappa: float, p: float, u: float) -> Branch:
    """The branch at the point p = 1 - u.

    p = q for spherical weights, p = 1 - (1 + 2 q_hat)^(-1/2) for binary ones. The slope uses, for f = ln H and g = f',
    d/dq int Dz g^2 = int Dz (g'^2 - 2 g^2 g'), from the heat equation that exp(f) obeys.
    """
    if binary:
        q_hat = 0.5 * p * (1.0 + u) / (u * u)
        q, v, fluctuation, tc, lc = binary_moments(q_hat)
        dq_hat = 1.0 / (u * u * u)
        dq = (fluctuation - 2.0 * tc) * dq_hat
        slope = dq_hat / q_hat - dq / v
        entropic = lc - 0.5 * q_hat * v
    else:
        q = p
        v = u
        q_hat = q / (v * v)
        fluctuation = v * v
        dq = 1.0
        slope = 1.0 / q + 1.0 / v
        entropic = 0.5 * (log_kernel(v) + q / v)
    a2, b2, ab, lh = margin_moments(q, v, kappa)
    slope -= dq * ((b2 + 2.0 * ab) / a2 - 1.0) / v
    return Branch(q, v, q_hat, q_hat * v / a2, slope, entropic, lh, b2 * fluctuation / (v * v))


@kernel
def margin_newton(
    binary: bool,
    alpha: float,
    kappa: float,
    tolerance: float,
    max_iterations: int,
    start: Ends,
    bracket: Ends2,
) -> Saddle:
    """Newton's method for alpha(p) = alpha inside a bracket where alpha(p) rises; points are pairs (p, 1 - p)."""
    p, u = start
    low, low_u, high, high_u = bracket
    last = False
    iteration = 0
    while True:
        at = margin_branch(binary, kappa, p, u)
        iteration += 1
        residual = at.alpha / alpha - 1.0
        reached = residual == 0.0 or (last and abs(residual) <= tolerance)
        if reached or iteration >= max_iterations:
            return Saddle(
                at.q,
                at.q_hat,
                at.entropic + alpha * at.energetic,
                1.0 - alpha * at.unstable,
                iteration,
                CONVERGED if reached else NOT_CONVERGED,
                abs(residual),
                alpha,
                at.energetic,
                at.v,
            )
        if residual > 0.0:
            high = p
            high_u = u
        else:
            low = p
            low_u = u
        step = -residual / ((1.0 + residual) * at.slope)
        new = p + step
        new_u = u - step
        if (
            p < 0.05 and abs(residual) > 0.5
        ):  # alpha(p) is nearly proportional to p: right over any number of decades
            new = p / (at.alpha / alpha)
            step = new - p
            new_u = 1.0 - new
        if new < 0.5:
            new_u = 1.0 - new
            inside = low < new < high
        else:
            new = 1.0 - new_u
            inside = high_u < new_u < low_u
        if not inside:  # bisect, on a logarithmic scale near either end
            new = 0.5 * (low + high)
            if high < 0.1:
                new = math.sqrt(max(low, 1e-290) * high)
            new_u = 1.0 - new
            if low_u < 0.1:
                new_u = math.sqrt(max(high_u, 1e-30) * low_u)
                new = 1.0 - new_u
            step = 1.0
        last = abs(residual) <= 1e-6 or abs(step) <= 1e-7 * min(p, u)
        p = new
        u = new_u


@kernel
def lowest_saddle(
    binary: bool, alpha: float, kappa: float, shortfall: float, tolerance: float, max_iterations: int
) -> Saddle:
    """The saddle of lowest entropy where alpha(q) may rise and fall: a scan along the branch, and a solver in every bracket."""
    limit = limit_q_hat(binary) / shortfall
    gap = 1.0 - alpha / limit
    near = alpha > NEAR * limit
    log_h, a = log_h_and_inverse_mills_kernel(kappa)
    best = Saddle(0.0, 0.0, math.inf, 1.0, 0, NOT_CONVERGED, 0.0, alpha, log_h, 1.0)
    below = True
    if a * a < NO_OVERLAP:  # of the first saddle, not of a second one near the limit
        below = False
        entropy = annealed_entropy(binary) + alpha * log_h
        best = Saddle(0.0, 0.0, entropy, 1.0, 0, CONVERGED, 0.0, alpha, log_h, 1.0)
        if alpha < 0.5 * limit:
            return best
    iterations = 0
    low = 0.0
    low_u = 1.0
    for i in range(141):  # p = 1/(1 + e^-t), t from -40 to 30
        e = exp_kernel(40.0 - 0.5 * i)
        high = 1.0 / (1.0 + e)
        high_u = e / (1.0 + e)
        if i == 140:
            high = 1.0
            high_u = 0.0
        if near and high_u < NEAR_END:
            above = i == 140 or limit_gap(binary, kappa, shortfall, high_u).gap <= gap
        else:
            above = i == 140 or not margin_branch(binary, kappa, high, high_u).alpha < alpha
        if below and above:
            if near and low_u < NEAR_END:
                found = margin_near_limit(
                    binary, alpha, kappa, shortfall, tolerance, max_iterations, (low_u, high_u)
                )
            else:
                start = 0.5 * (low + high)
                start_u = 0.5 * (low_u + high_u)
                if low == 0.0:
                    start_u = 1.0 - start
                elif high_u == 0.0:
                    start = 1.0 - start_u
                found = margin_newton(
                    binary,
                    alpha,
                    kappa,
                    tolerance,
                    max_iterations,
                    (start, start_u),
                    (low, low_u, high, high_u),
                )
            iterations += found.iterations
            if found.entropy < best.entropy:
                best = found
        below = not above
        low = high
        low_u = high_u
    return Saddle(
        best.q,
        best.q_hat,
        best.entropy,
        best.replicon,
        iterations,
        best.status,
        best.residual,
        alpha,
        best.energetic,
        best.v,
    )


@kernel
def rs_margin_kernel(
    binary: bool, alpha: float, kappa: float, tolerance: float, max_iterations: int
) -> Saddle:
    """Solve the RS saddle of Margin(kappa) at load alpha: Binary weights if ``binary`` else Spherical.

    Where alpha(q) is not monotone (kappa < -2.66) several saddles may share a load. Those on rising parts of alpha(q) are local
    minima of the free entropy over q, as the replica limit n -> 0 wants them; the lowest is returned. The residual is relative to the
    smaller of alpha and limit - alpha.
    """
    shortfall = mean_squared_shortfall(kappa)
    limit = limit_q_hat(binary) / shortfall
    if not alpha < limit * CLOSEST:
        return Saddle(0.0, 0.0, 0.0, 0.0, 0, NO_SADDLE, 0.0, alpha, 0.0, 1.0)
    near = alpha > NEAR * limit
    if kappa > MONOTONE:
        if near:
            return margin_near_limit(
                binary, alpha, kappa, shortfall, tolerance, max_iterations, (NEAR_END, 0.0)
            )
        p = max(alpha / limit, 1e-290)  # a chord: alpha(p) is almost linear
        return margin_newton(
            binary,
            alpha,
            kappa,
            tolerance,
            max_iterations,
            (p, max(1.0 - p, EPSILON)),
            (0.0, 1.0, 1.0, 0.0),
        )
    return lowest_saddle(binary, alpha, kappa, shortfall, tolerance, max_iterations)


@kernel
def binary_capacity_kernel(kappa: float) -> Saddle:
    """The load where the RS entropy of Binary weights with Margin(kappa) vanishes; the residual is the last step in alpha.

    Newton along the branch: dS/dp = int Dz ln H dalpha/dp, because the saddle kills the other derivatives.
    """
    log_h, a = log_h_and_inverse_mills_kernel(kappa)
    if a * a < NO_OVERLAP:  # the first moment is exact
        return Saddle(0.0, 0.0, 0.0, 1.0, 0, CONVERGED, 0.0, annealed_entropy(True) / abs(log_h), log_h, 1.0)
    low = 0.0
    low_u = 1.0
    high = 1.0
    high_u = 0.0
    p = 0.5
    if kappa < MONOTONE:  # alpha(q) may fall again later: approach the first zero from below
        p = min(0.1, 0.1 * a * (a / -log_h))
        while p < 0.5:
            at = margin_branch(True, kappa, p, 1.0 - p)
            if at.entropic + at.alpha * at.energetic < 0.0:
                high = p
                break
            low = p
            p *= 2.0
        p = 0.5 * (low + high)
        low_u = 1.0 - low
        high_u = 1.0 - high
    u = 1.0 - p
    iteration = 0
    while True:
        at = margin_branch(True, kappa, p, u)
        iteration += 1
        entropy = at.entropic + at.alpha * at.energetic
        # what rounding leaves of a difference
        reached = abs(entropy) <= 1e-13 + 2e-14 * max(0.0, abs(at.alpha * at.energetic) - 1.0)
        if reached or iteration == 100:
            return Saddle(
                at.q,
                at.q_hat,
                entropy,
                1.0 - at.alpha * at.unstable,
                iteration,
                CONVERGED if reached else NOT_CONVERGED,
                abs(entropy / at.energetic),
                at.alpha - entropy / at.energetic,  # the same Newton step, in alpha
                at.energetic,
                at.v,
            )
        if entropy > 0.0:
            low = p
            low_u = u
        else:
            high = p
            high_u = u
        step = min(
            -entropy / (at.energetic * at.alpha * at.slope), 0.9 * u
        )  # no leap to the end, where the entropy is all rounding
        p += step
        u -= step
        if p < 0.5 and low < p < high:
            u = 1.0 - p
        elif p >= 0.5 and high_u < u < low_u:
            p = 1.0 - u
        else:
            p = 0.5 * (low + high)
            u = 1.0 - p
            if low_u < 0.1:
                u = math.sqrt(max(high_u, 0.01 * low_u) * low_u)
                p = 1.0 - u
