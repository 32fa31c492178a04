r"""Compiled local entropy of a margin as y -> infinity; see :mod:`learnscape.replica.local_entropy` for the problem and its symbols.

*Quadrature.* The maximum over u of :math:`-u^2/2+f(a+\sqrt\delta u)` lies at the field :math:`h=a+\delta f'(h)`. Patterns are averaged over h itself: a is then
explicit, :math:`Da\to(1-\delta f'')\,G(a/\sqrt q)\,dh/\sqrt q`, and nothing is solved at the nodes. As replicas approach each other
:math:`\delta=y(q_1-q_0)` grows like :math:`e^{\mathrm{const}/d}`, so that its logarithm is the unknown, and all fields below the margin gather in
a narrow range of h around the point where :math:`\delta|f''|=1`, where the nodes are. Weights are averaged over
a > 0 by a double-exponential rule, which doesn't mind the root-like singularities near a = 0.

The kernels take and return numbers; they neither allocate nor raise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import (
    INVERSE_SQRT_2PI,
    exp_kernel,
    inverse_mills_kernel,
    log1p_kernel,
    log_2cosh_kernel,
    log_h_kernel,
    log_kernel,
    tanh_kernel,
)
from learnscape.numerics.jit import inlined, kernel
from learnscape.numerics.sinh_rule import RANGE, STEP, asinh_kernel
from learnscape.replica._rs_grid import CONVERGED, GAUSSIAN_STEP, NO_SADDLE, NOT_CONVERGED

HALF_LOG_2PI = 0.9189385332046727
HALF_PI = 0.4515827052894549  # ln(pi/2)
STEEP = 3.0  # ln(delta/v)
FARTHEST_FIELD = 38.0  # exp(-38^2/2) = 1e-314
FIRST, SPACING, HALF_NODES = -3.7, 0.08, 103  # z = exp(u/2 - exp(-u)), from 1e-18 to 9
TINY = 1e-300
BISECTIONS = 25  # of what only places nodes
MOST = 100  # evaluations
FARTHEST = 1e7  # ln delta
NEAREST = -30.0  # ln(delta/v): below, q_1 is the typical overlap
TOLERANCE = 1e-13


class Patterns(NamedTuple):
    """Averages over the field of a pattern."""

    value: float
    """The maximum, M = f(h) - (h - a)^2/(2 delta)."""
    shift2: float
    """(h - a)^2, which is delta^2 f'^2."""
    slope: float
    """delta f''^2/(1 - delta f'')."""
    external: float
    """-delta M'' - ln(1 - delta f''), twice what patterns give to the external entropy."""
    outer: float
    """(delta M'')^2."""
    inner: float
    """f''^2."""


class Sites(NamedTuple):
    """Averages over the field of a binary weight."""

    value: float
    """The maximum, M = ln 2cosh h - (delta_hat/2) tanh^2 h."""
    response: float
    """|z| tanh |h|."""
    external: float
    """ln(1 - delta_hat/cosh^2 h)."""
    outer: float
    """M''^2, infinite where M has a kink."""
    inner: float
    """1/cosh^4 h."""


class Limit(NamedTuple):
    """What the solver returns."""

    entropy: float
    """S_I."""
    external: float
    """S_E."""
    log_delta: float
    """ln of delta = y (q_1 - q_0)."""
    log_q_hat: float
    """ln q_hat_1."""
    delta_hat: float
    """y (q_hat_1 - q_hat_0)."""
    slope: float
    """dS_I/dd."""
    between: float
    """Replicon of the block between groups."""
    inside: float
    """Replicon of the block inside a group."""
    residual: float
    """Of the equation for delta."""
    iterations: int
    """Evaluations of it."""
    status: int
    """CONVERGED, NOT_CONVERGED or NO_SADDLE."""


NOTHING = Limit(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.inf, 0, NO_SADDLE)


@inlined
def log_sum(a: float, b: float) -> float:
    """ln(e^a + e^b)."""
    return max(a, b) + log1p_kernel(exp_kernel(-abs(a - b)))


@inlined
def log_mills(x: float) -> float:
    """ln A(x), also where A underflows."""
    return log_kernel(inverse_mills_kernel(x)) if x > -8.0 else -0.5 * x * x - HALF_LOG_2PI - log_h_kernel(x)


@kernel
def shift(h: float, kappa: float, log_v: float, log_delta: float) -> float:
    """h - a = delta A(x)/sqrt(v), x = (kappa - h)/sqrt(v)."""
    x = (kappa - h) * exp_kernel(-0.5 * log_v)
    return exp_kernel(log_mills(x) + log_delta - 0.5 * log_v)


