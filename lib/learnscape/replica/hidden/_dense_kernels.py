r"""Compiled saddle of the dense regions of y students: one step of replica symmetry breaking with m = y and q0 = q1 - delta_q / y.

*Problem.* The overlap q1 = 1 - v of the students in a region is given, or the load, or the slope of the local entropy. With T = m alpha_T,
:math:`\mathcal Q=v+\delta q`, and :math:`p_d-p_1=v\,e_d`, :math:`p_d-p_1+\delta p=\mathcal Q\,e`, :math:`p_0=r^2+c`, the saddle is

.. math::
    e_d=\frac1{1+vTK_i},\quad e=\frac1{1+\mathcal QTK_o},\quad r=\alpha_T\sqrt m\,\mathcal Q\,e\,E,\quad c=e^2(q_0+\mathcal Q^2T\langle g^2\rangle),

.. math::
    \frac{\hat q_0}{\alpha}=(1-m)\langle g^2\rangle+m\,e^2\bigl[\langle g^2\rangle+Tq_0K_o^2+\alpha_TE^2\bigr],

where g is the mean of :math:`A/\sqrt V` inside a region, with the responses :math:`K_i=-\langle g'(\lambda)\rangle` and :math:`K_o=-\langle dg/d\omega\rangle`. For y -> infinity,
q0 = q1. The slope of the local entropy is then

.. math::
    \frac{dS}{dq_1}=\tfrac12\bigl\{\alpha\bigl[K_i(1-m+m\,e_d)-K_o(1-m+m\,e)\bigr]-\delta\hat q\bigr\}.

and with a factor 1 - 1/y it is that of Phi/y. Six unknowns, all logarithms: q0_hat, delta_q_hat, e_d, e, r, c; Newton with differences and Broyden's updates, followed from the typical students, where :math:`\delta\hat q=0`.

Kernels work in memory that the caller gives; they neither allocate nor raise. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.gaussian import exp_kernel, log1p_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.replica.hidden._dense_terms import Fields, Sites, fields, sites
from learnscape.replica.hidden._finite_terms import fields_of, sites_of
from learnscape.replica.hidden._rs_kernels import Typical

Array = NDArray[np.float64]
UNKNOWNS = 6
WORK = UNKNOWNS * (2 * UNKNOWNS + 4) + 1  # numbers of scratch memory
UNKNOWN_JACOBIAN = -1.0  # last of them: the mode of the Jacobian that is kept there
SLOW = 0.7  # of the residual is left by a step: the kept Jacobian is no longer good
DIFFERENCE = 2.0**-24
TOLERANCE, ACCEPTED = 2e-13, 1e-10  # of the residual
STEPPING = 1e-5  # and on the way to a point
WILD = 3.0  # residual from which Newton does not start: a shorter stride is quicker
JUMP = 0.2  # of ln r: more is another branch
NEWTON_STEPS = 25
LONGEST = 1.0  # step of a logarithm
START = 0.03  # delta_q_hat at the beginning
STRIDE, SHORTEST = 0.5, 2e-3  # of ln v along the curve
FIXED_DELTA, FIXED_DISTANCE, FLAT = 0, 1, 2  # what is asked of the last two equations


class Model(NamedTuple):
    """What is given."""

    alpha_t: float
    """P/D."""
    share: float
    """Linear share m of the features."""
    kappa: float
    """Margin."""
    y: float
    """Students a region; may be infinite."""


class State(NamedTuple):
    """Everything at one set of unknowns."""

    alpha: float
    """The load that fits."""
    v: float
    """1 - q1."""
    tilt: float
    """dS/dq1 times 2/delta_q_hat."""
    entropy: float
    """Local entropy."""
    external: float
    """External entropy, ln(number of regions)/N."""
    variance: float
    """Q_d - Q1."""
    across: float
    """Q1 - R^2."""
    along: float
    """R."""


class Equations(NamedTuple):
    """What the unknowns should be, and the load and tilt that go with them."""

    alpha: float
    """The load that fits."""
    tilt: float
    """As in `State`."""
    log_v: float
    """ln(1 - q1)."""
    log_e_d: float
    """ln of 1/(1 + v T K_i)."""
    log_e: float
    """ln of 1/(1 + Q T K_o)."""
    log_r: float
    """ln r."""
    log_c: float
    """ln c."""


@kernel
def _averages(x: Array, model: Model) -> tuple[Sites, Fields, float, float, float]:
    """Averages over weights and patterns; delta_Q, the variance inside and S."""
    q_hat, delta_hat, share = exp_kernel(x[0]), exp_kernel(x[1]), model.share
    if model.y == math.inf:
        at = sites(q_hat, delta_hat)
    else:
        at = sites_of(q_hat, delta_hat, model.y)
    e_d, e = exp_kernel(x[2]), exp_kernel(x[3])
    rest = 1.0 - share
    delta = max(share * (at.total * e - at.v * e_d) + rest * (at.total - at.v), 1e-300)
    variance = at.v * (share * e_d + rest)
    across = share * exp_kernel(x[5]) + rest * at.q0
    along = math.sqrt(share) * exp_kernel(x[4])
    if model.y == math.inf:
        mean = fields(variance, across, along, delta, model.kappa)
    else:
        mean = fields_of(variance, across, along, delta, model.kappa, model.y)
    return at, mean, delta, variance, across


@kernel
def _load(q_hat: float, q0: float, mean: Fields, e: float, model: Model) -> float:
    """alpha from q0_hat."""
    shared = model.alpha_t * (model.share * q0 * mean.outer * mean.outer + mean.e * mean.e)
    return q_hat / ((1.0 - model.share) * mean.g2 + model.share * e * e * (mean.g2 + shared))


@kernel
def equations(x: Array, model: Model) -> Equations:
    """One update."""
    at, mean, _, _, _ = _averages(x, model)
    t, rest = model.alpha_t * model.share, 1.0 - model.share
    e_d, e = exp_kernel(x[2]), exp_kernel(x[3])
    alpha = _load(exp_kernel(x[0]), at.q0, mean, e, model)
    response = mean.inner * (rest + model.share * e_d) - mean.outer * (rest + model.share * e)
    log_e = -log1p_kernel(at.total * t * mean.outer)
    return Equations(
        alpha,
        alpha * response * exp_kernel(-x[1]) - 1.0,
        log_kernel(at.v),
        -log1p_kernel(at.v * t * mean.inner),
        log_e,
        log_kernel(model.alpha_t * math.sqrt(model.share) * at.total * mean.e) + log_e,
        2.0 * log_e + log_kernel(at.q0 + at.total * at.total * t * mean.g2),
    )


@kernel
def _residual(x: Array, out: Array, alpha: float, control: float, mode: int, model: Model) -> float:
    """The six equations into ``out``; the largest is returned."""
    new = equations(x, model)
    out[0] = new.tilt if mode == FLAT else log_kernel(new.alpha / alpha)
    out[1] = (x[1] if mode == FIXED_DELTA else new.log_v) - control
    out[2], out[3] = new.log_e_d - x[2], new.log_e - x[3]
    out[4], out[5] = new.log_r - x[4], new.log_c - x[5]
    largest = 0.0
    for i in range(UNKNOWNS):
        if not abs(out[i]) <= largest:
            largest = abs(out[i])
    return largest if largest == largest else math.inf


@kernel
def _eliminate(a: Array, n: int) -> bool:
    """Gauss's elimination in place of n rows of n + 1 numbers; the solution is left in the last column."""
    m = n + 1
    for i in range(n):
        best = i
        for j in range(i + 1, n):
            if abs(a[j * m + i]) > abs(a[best * m + i]):
                best = j
        if not abs(a[best * m + i]) > 0.0:
            return False
        for k in range(i, m):
            a[i * m + k], a[best * m + k] = a[best * m + k], a[i * m + k]
        for j in range(n):
            if j != i:
                factor = a[j * m + i] / a[i * m + i]
                for k in range(i, m):
                    a[j * m + k] -= factor * a[i * m + k]
    for i in range(n):
        a[i * m + n] /= a[i * m + i]
    return True


