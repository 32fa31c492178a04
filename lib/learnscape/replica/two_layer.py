r"""Tree committees: two layers, with K hidden units that see disjoint inputs; the capacity of K units and of infinitely many.

*Problem.* The N weights are divided among K units; unit l sees the field :math:`h_l` of variance 1, and a pattern demands
:math:`K^{-1/2}\sum_lc_l\sigma(h_l)\ge\kappa` with fixed output weights :math:`c_l=\pm1`, as many of each. *Infinitely many units*: the output is Gaussian, and two
replicas of overlap q have outputs of covariance :math:`\Delta(q)=\mathbb E[\sigma(u)\sigma(v)]-\mathbb E[\sigma]^2`. So the patterns' term is that of the perceptron with q replaced by
:math:`D(q)=\Delta(q)/\Delta(1)` and kappa by :math:`\kappa/\sqrt{\Delta(1)}`, while the weights' term stays as it is. As q -> 1 the variance left is
:math:`1-D\approx s(1-q)`, :math:`s=D'(1)`, hence

.. math::
    \alpha_{\mathrm{RS}}=\frac{s}{\mathbb E\,(\kappa/\sqrt{\Delta(1)}-z)_+^2},\qquad
    \alpha_k=\min_{q,y}\frac{S(q,y)}{C(D(q),y/s)/s},

with numerator S and denominator C of :mod:`learnscape.replica.rsb`; replica symmetry is stable where :math:`1-\alpha P(z<\kappa/\sqrt{\Delta(1)})-D''(1)/s>0`. Every activation that is not linear has s > 1. The sign has :math:`s=\infty`: with spherical weights its capacity grows with K without limit,
in replica symmetry as :math:`12\sqrt{K/2\pi}`.

*Weights +1 and -1*: :math:`\hat q=\alpha D'(q)\int Dz\,g^2`, and the capacity is the zero of the entropy; with an even activation q = 0 is a saddle too,
and the smaller load is the answer.

*Rigour.* Exact within replicas at each number of steps; for infinitely many units K goes to infinity after N.
Barkai, Hansel and Sompolinsky (1992); Engel et al. (1992); Baldassi, Malatesta and Zecchina (2019) for relu; part *Replica calculations*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import zeta

from learnscape.constraints import Margin
from learnscape.errors import ConvergenceError, as_finite, is_integer, is_number, require
from learnscape.numerics.gaussian import H
from learnscape.numerics.shortfall import mean_squared_shortfall
from learnscape.replica import _two_layer_units as few
from learnscape.replica._compiled import stands_for
from learnscape.replica._limit import Cost, Functional, distance_cost, objective, pack, sphere
from learnscape.replica._limit_minimum import LARGEST_LOAD, LARGEST_STEPS, NEW, Start, minimum
from learnscape.replica._quadrature import graded_gaussian
from learnscape.replica._rsb_leaf import margin_leaf
from learnscape.replica._two_layer_kernels import Kernel, find
from learnscape.weights import Binary, Spherical, Weights

__all__ = ["Capacity", "Kernel", "Ladder", "capacity", "kernel", "ladder"]

Array = NDArray[np.float64]
Activation = str | Callable[[Array], Array]
SPHERE, SIGNS = Spherical(), Binary()
LOWEST = -5.1  # of kappa/sqrt(Delta(1)) with broken symmetry: LARGEST_LOAD
LARGEST_COMMITTEE = 10**7  # beyond it the binomial probabilities lose digits
MOST_UNITS = max(few.STEP)  # with an average over each unit's field
SMALLEST_OVERLAP = 1e-14  # of binary weights; below it q = 0 is as good
OVERLAPS = np.linspace(1e-3, 0.999, 40)  # between which their entropy vanishes
SMALL_OVERLAPS = np.geomspace(SMALLEST_OVERLAP, 1e-3, 12)[:-1]  # and, with infinitely many units, these
LOWEST_BINARY = -37.0  # of kappa/sqrt(Delta(1)): the probability of a violation must be a double
START = 0.7, 2.2  # q_0 and y_1 (1 - q_0)/s near which the first step lies without a margin
GAPS = (3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 0.6)  # 1 - q_0 that are tried with a margin
PRODUCTS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # y_1 (1 - q_0)/s
LEAST_GAP = 1e-15  # of D, where the minimiser has run away and the minimiser will say so
NEAR, STEEP = 0.3, 1.1  # margins and slopes s for which it is a good start
DIFFERENCE = 1e-4  # of ln(1 - q); the entropy is stationary, so that its square does not count


@dataclass(frozen=True, eq=False)
class Capacity:
    """The capacity of a tree committee within k steps of replica symmetry breaking."""

    alpha: float
    """Load at which the solutions vanish."""
    q: Array
    """Overlaps q_0, ..., q_{k-1} of the weights, outermost first (the innermost one is 1); of binary weights the one overlap."""
    y: Array
    """m_i / (1 - q_k), i = 1, ..., k; for binary weights with one step m_1 = 1."""
    broken: bool
    """True if the replicon is negative: alpha is then no more than the value within so many steps. For binary weights replica symmetry, or the frozen
    step, is else the answer; few units with binary weights are not checked."""
    replicon: float | None
    """Replicon of the replica-symmetric state at its capacity; -inf where the kernel has D''(1) = inf (relu) or the distance to what is allowed has
    cusps (few units); None for few units with binary weights."""
    residual: float
    """Largest derivative of ln alpha at the minimum, as in `rsb.Capacity`; 0 where nothing is minimised."""
    evaluations: int
    """How often the functional was computed."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Capacities step by step, and where they go."""

    alpha: Array
    """Capacity with 0, 1, ..., k steps; (k + 1,)."""
    limit: float
    """Estimate for full replica symmetry breaking: the gains of the last two steps continued as a power of the step."""
    error: float
    """Change of that estimate by the last step."""


