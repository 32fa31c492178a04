r"""Compiled replica-symmetric solvers of the hot pairs, Binary and Spherical weights with Margin(kappa).

*Problem.* The saddle is one equation in one unknown once it is read backwards: choose the overlap, and the load that has this
overlap is explicit,

.. math::
    \alpha(q)=\frac{\hat q(q)\,(1-q)}{\int Dz\,A(x)^2},\qquad x=\frac{\kappa-\sqrt q z}{\sqrt{1-q}},\quad A=G/H .

It rises from 0 to a finite limit, where the saddle disappears, almost linearly in a well chosen variable. Newton's method, kept
inside a bracket, inverts it in four to six steps for every load; no damping, no iteration that slows down near the limit.

*Quadrature.* The integrand changes over a width sqrt((1-q)/q) around z0 = kappa/sqrt(q). With z = z0 + s sinh(u) the trapezoidal rule
in u converges geometrically, whatever q is: the poles of A (zeros of erfc) sit at Im u of about 0.85, the growth of the Gaussian
sets in at pi/4. Step 0.14 leaves 1e-10 at kappa = 5, the step 0.1 used here leaves rounding errors.

The kernels take scalars and a float64 array for the answer; they neither allocate nor raise, so that a static page can run them. Status
in ``out[5]``: 1 converged, 0 not converged, -1 no saddle at this load. Chapters *gardner-volume*, *binary-weights*.
"""

from __future__ import annotations

import math

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import exp_kernel, log_h_and_inverse_mills_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica._rs_grid import (
    INV_SQRT_2PI,
    Array,
    Ends,
    margin_grid,
    mean_squared_shortfall,
)
from learnscape.replica._rs_limit import limit_gap, margin_near_limit
from learnscape.weights import binary_moments

Ends2 = tuple[float, float, float, float]
MONOTONE = (
    -2.5
)  # alpha(q) is monotone for kappa above (it fails from -2.66 for binary and -2.89 for spherical weights)
CLOSEST = 1.0 - 1e-13  # nearer to the end of the branch 1 - q is lost in the rounding of alpha
NEAR = 0.99  # of the limit: beyond, `_rs_limit` solves for the gap 1 - alpha/limit
NEAR_END = 0.25  # and there 1 - p is smaller than this, on the part of the branch that ends at the limit
EPSILON = 2.220446049250313e-16


@kernel
def margin_moments(q: float, v: float, kappa: float) -> tuple[float, float, float, float]:
    """Averages over Dz of A^2, B^2, A^2 B and ln H, with B = A (A - x); v = 1 - q is passed for its accuracy as q -> 1."""
    r = math.sqrt(q)
    sv = math.sqrt(v)
    z0, s, u, step, n = margin_grid(q, v, kappa)
    a2 = 0.0
    b2 = 0.0
    ab = 0.0
    lh = 0.0
    for i in range(n):
        e = exp_kernel(u + step * i)
        z = z0 + 0.5 * s * (e - 1.0 / e)
        w = (e + 1.0 / e) * exp_kernel(-0.5 * z * z)
        x = (kappa - r * z) / sv
        log_h, a = log_h_and_inverse_mills_kernel(x)
        b = a * mills_excess_kernel(a, x)
        a2 += w * a * a
        b2 += w * b * b
        ab += w * a * a * b
        lh += w * log_h
    w = 0.5 * step * s * INV_SQRT_2PI
    return w * a2, w * b2, w * ab, w * lh