@kernel
def settle(
    x: Array,
    work: Array,
    alpha: float,
    control: float,
    mode: int,
    model: Model,
    tolerance: float,
) -> float:
    """Newton from x, which it replaces by the solution; the residual that is left. WORK numbers of memory.

    The Jacobian is taken by differences where none is known, or the known one misleads; otherwise Broyden's rank-one update follows it, from call to call.
    """
    n = x.size  # unknown to the compiler: loops that are not unrolled keep the page's module small
    matrix = work[: n * (n + 1)]
    f = work[n * (n + 1) : n * (n + 2)]
    g = work[n * (n + 2) : n * (n + 3)]
    y = work[n * (n + 3) : n * (n + 4)]
    jacobian = work[n * (n + 4) : n * (2 * n + 4)]
    known = work[WORK - 1] == mode
    residual = _residual(x, f, alpha, control, mode, model)
    for _ in range(NEWTON_STEPS):
        if residual <= tolerance or residual > WILD:
            break
        fresh = not known
        if fresh:
            for j in range(n):
                x[j] += DIFFERENCE
                _residual(x, g, alpha, control, mode, model)
                x[j] -= DIFFERENCE
                for i in range(n):
                    jacobian[i * n + j] = (g[i] - f[i]) / DIFFERENCE
            work[WORK - 1] = mode
        for i in range(n):
            for j in range(n):
                matrix[i * (n + 1) + j] = jacobian[i * n + j]
            matrix[i * (n + 1) + n] = -f[i]
        better, fraction = math.inf, 1.0
        if _eliminate(matrix, n):
            longest = 0.0
            for i in range(n):
                longest = max(longest, abs(matrix[i * (n + 1) + n]))
            fraction = min(1.0, LONGEST / longest)
            while fraction > 1e-3:
                for i in range(n):
                    y[i] = x[i] + fraction * matrix[i * (n + 1) + n]
                y[2], y[3] = min(y[2], 0.0), min(y[3], 0.0)
                better = _residual(y, g, alpha, control, mode, model)
                if better < (1.0 - 0.1 * fraction) * residual or not fresh:
                    break
                fraction *= 0.5
        known = better < (SLOW if fraction == 1.0 else 1.0) * residual
        if not better < residual:
            if fresh:
                break
            continue
        length = 0.0
        for i in range(n):
            matrix[i] = y[i] - x[i]
            length += matrix[i] * matrix[i]
        for i in range(n):
            miss = g[i] - f[i]
            for j in range(n):
                miss -= jacobian[i * n + j] * matrix[j]
            for j in range(n):
                jacobian[i * n + j] += miss * matrix[j] / length
        for i in range(n):
            x[i], f[i] = y[i], g[i]
        residual = better
    return residual