def kernel(activation: Activation) -> Kernel:
    """The kernel D(q) of an activation, with D' and D'' and the variance Delta(1).

    Parameters
    ----------
    activation : {"sign", "relu", "erf", "quadratic"} or callable
        erf means erf(x), quadratic x^2; else a smooth function of an array.

    Examples
    --------
    >>> relu = kernel("relu")
    >>> round(float(relu.value(0.5)), 6), round(relu.slope_at_one, 6)
    (0.426422, 1.466942)
    """
    return find(activation)


def capacity(
    activation: Activation,
    weights: Weights = SPHERE,
    units: float = math.inf,
    *,
    kappa: float = 0.0,
    steps: int = 1,
) -> Capacity:
    """The capacity of a tree committee.

    Parameters
    ----------
    activation : {"sign", "relu", "erf", "quadratic"} or callable
        Of the hidden units; a callable is a smooth function of an array. Few units have "sign" only.
    weights : Spherical or Binary
        Of the hidden units.
    units : int or math.inf
        K. Finite: odd; with steps = 1 or binary weights at most 5.
    kappa : float
        Margin of the output K^(-1/2) sum c_l sigma_l; few units have 0 only.
    steps : int
        Steps of replica symmetry breaking, 0 to 8; at most 1 for few units and for binary weights (frozen: the load of steps = 0).

    Returns
    -------
    Capacity

    Raises
    ------
    ValueError
        Bad input, among it the sign with spherical weights and infinitely many units, whose capacity is infinite.
    ConvergenceError
        The minimiser stopped early or ran away, as in `rsb.capacity`.

    Notes
    -----
    *Digits.* Infinitely many units: ln alpha is right to about 1e-10, with spherical and with binary weights. Few units: replica symmetry to 1e-11, one step
    to 1e-8 for K = 3 and to 1e-6 for K = 5; binary weights to 1e-8.

    Examples
    --------
    >>> [round(capacity("relu", steps=k).alpha, 5) for k in (0, 1, 2)]
    [2.93388, 2.66428, 2.65327]
    >>> round(capacity("erf", Binary()).alpha, 6)
    0.869814
    >>> round(capacity("sign", units=3, steps=0).alpha, 4)
    4.0252
    """
    function = find(activation)
    kinds = [kind for kind in (Spherical, Binary) if isinstance(weights, kind) and stands_for(kind, weights)]
    require(bool(kinds), "weights", weights, "Spherical() or Binary()")
    margin = as_finite("kappa", kappa)
    good = is_integer(steps) and 0 <= steps <= LARGEST_STEPS
    require(good, "steps", steps, f"an integer from 0 to {LARGEST_STEPS}")
    wide = is_number(units) and units == math.inf
    require(
        wide or (is_integer(units) and units >= 1 and units % 2 == 1),
        "units",
        units,
        "an odd integer (no majority is then a tie), or math.inf",
    )
    if not wide:
        return _few_units(activation, weights, int(units), margin, int(steps))
    if weights.discrete:
        require(
            steps <= 1, "steps", steps, "0 or 1 for binary weights, whose solutions freeze at the first step"
        )
        return _wide_binary(function, margin / math.sqrt(function.variance), int(steps))
    return _wide_spherical(function, margin / math.sqrt(function.variance), int(steps))