@kernel
def margin_branch(
    binary: bool, kappa: float, p: float, u: float
) -> tuple[float, float, float, float, float, float, float, float]:
    """The branch at the point p = 1 - u: q, 1-q, q_hat, alpha, d ln alpha/dp, G_S, int Dz ln H, and (1 - replicon)/alpha.

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
    return q, v, q_hat, q_hat * v / a2, slope, entropic, lh, b2 * fluctuation / (v * v)


@kernel
def margin_newton(
    binary: bool,
    alpha: float,
    kappa: float,
    tolerance: float,
    max_iterations: int,
    start: Ends,
    bracket: Ends2,
    out: Array,
) -> None:
    """Newton's method for alpha(p) = alpha inside a bracket where alpha(p) rises; points are pairs (p, 1 - p)."""
    p, u = start
    low, low_u, high, high_u = bracket
    last = False
    out[5] = 0.0
    for _ in range(max_iterations):
        q, v, q_hat, load, slope, entropic, energetic, unstable = margin_branch(binary, kappa, p, u)
        residual = load / alpha - 1.0
        out[0] = q
        out[1] = q_hat
        out[2] = entropic + alpha * energetic
        out[3] = 1.0 - alpha * unstable
        out[4] += 1.0
        out[6] = abs(residual)
        out[8] = energetic
        out[9] = v
        if residual == 0.0 or (last and abs(residual) <= tolerance):
            out[5] = 1.0
            return
        if residual > 0.0:
            high = p
            high_u = u
        else:
            low = p
            low_u = u
        step = -residual / ((1.0 + residual) * slope)
        new = p + step
        new_u = u - step
        if (
            p < 0.05 and abs(residual) > 0.5
        ):  # alpha(p) is nearly proportional to p: right over any number of decades
            new = p / (load / alpha)
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
def near_replicon(binary: bool, alpha: float, kappa: float, out: Array) -> None:
    """Put the replicon into what `margin_near_limit` has found."""
    v = out[9]
    b2 = margin_moments(out[0], v, kappa)[1]
    out[3] = 1.0 - alpha * b2 * (binary_moments(out[1])[2] / (v * v) if binary else 1.0)


@kernel
def rs_margin_kernel(
    binary: bool, alpha: float, kappa: float, tolerance: float, max_iterations: int, out: Array
) -> None:
    """Solve the RS saddle of Margin(kappa) at load alpha: Binary weights if ``binary`` else Spherical.

    Where alpha(q) is not monotone (kappa < -2.66) several saddles may share a load. Those on rising parts of alpha(q) are local
    minima of the free entropy over q, as the replica limit n -> 0 wants them; the lowest is returned.

    out (20,): 0 q, 1 q_hat, 2 entropy, 3 replicon, 4 iterations, 5 status, 6 residual relative to the smaller of alpha and limit - alpha, 7 least upper bound of the
    loads that have a lowest saddle, 8 int Dz ln H, 9 1 - q; 10 to 19 are scratch.
    """
    shortfall = mean_squared_shortfall(kappa)
    limit = (0.6366197723675814 if binary else 1.0) / shortfall
    for i in range(20):
        out[i] = 0.0
    out[7] = limit
    if not alpha < limit * CLOSEST:
        out[5] = -1.0
        return
    log_h, a = log_h_and_inverse_mills_kernel(kappa)
    best = math.inf
    below = True
    if (
        a * a < 1e-300
    ):  # kappa < -26: the overlap of the first saddle is below what a double can hold, not that of a second one near the limit
        best = (0.6931471805599453 if binary else 0.0) + alpha * log_h
        below = False
        out[2] = best
        out[3] = 1.0
        out[5] = 1.0
        out[8] = log_h
        out[9] = 1.0
        for j in range(10):
            out[10 + j] = out[j]
        if alpha < 0.5 * limit:
            return
    near = alpha > NEAR * limit
    gap = 1.0 - alpha / limit
    if kappa > MONOTONE and near:
        margin_near_limit(binary, alpha, kappa, shortfall, tolerance, max_iterations, (NEAR_END, 0.0), out)
        near_replicon(binary, alpha, kappa, out)
        return
    p = max(alpha / limit, 1e-290)  # a chord: alpha(p) is almost linear
    if kappa > MONOTONE:
        margin_newton(
            binary,
            alpha,
            kappa,
            tolerance,
            max_iterations,
            (p, max(1.0 - p, EPSILON)),
            (0.0, 1.0, 1.0, 0.0),
            out,
        )
        return
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
            above = i == 140 or limit_gap(binary, kappa, shortfall, high_u)[0] <= gap
        else:
            above = i == 140 or not margin_branch(binary, kappa, high, high_u)[3] < alpha
        if below and above and near and low_u < NEAR_END:
            margin_near_limit(
                binary, alpha, kappa, shortfall, tolerance, max_iterations, (low_u, high_u), out
            )
            near_replicon(binary, alpha, kappa, out)
        elif below and above:
            if low == 0.0:
                start = 0.5 * high
                start_u = 1.0 - start
            elif high_u == 0.0:
                start_u = 0.5 * low_u
                start = 1.0 - start_u
            else:
                start = 0.5 * (low + high)
                start_u = 0.5 * (low_u + high_u)
            margin_newton(
                binary,
                alpha,
                kappa,
                tolerance,
                max_iterations,
                (start, start_u),
                (low, low_u, high, high_u),
                out,
            )
        if below and above and out[2] < best:
            best = out[2]
            for j in range(10):
                out[10 + j] = out[j]
        below = not above
        low = high
        low_u = high_u
    for j in range(10):
        if j != 4 and j != 7:
            out[j] = out[10 + j]