@kernel
def _limit_entropies(
    x: Array, at: Sites, mean: Fields, delta: float, alpha: float, model: Model
) -> tuple[float, float]:
    """Local and external entropy for y -> infinity."""
    q_hat, delta_hat, alpha_t, share = exp_kernel(x[0]), exp_kernel(x[1]), model.alpha_t, model.share
    q1, total, t = 1.0 - at.v, at.total, model.alpha_t * model.share
    e_d, e = exp_kernel(x[2]), exp_kernel(x[3])
    shared = t * q1 * mean.outer * mean.outer + alpha_t * mean.e * mean.e
    u = at.v * t * mean.inner  # e_d = 1/(1 + u)
    volume = u / (1.0 + u) - log1p_kernel(u) if u > 1e-3 else -u * u * (0.5 - u * (2.0 / 3.0 - 0.75 * u))
    projected = 0.5 * (volume / alpha_t - total * e * e * share * (shared - total * t * mean.outer * mean.g2))
    entropy = at.best - 0.5 * (q1 * delta_hat + q_hat * total) + alpha * (projected + mean.best)
    ratio = at.v / total
    external = (
        -0.5 * delta_hat * at.v
        - 0.5 * at.log_det
        + alpha * 0.5 * (delta * mean.outer - mean.log_det)
        + 0.5 * alpha / alpha_t * (x[3] - x[2] + e_d - e + ratio * (e_d / e - 1.0 - e_d + e))
    )
    return entropy, external