@kernel
def field(a: float, high: float, kappa: float, log_v: float, log_delta: float) -> float:
    """h that belongs to a, below ``high``, by bisection: it only ends the range of integration."""
    low = a
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle - shift(middle, kappa, log_v, log_delta) < a:
            low = middle
        else:
            high = middle
    return high


class Rule(NamedTuple):
    """Equal steps in u for the field h of a pattern."""

    centre: float
    """Where delta |f''| = 1, or the margin."""
    scale: float
    """Over what width things change there."""
    first: float
    """u of the first node."""
    step: float
    """Distance of neighbours in u."""
    nodes: int
    """Number of nodes."""
    steep: bool
    """h = centre + scale (u + e^u - 1), for fields a that grow exponentially below the centre; else centre + scale sinh u."""


@kernel
def margin_rule(kappa: float, q: float, v: float, log_delta: float) -> Rule:
    """Nodes of h: centred where delta |f''| = 1, or at the margin if it is smaller everywhere."""
    log_v = log_kernel(v)
    root, ratio = math.sqrt(v), log_delta - log_v
    x = 0.0
    if ratio > HALF_PI:  # delta |f''| > 1 at the margin
        low = -3.0 - math.sqrt(2.0 * ratio + 10.0)
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + x)
            excess = mills_excess_kernel(inverse_mills_kernel(middle), middle)
            if log_mills(middle) + log_kernel(excess) + ratio > 0.0:
                x = middle
            else:
                low = middle
    centre, scale = kappa - root * x, root / max(1.0, -x)
    width = math.sqrt(q)
    low, high = width * (min(kappa, 0.0) - RANGE), width * (max(kappa, 0.0) + RANGE)
    low = field(low, max(low, centre) + 3.0 * root, kappa, log_v, log_delta)
    high = field(high, max(high, centre) + 3.0 * root, kappa, log_v, log_delta)
    step = min(STEP, GAUSSIAN_STEP * width / math.sqrt(scale * scale + centre * centre))
    steep = ratio > STEEP
    if steep:
        first = (min(low, centre) - centre) / scale + 1.0
        last = log_kernel(2.0 + (max(high, centre) - centre) / scale)
    else:
        first, last = asinh_kernel((low - centre) / scale), asinh_kernel((high - centre) / scale)
    return Rule(centre, scale, first, step, int((last - first) / step) + 2, steep)


class Node(NamedTuple):
    """What stands at a node."""

    x: float
    """(kappa - h)/sqrt(v)."""
    weight: float
    """Measure of a; 0 where it is negligible."""
    moved: float
    """h - a."""
    bend: float
    """-f''."""
    grows: float
    """-delta f''."""


@inlined
def margin_node(rule: Rule, i: int, kappa: float, q: float, v: float, log_delta: float) -> Node:
    """Node i."""
    u = rule.first + rule.step * i
    e = exp_kernel(u)
    if rule.steep:
        h, wide = rule.centre + rule.scale * (u + e - 1.0), 1.0 + e
    else:
        h, wide = rule.centre + 0.5 * rule.scale * (e - 1.0 / e), 0.5 * (e + 1.0 / e)
    root = math.sqrt(v)
    x = (kappa - h) / root
    mills = inverse_mills_kernel(x)
    excess = mills_excess_kernel(mills, x)
    log_a = log_kernel(mills) if x > -8.0 else -0.5 * x * x - HALF_LOG_2PI  # ln H(x) > -1e-15
    moved = exp_kernel(log_a + log_delta) / root
    grows = moved * excess / root
    z = (h - moved) / math.sqrt(q)
    weight = 0.0
    if abs(z) < FARTHEST_FIELD:
        weight = rule.step * rule.scale * wide * INVERSE_SQRT_2PI / math.sqrt(q)
        weight *= exp_kernel(-0.5 * z * z) * (1.0 + grows)
    return Node(x, weight, moved, mills * excess / v, grows)


@kernel
def margin_shift(kappa: float, q: float, v: float, log_delta: float) -> float:
    """The average of (h - a)^2 alone."""
    rule = margin_rule(kappa, q, v, log_delta)
    total = 0.0
    for i in range(rule.nodes):
        at = margin_node(rule, i, kappa, q, v, log_delta)
        if at.weight > 0.0:
            total += at.weight * at.moved * at.moved
    return total


@kernel
def margin_patterns(kappa: float, q: float, v: float, log_delta: float) -> Patterns:
    """Averages over fields a of variance q, where the variance v is left to each replica."""
    rule = margin_rule(kappa, q, v, log_delta)
    value, shift2, slope, external, outer, inner = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rule.nodes):
        at = margin_node(rule, i, kappa, q, v, log_delta)
        if at.weight > 0.0:
            w, share = at.weight, at.grows / (1.0 + at.grows)
            value += w * (log_h_kernel(at.x) - 0.5 * at.moved * (at.moved * exp_kernel(-log_delta)))
            shift2 += w * at.moved * at.moved
            slope += w * at.bend * share
            external += w * (share - log1p_kernel(at.grows))
            outer += w * share * share
            inner += w * at.bend * at.bend
    return Patterns(value, shift2, slope, external, outer, inner)