@kernel
def rs_binary_margin_kernel(alpha: float, kappa: float, out: Array) -> None:
    """`rs_margin_kernel` for Binary weights with the default tolerance."""
    rs_margin_kernel(True, alpha, kappa, 1e-12, 100, out)


@kernel
def rs_spherical_margin_kernel(alpha: float, kappa: float, out: Array) -> None:
    """`rs_margin_kernel` for Spherical weights with the default tolerance."""
    rs_margin_kernel(False, alpha, kappa, 1e-12, 100, out)


@kernel
def binary_capacity_kernel(kappa: float, out: Array) -> None:
    """The load where the RS entropy of Binary weights with Margin(kappa) vanishes.

    Newton along the branch: dS/dp = int Dz ln H dalpha/dp, because the saddle kills the other derivatives.
    out (10,): 0 q, 1 q_hat, 2 entropy (a zero), 3 replicon, 4 iterations, 5 status, 6 last step in alpha, 7 alpha, 8 int Dz ln H, 9 1 - q.
    """
    for i in range(10):
        out[i] = 0.0
    log_h, a = log_h_and_inverse_mills_kernel(kappa)
    if a * a < 1e-300:  # kappa < -27: q is below what a double can hold, and the first moment is exact
        out[3] = 1.0
        out[5] = 1.0
        out[7] = 0.6931471805599453 / abs(log_h)
        return
    low = 0.0
    low_u = 1.0
    high = 1.0
    high_u = 0.0
    p = 0.5
    if kappa < MONOTONE:  # alpha(q) may fall again later: approach the first zero from below
        p = min(0.1, 0.1 * a * (a / -log_h))
        while p < 0.5:
            _, _, _, load, _, entropic, energetic, _ = margin_branch(True, kappa, p, 1.0 - p)
            if entropic + load * energetic < 0.0:
                high = p
                break
            low = p
            p *= 2.0
        p = 0.5 * (low + high)
        low_u = 1.0 - low
        high_u = 1.0 - high
    u = 1.0 - p
    out[5] = 0.0
    for iteration in range(1, 101):
        q, v, q_hat, load, slope, entropic, energetic, unstable = margin_branch(True, kappa, p, u)
        entropy = entropic + load * energetic
        out[0] = q
        out[1] = q_hat
        out[2] = entropy
        out[3] = 1.0 - load * unstable
        out[4] = iteration
        out[6] = abs(entropy / energetic)
        out[7] = load - entropy / energetic  # the same Newton step, in alpha
        out[8] = energetic
        out[9] = v
        if abs(entropy) <= 1e-13 + 2e-14 * max(
            0.0, abs(load * energetic) - 1.0
        ):  # what rounding leaves of a difference
            out[5] = 1.0
            return
        if entropy > 0.0:
            low = p
            low_u = u
        else:
            high = p
            high_u = u
        step = min(
            -entropy / (energetic * load * slope), 0.9 * u
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