@kernel
def _entropies(x: Array, at: Sites, mean: Fields, alpha: float, model: Model) -> tuple[float, float]:
    """Local entropy dPhi/dy and external entropy Phi - y dPhi/dy of regions of y students."""
    y, q_hat, delta_hat = model.y, exp_kernel(x[0]), exp_kernel(x[1])
    e_d, e, c = exp_kernel(x[2]), exp_kernel(x[3]), exp_kernel(x[5])
    q0, total = at.q0, at.total
    outer, p0 = total * e, exp_kernel(2.0 * x[4]) + c
    a, b = (outer - at.v * e_d) / y, (total - at.v) / y  # p1 - p0, q1 - q0
    q_hat1 = q_hat + delta_hat / y
    one = (1.0 - at.v) * q_hat1
    pair = q0 * delta_hat + q_hat * y * b + b * delta_hat  # y (q1 q1_hat - q0 q0_hat)
    common = c / outer - (q0 + p0) / total + q0 * e / total + 1.0
    per_student = common + (1.0 - 1.0 / y) * (x[2] - e_d) + (x[3] - e) / y
    by_y = (
        common + x[2] - e_d + a / outer - b / total - y * c * a / (outer * outer) - a / total + e * b / total
    )
    by_y += y * (q0 * a + (q0 + p0) * b - 2.0 * q0 * e * b) / (total * total)
    volume = 0.5 * alpha / model.alpha_t
    phi = -0.5 * (pair - one + q_hat1) + at.best + volume * per_student + alpha * mean.best
    entropy = -0.5 * (2.0 * pair - one + q_hat1) + at.energy + volume * by_y + alpha * mean.energy
    return entropy, y * (phi - entropy)


@kernel
def state(x: Array, model: Model) -> State:
    """Load, entropies and overlaps at the unknowns."""
    at, mean, delta, variance, across = _averages(x, model)
    rest, share = 1.0 - model.share, model.share
    alpha = _load(exp_kernel(x[0]), at.q0, mean, exp_kernel(x[3]), model)
    response = mean.inner * (rest + share * exp_kernel(x[2])) - mean.outer * (rest + share * exp_kernel(x[3]))
    tilt = alpha * response * exp_kernel(-x[1]) - 1.0
    if model.y == math.inf:
        entropy, external = _limit_entropies(x, at, mean, delta, alpha, model)
        shared = across
    else:
        entropy, external = _entropies(x, at, mean, alpha, model)
        tilt *= 1.0 - 1.0 / model.y
        shared = across + delta / model.y
    return State(alpha, at.v, tilt, entropy, external, variance, shared, math.sqrt(share) * exp_kernel(x[4]))


@kernel
def begin(x: Array, work: Array, typical: Typical, model: Model) -> float:
    """The first point of the curve beside the typical students, into x; its residual."""
    x[0], x[1] = log_kernel(typical.q_hat), log_kernel(START)
    x[2] = x[3] = log_kernel(typical.e)
    x[4], x[5] = log_kernel(typical.r), log_kernel(typical.c)
    work[WORK - 1] = UNKNOWN_JACOBIAN
    return settle(x, work, typical.alpha, x[1], FIXED_DELTA, model, STEPPING)


@kernel
def follow(
    x: Array,
    before: Array,
    trial: Array,
    work: Array,
    alpha: float,
    target: float,
    mode: int,
    model: Model,
) -> tuple[float, float]:
    """From the solution x to ln v = ``target``: residual of the last attempt and the last good ln v. before, trial: 6 numbers each."""
    n = UNKNOWNS
    here = equations(x, model).log_v
    past, known = here, False
    least = SHORTEST * min(1.0, -here)  # at small loads the curve begins at ln v = -alpha, and bends there
    stride = STRIDE * min(1.0, -here)
    residual = 0.0
    while abs(target - here) > 1e-13:
        there = target if abs(target - here) <= stride else here + math.copysign(stride, target - here)
        for i in range(n):
            trial[i] = x[i] + ((x[i] - before[i]) * (there - here) / (here - past) if known else 0.0)
        if known:  # delta_q_hat itself: it begins near zero
            delta = 1.0 + (1.0 - exp_kernel(before[1] - x[1])) * (there - here) / (here - past)
            trial[1] = x[1] + log_kernel(max(delta, 0.1))
        guess = trial[4]
        last = there == target
        goal = TOLERANCE if last else STEPPING
        residual = settle(trial, work, alpha, there, mode, model, goal)
        if residual <= (ACCEPTED if last else STEPPING) and abs(trial[4] - guess) < JUMP:
            for i in range(n):
                before[i], x[i] = x[i], trial[i]
            past, here, known = here, there, True
            stride = min(2.0 * stride, STRIDE)
        else:
            stride *= 0.5
            if stride < least:
                break
    return residual, here