def ladder(activation: Activation, *, kappa: float = 0.0, steps: int = 4) -> Ladder:
    """Capacities of infinitely many units with spherical weights, step by step, and their trend.

    Parameters
    ----------
    activation, kappa
        As for :func:`capacity`.
    steps : int
        The last step, 3 to 8; four take about two seconds, five four.

    Returns
    -------
    Ladder
        Each step is an upper bound on the next; the limit is an estimate.

    Raises
    ------
    ValueError
        Bad input, or a problem in which replica symmetry is stable.
    ConvergenceError
        As for :func:`capacity`.

    Examples
    --------
    >>> found = ladder("relu", steps=3)
    >>> found.alpha.round(4), round(found.limit, 4)
    (array([2.9339, 2.6643, 2.6533, 2.6515]), 2.6506)
    """
    good = is_integer(steps) and 3 <= steps <= LARGEST_STEPS
    require(good, "steps", steps, f"an integer from 3 to {LARGEST_STEPS}")
    first = capacity(activation, kappa=kappa, steps=0)
    require(
        first.broken, "kappa", kappa, "such that replica symmetry is broken; here its capacity is the answer"
    )
    levels = [first.alpha] + [capacity(activation, kappa=kappa, steps=k).alpha for k in range(1, steps + 1)]
    limits = [_continued(levels[:k]) for k in (steps, steps + 1)]
    return Ladder(np.array(levels), limits[1], abs(limits[1] - limits[0]))


def _continued(levels: list[float]) -> float:
    """The limit if the gain of step k falls as a power of k, fixed by the last two."""
    k = len(levels) - 1
    before, last = levels[-3] - levels[-2], levels[-2] - levels[-1]
    power = math.log(before / last) / math.log(k / (k - 1.0))
    return levels[-1] - last * k**power * float(zeta(power, k + 1.0))


def _wide_spherical(function: Kernel, margin: float, steps: int) -> Capacity:
    s = function.slope_at_one
    allowed = (
        "one without jumps: with spherical weights and infinitely many units its capacity is infinite, because D'(1) is; "
        "it grows with K, as capacity('sign', units=K, steps=0) shows (4.79 sqrt(K) for replica symmetry)"
    )
    require(s < math.inf, "activation", function.activation, allowed)
    shortfall = mean_squared_shortfall(margin)
    load = s / shortfall
    replicon = 1.0 - load * float(H(-margin)) - function.bend_at_one / s
    broken = replicon < -1e-9
    if steps == 0 or not broken:
        flat = steps if steps and not broken else 0
        return Capacity(load, np.ones(flat), np.zeros(flat), broken, replicon, 0.0, 0)
    allowed = f"one at which violations are not so rare, above {LOWEST * math.sqrt(function.variance):.4g}: their cost is lost in rounding"
    require(shortfall * LARGEST_LOAD > 1.0, "kappa", margin * math.sqrt(function.variance), allowed)
    constraint = Margin(margin)

    def cost(q: Array, y: Array) -> Functional:
        overlaps = np.minimum(function.value(q), 1.0 - LEAST_GAP)
        inner = (
            _one_step(margin, overlaps, y / s) if q.size == 1 else distance_cost(constraint, overlaps, y / s)
        )
        return Functional(inner.value / s, inner.dq * function.slope(q) / s, inner.dy / s**2)

    name = f"the activation {function.activation} at kappa = {margin * math.sqrt(function.variance):g}"
    found = minimum(cost, _start(cost, s, margin, load, name), steps, load, name)
    return Capacity(found.alpha, found.q, found.y, True, replicon, found.residual, found.evaluations)