@inlined
def binary_field(a: float, delta_hat: float, start: float) -> float:
    """The largest h with h = a + delta_hat tanh h, for a > 0, from the h of a smaller a; Newton's steps on a convex function cross it once at most."""
    h = start
    for _ in range(80):
        t = tanh_kernel(h)
        step = (h - a - delta_hat * t) / (1.0 - delta_hat * (1.0 - t) * (1.0 + t))
        h = max(h - step, a)
        if abs(step) <= 1e-12 * h:
            break
    return h


@kernel
def binary_sites(log_q_hat: float, delta_hat: float) -> Sites:
    """Averages over fields a = sqrt(q_hat) z of a weight +1 or -1; the branch with the sign of a is the global maximum."""
    root = exp_kernel(0.5 * log_q_hat)
    value, response, external, outer, inner, h = 0.0, 0.0, 0.0, 0.0, 0.0, root + delta_hat
    for i in range(HALF_NODES):
        z, w = half_node(i)
        h = binary_field(root * z, delta_hat, h)
        t = tanh_kernel(h)
        c = exp_kernel(-2.0 * h)
        c = 4.0 * c / ((1.0 + c) * (1.0 + c))
        rest = max(1.0 - delta_hat * c, TINY)
        value += w * (log_2cosh_kernel(h) - 0.5 * delta_hat * t * t)
        response += w * z * t
        external += w * log_kernel(rest)
        outer += w * (c / rest) ** 2
        inner += w * c * c
    return Sites(value, response, external, outer if delta_hat <= 1.0 else math.inf, inner)


@inlined
def half_node(i: int) -> tuple[float, float]:
    """Node i > 0 of the Gaussian half-line and its weight, with that of its mirror image."""
    u = FIRST + SPACING * i
    e = exp_kernel(-u)
    z = exp_kernel(0.5 * u - e)
    return z, 2.0 * SPACING * INVERSE_SQRT_2PI * z * (0.5 + e) * exp_kernel(-0.5 * z * z)


@kernel
def binary_response(log_q_hat: float, delta_hat: float) -> tuple[float, float, float]:
    """Averages of 1/cosh^2 h, which is 1 - q_1, of how it falls with delta_hat, and of |z| tanh |h|."""
    root = exp_kernel(0.5 * log_q_hat)
    left, falls, response, h = 0.0, 0.0, 0.0, root + delta_hat
    for i in range(HALF_NODES):
        z, w = half_node(i)
        h = binary_field(root * z, delta_hat, h)
        t = tanh_kernel(h)
        c = exp_kernel(-2.0 * h)
        c = 4.0 * c / ((1.0 + c) * (1.0 + c))
        left += w * c
        falls += 2.0 * w * t * t * c / max(1.0 - delta_hat * c, TINY)
        response += w * z * t
    return left, falls, response


@kernel
def binary_delta_hat(log_q_hat: float, v: float, start: float) -> float:
    """delta_hat at which 1/cosh^2 h has the mean v: by Newton's steps in ln v, safe in a bracket."""
    m = math.sqrt(1.0 - v)
    low, high = 0.0, 0.5 * log1p_kernel(2.0 * m * (1.0 + m) / v) / m  # atanh(m)/m: what no field a needs
    x = min(max(start, low), high)
    for _ in range(60):
        left, falls, _ = binary_response(log_q_hat, x)
        excess = log_kernel(left / v)
        if excess > 0.0:
            low = x
        else:
            high = x
        step = excess * left / falls
        if abs(excess) < 1e-8 and low <= x + step <= high:  # what is left is the square
            return x + step
        if high - low <= 1e-15 * high:
            return x
        x = x + step if low < x + step < high else 0.5 * (low + high)
    return x


class Balance(NamedTuple):
    """What the equations make of one delta."""

    excess: float
    """ln of v + delta as the weights make it, over v + delta as given; it falls through 0 at the saddle."""
    log_q_hat: float
    """ln q_hat_1."""
    delta_hat: float
    """y (q_hat_1 - q_hat_0)."""