def _start(cost: Cost, s: float, margin: float, load: float, name: str) -> Start:
    """Where the first step starts: one point without a margin, else the best point of a grid."""
    points = (
        [(1.0 - START[0], START[1])]
        if abs(margin) < NEAR and s > STEEP
        else list(itertools.product(GAPS, PRODUCTS))
    )
    tried = [pack(np.array([1.0 - gap]), np.array([s * product / gap])) for gap, product in points]
    best = min(tried, key=lambda v: objective(cost, v)[0])
    value = objective(cost, best)[0]
    gain = math.log(load) - value
    if gain < NEW:
        raise ConvergenceError(
            f"one step lowers ln alpha of {name} by {gain:.2g}, too little to find its minimum: replica symmetry is about to be stable there",
            [gain],
        )
    return Start(best, value)


def _one_step(margin: float, q: Array, y: Array) -> Functional:
    """`distance_cost` for a single step: one Gaussian average of the closed form."""
    overlap = float(q[0])
    root, gap = math.sqrt(overlap), 1.0 - overlap
    z, w = graded_gaussian([margin / root], math.sqrt(gap) / root)
    phi, slope, _, by_y = parts = np.empty((4, z.size))
    margin_leaf(root * z, margin, float(y[0]), gap, parts)
    return Functional(float(w @ phi), np.array([-0.5 * y[0] * (w @ slope**2)]), np.array([w @ by_y]))


def _wide_binary(function: Kernel, margin: float, steps: int) -> Capacity:
    width = math.sqrt(function.variance)
    allowed = f"at least {LOWEST_BINARY * width:.4g}: violations are rarer than the smallest double"
    require(margin >= LOWEST_BINARY, "kappa", margin * width, allowed)
    constraint = Margin(margin)

    def state(q: float) -> tuple[float, float, float]:
        """Load, entropy and replicon on the branch at overlap q."""
        at = np.array([q])
        overlap, slope, bend = (
            float(part(at)[0]) for part in (function.value, function.slope, function.bend)
        )
        root, left = math.sqrt(overlap), 1.0 - overlap
        z, w = graded_gaussian([margin / root], math.sqrt(left) / root)
        f, g, dg = constraint.terms(root * z, left)
        g2, dg2 = float(w @ g**2), float(w @ dg**2)
        q_hat = SIGNS.q_hat(q)
        if slope * g2 < 1e-300:
            return math.inf, -math.inf, math.nan
        load = q_hat / (slope * g2)
        entropy = SIGNS.entropic_term(q_hat, 1.0 - q) + load * float(w @ f)
        return load, entropy, 1.0 - load * (slope**2 * dg2 + bend * g2) * SIGNS.fluctuation(q_hat)

    unrelated = None
    if state(SMALLEST_OVERLAP)[1] <= 0.0:
        # Solutions are unrelated, q = 0 but for rounding: an even activation, or rare violations. The entropy is ln 2 + alpha ln H.
        f, g, dg = (float(part[0]) for part in constraint.terms(np.zeros(1), 1.0))
        load = math.log(2.0) / -f
        slope, bend = float(function.slope(np.zeros(1))[0]), float(function.bend(np.zeros(1))[0])
        replicon = 1.0 - load * (slope**2 * dg**2 + bend * g**2)
        q = load * slope * g**2
        unrelated = Capacity(load, np.array([q]), np.ones(steps), replicon < 0.0, replicon, 0.0, 1)
    try:
        q, count = _zero(lambda q: state(q)[1], np.concatenate([SMALL_OVERLAPS, OVERLAPS]))
    except ConvergenceError:
        if unrelated is None:
            raise
        return unrelated
    load, _, replicon = state(q)
    if unrelated is not None and unrelated.alpha <= load:
        return unrelated
    return Capacity(load, np.array([q]), np.ones(steps), replicon < 0.0, replicon, 0.0, count)