@kernel
def balance(binary: bool, alpha: float, v: float, log_delta: float, shift2: float, start: float) -> Balance:
    """One round of the equations from the average of (h - a)^2; ``start`` is a guess of delta_hat."""
    log_wide = log_sum(log_delta, log_kernel(v))
    log_q_hat = log_kernel(alpha) + log_kernel(shift2) - 2.0 * log_delta
    if binary:
        delta_hat = binary_delta_hat(log_q_hat, v, start)
        excess = log_kernel(binary_response(log_q_hat, delta_hat)[2]) - 0.5 * log_q_hat - log_wide
    else:
        delta_hat = exp_kernel(log_delta - log_wide) / v
        excess = 0.5 * (log_kernel(1.0 - v) - log_q_hat) - log_wide
    return Balance(excess, log_q_hat, delta_hat)


@kernel
def margin_balance(
    binary: bool, kappa: float, alpha: float, v: float, log_delta: float, start: float
) -> Balance:
    """One round of the equations of a margin."""
    return balance(binary, alpha, v, log_delta, margin_shift(kappa, 1.0 - v, v, log_delta), start)


@kernel
def limit_at(
    binary: bool, alpha: float, v: float, log_delta: float, at: Balance, seen: Patterns, count: int
) -> Limit:
    """Entropies and replicons of the saddle."""
    q = 1.0 - v
    if binary:
        felt = binary_sites(at.log_q_hat, at.delta_hat)
        # -q_hat (1 - q_1 + delta)/2: at the saddle 1 - q_1 + delta is response/sqrt(q_hat)
        linear = 0.5 * (q * at.delta_hat + felt.response * exp_kernel(0.5 * at.log_q_hat))
        entropy = felt.value - linear + alpha * seen.value
        external = 0.5 * (alpha * seen.external - at.delta_hat * v - felt.external)
        outer = felt.outer * exp_kernel(-2.0 * log_delta) if felt.outer < math.inf else math.inf
        inner = felt.inner
    else:
        log_wide = log_sum(log_delta, log_kernel(v))
        log_share = log_kernel(v) - log_wide
        share = exp_kernel(log_share)
        entropy = 0.5 * (log_kernel(v) + share * q / v) + alpha * seen.value
        external = 0.5 * (alpha * seen.external - log_share + share - 1.0)
        outer, inner = exp_kernel(2.0 * (log_wide - log_delta)), v * v
    slope = at.delta_hat - alpha * seen.slope
    status = CONVERGED if abs(at.excess) < 1e-9 else NOT_CONVERGED
    return Limit(
        entropy,
        external,
        log_delta,
        at.log_q_hat,
        at.delta_hat,
        slope,
        1.0 - alpha * seen.outer * outer if outer < math.inf else -math.inf,
        1.0 - alpha * seen.inner * inner,
        abs(at.excess),
        count,
        status,
    )


@inlined
def shrink(new: float, old: float) -> float:
    """Anderson and Bjorck's factor for the height at an end of the bracket that stayed twice."""
    factor = 1.0 - new / old
    return factor if factor > 0.0 else 0.5


@kernel
def limit_kernel(binary: bool, kappa: float, alpha: float, v: float, start: float) -> Limit:
    """The saddle at 1 - q_1 = v; ``start`` is a guess of ln delta."""
    bottom = log_kernel(v) + NEAREST
    x, stride, count = max(start, bottom), 0.5, 1
    at = margin_balance(binary, kappa, alpha, v, x, 1.0)
    low, high, f_low, f_high = x, x, at.excess, at.excess
    while f_low < 0.0:  # the saddle has a smaller delta
        if low <= bottom:
            return NOTHING
        high, f_high = low, f_low
        low = max(low - stride, bottom)
        stride *= 2.0
        at = margin_balance(binary, kappa, alpha, v, low, at.delta_hat)
        f_low = at.excess
        count += 1
    while f_high > 0.0:
        if high >= FARTHEST:
            return NOTHING
        low, f_low = high, f_high
        high = min(high + stride, FARTHEST)
        stride *= 2.0
        at = margin_balance(binary, kappa, alpha, v, high, at.delta_hat)
        f_high = at.excess
        count += 1
    x = low if abs(f_low) < abs(f_high) else high
    side = 0
    while high > low and count < MOST:
        x = low + (high - low) * f_low / (f_low - f_high)  # a secant; the height at an end that stays shrinks
        if not low < x < high:
            x = 0.5 * (low + high)
        at = margin_balance(binary, kappa, alpha, v, x, at.delta_hat)
        count += 1
        if abs(at.excess) < TOLERANCE or high - low < 1e-15 * (1.0 + abs(x)):
            break
        if at.excess > 0.0:
            if side > 0:
                f_high *= shrink(at.excess, f_low)
            low, f_low, side = x, at.excess, 1
        else:
            if side < 0:
                f_low *= shrink(at.excess, f_high)
            high, f_high, side = x, at.excess, -1
    return limit_at(binary, alpha, v, x, at, margin_patterns(kappa, 1.0 - v, v, x), count)