def _zero(entropy: Callable[[float], float], overlaps: Array) -> tuple[float, int]:
    """The smallest overlap between the given ones at which the entropy vanishes, and the number of evaluations."""
    low, f_low = float(overlaps[0]), entropy(float(overlaps[0]))
    for count, high in enumerate(overlaps[1:], 2):
        f_high = entropy(float(high))
        if f_low > 0.0 >= f_high:
            q, info = brentq(entropy, low, float(high), xtol=1e-14, rtol=1e-14, full_output=True)
            return float(q), count + info.function_calls
        low, f_low = float(high), f_high
    raise ConvergenceError(f"the zero of the entropy was not found up to the overlap {low:g}", [f_low])


def _few_units(activation: Activation, weights: Weights, units: int, margin: float, steps: int) -> Capacity:
    require(
        isinstance(activation, str) and activation == "sign",
        "activation",
        activation,
        "'sign' for a finite number of units",
    )
    require(margin == 0.0, "kappa", margin, "0 for a finite number of units")
    require(steps <= 1, "steps", steps, "0 or 1 for a finite number of units")
    if weights.discrete or (steps == 1 and units > 1):
        allowed = f"at most {MOST_UNITS}, or math.inf: each unit is one more dimension of the average"
        require(units <= MOST_UNITS, "units", units, allowed)
    return _few_binary(units, steps) if weights.discrete else _few_spherical(units, steps)


def _few_spherical(units: int, steps: int) -> Capacity:
    require(units < LARGEST_COMMITTEE, "units", units, f"below {LARGEST_COMMITTEE:.0e}")
    load = 1.0 / few.mean_squared_distance(units)
    replicon = 0.0 if units == 1 else -math.inf
    if steps == 0 or units == 1:
        flat = steps if units == 1 else 0
        return Capacity(load, np.ones(flat), np.zeros(flat), units > 1, replicon, 0.0, 0)

    def log_load(v: Array) -> float:
        gap, y = np.exp(v)
        entropy = sphere(np.array([1.0 - gap]), np.array([y / gap])).value
        patterns = few.cost(units, 1.0 - gap, y / gap)
        return math.log(entropy / -patterns) if -math.inf < patterns < 0.0 else math.inf  # it may underflow

    found = minimize(log_load, np.log([0.36, 7.6]), method="BFGS", options={"gtol": 1e-6, "eps": 1e-6})
    gap, y = np.exp(found.x)
    residual = float(np.abs(found.jac).max())
    if not (residual < 1e-4 and 1e-6 < gap < 1.0 - 1e-6):
        raise ConvergenceError(f"no minimum with one step for {units} units: 1 - q = {gap:.3g}", [found.fun])
    return Capacity(
        math.exp(found.fun), np.array([1.0 - gap]), np.array([y / gap]), True, replicon, residual, found.nfev
    )


def _few_binary(units: int, steps: int) -> Capacity:
    def state(q: float) -> tuple[float, float]:
        gap = 1.0 - q
        ends = [few.log_probability(units, 1.0 - gap * math.exp(e)) for e in (DIFFERENCE, -DIFFERENCE)]
        slope = (ends[1] - ends[0]) / (2.0 * gap * math.sinh(DIFFERENCE))
        q_hat = SIGNS.q_hat(q)
        load = -0.5 * q_hat / slope
        return load, SIGNS.entropic_term(q_hat, gap) + load * few.log_probability(units, q)

    q, count = _zero(lambda q: state(q)[1], OVERLAPS)
    return Capacity(state(q)[0], np.array([q]), np.ones(steps), False, None, 0.0, count)
