r"""The replica-symmetric saddle of weights whose self-overlap Q is an order parameter, such as those with levels -1, 0, 1.

*Problem.* The free entropy is a minimum over the overlap q and a maximum over Q, at

.. math::
    \hat q=\alpha\int Dz\,g^2,\quad B=-\alpha\int Dz\,\partial_\omega g\quad\text{at }\omega=\sqrt qz,\ V=Q-q;\qquad
    q=\int Dx\,\langle w\rangle^2,\quad Q-q=\int Dx\,(\langle w^2\rangle-\langle w\rangle^2)\quad\text{at }h=\sqrt{\hat q}x,\ B

(derived at :class:`learnscape.weights.Discrete`). Iterating this map, the state evolution of message passing, leads to just such points: it is
unstable at minima over Q and maxima over q. So it is started at several Q, with a small and a large q each; near its end Newton's method
takes over. Of two saddles from one Q the lower one counts, of those from different Q the higher one. Chapter *binary-weights*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint
from learnscape.errors import ConvergenceError, require
from learnscape.numerics import fixed_point
from learnscape.replica._rs_generic import mean_squared_distance, root
from learnscape.replica._rs_point import TINY, State, energetic, even
from learnscape.weights import Weights
from learnscape.weights.contract import local

Array = NDArray[np.float64]
PRECISIONS = (-8.0, 0.0, 6.0, 14.0)  # where to start, in units of 1/Q at B = 0
SMALL, LARGE = 0.01, 0.95  # q/Q where to start
NEARLY = 1e-3  # change of ln q and ln v at which Newton's method takes over
SLOW, PATIENCE = (
    0.03,
    25,
)  # and after so many steps a larger change will do: near the limit of the load the iteration creeps
NOTHING = -25.0  # ln (q/v) of a symmetric pair: it flows to q = 0, which is followed apart
LONGEST = 2.0  # step of ln q or ln v
KNOWN = 0.02  # so near to a known saddle it leads there
STEPS = 400
GONE = -23.0  # ln (v/Q): the overlap runs to Q
SMALLEST_V = 1e-300  # a variance that underflowed
FINEST = 5e-13  # what rounding leaves of a residual
GOOD = 1e-11  # what will do for capacities
FARTHEST = 1e6  # load at which the search for an instability ends
NEAR_LIMIT = 0.98  # of the load where the branch ends
HALVINGS = 60  # of the interval that holds the capacity
WIDEST = 45.0  # asinh of the precisions of the annealed maximum, in units of 1/Q: levels may differ by many decades
CANCELS = 3e3  # B Q beyond which ln Z + B Q/2 has lost the digits of the entropy
LARGEST_LOG = 709.0  # beyond it exp overflows


class FreeSaddle(NamedTuple):
    """A solution of the saddle-point equations at one load."""

    q: float
    v: float
    q_hat: float
    precision: float
    entropy: float
    replicon: float
    f: float
    iterations: int
    residual: float


class _Lost(Exception):
    """An iteration left the overlaps that exist."""


def conjugates(constraint: Constraint, alpha: float, q: float, v: float) -> tuple[float, float]:
    """q_hat and B that the patterns give to the weights."""
    averages = energetic(constraint, q, v)
    return alpha * averages.g2, -alpha * averages.dg


def _map(weights: Weights, constraint: Constraint, alpha: float) -> Callable[[Array], Array]:
    """The iteration in (ln q, ln v)."""

    def update(x: Array) -> Array:
        if not (-700.0 < x[0] < 250.0 and -200.0 < x[1] < 250.0):
            return np.full(2, math.nan)
        q_hat, precision = conjugates(constraint, alpha, math.exp(x[0]), math.exp(x[1]))
        if not (math.isfinite(q_hat) and (weights.discrete or precision > 0.0)):
            return np.full(2, math.nan)
        try:
            moments = weights.moments(q_hat, precision)
        except ConvergenceError:  # fields so strong that rounding hides the transitions between levels
            return np.full(2, math.nan)
        if not (moments.q > 0.0 and moments.v > 0.0):
            return np.full(2, math.nan)
        return np.log([moments.q, moments.v])

    return update


def _saddle(
    weights: Weights, constraint: Constraint, alpha: float, q: float, v: float, steps: int, residual: float
) -> FreeSaddle:
    averages = energetic(constraint, q, v)
    q_hat, precision = alpha * averages.g2, -alpha * averages.dg
    moments = weights.moments(q_hat, precision)
    entropic = moments.log_z + 0.5 * (precision * (q + v) - q_hat * v)
    replicon = 1.0 - alpha * averages.dg2 * moments.fluctuation
    return FreeSaddle(
        q, v, q_hat, precision, entropic + alpha * averages.f, replicon, averages.f, steps, residual
    )


def _run(
    weights: Weights,
    constraint: Constraint,
    alpha: float,
    start: tuple[float, float],
    tol: float,
    steps: int,
    known: Sequence[FreeSaddle] = (),
) -> FreeSaddle:
    """Follow the iteration from (q, v) to a saddle, perhaps one that is known."""
    q, v = start
    update, x = _map(weights, constraint, alpha), np.log([q, v])
    nothing = NOTHING if even(weights, constraint) else -math.inf
    change, previous, keep = math.inf, np.zeros(2), 0.0
    for count in range(1, steps + 1):
        new = update(x)
        if not np.isfinite(new).all() or new[1] < GONE + np.logaddexp(*new) or new[0] - new[1] < nothing:
            raise _Lost
        step = np.clip(new - x, -LONGEST, LONGEST)
        if step @ previous < 0.0:  # it swings: damp it
            keep = min(0.95, 0.4 + 0.6 * keep)
        x, previous, change = x + (1.0 - keep) * step, step, float(np.abs(step).max())
        for saddle in known:
            if change < 1.0 and np.abs(x - np.log([saddle.q, saddle.v])).max() < KNOWN:
                return saddle
        if change < (NEARLY if count < PATIENCE else SLOW):
            break
    left = max(1, steps - count)
    found = fixed_point.solve(
        update, x, method="newton", tol=max(tol, FINEST), max_iterations=left, on_failure="return"
    )
    q, v = np.exp(found.x).tolist()
    if v < math.exp(GONE) * (q + v):
        raise _Lost
    return _saddle(weights, constraint, alpha, q, v, count + found.iterations, found.residual)


def starts(weights: Weights) -> list[float]:
    """Self-overlaps from which to iterate."""
    unit = _unit(weights)
    factors = [p for p in PRECISIONS if weights.discrete or p > 0.0]
    _, mean, variance = local(weights, np.zeros(len(factors)), np.array(factors) / unit)
    return sorted((mean**2 + variance).tolist())


def _unit(weights: Weights) -> float:
    """A scale of Q."""
    _, mean, variance = local(weights, np.zeros(1), np.zeros(1) if weights.discrete else np.ones(1))
    return float(mean[0] ** 2 + variance[0])


def saddles(
    weights: Weights, constraint: Constraint, alpha: float, q0: float | None, tol: float, steps: int
) -> FreeSaddle | None:
    """The saddle that counts at this load, q = 0 left aside; none if all starts lose their way."""
    best: FreeSaddle | None = None
    known: list[FreeSaddle] = []
    unfinished: list[FreeSaddle] = []
    for overlap in starts(weights):
        lowest: FreeSaddle | None = None
        for share in (SMALL, LARGE) if q0 is None else (min(max(q0 / overlap, 1e-12), 1.0 - 1e-9),):
            start = share * overlap, (1.0 - share) * overlap
            try:
                found = _run(weights, constraint, alpha, start, tol, steps, known)
            except _Lost:
                continue
            good = found.residual <= max(tol, FINEST)
            (known if good else unfinished).append(found)
            if good and (lowest is None or found.entropy < lowest.entropy):
                lowest = found
        if lowest is not None and (best is None or lowest.entropy > best.entropy):
            best = lowest
    return best or min(unfinished, key=lambda saddle: saddle.residual, default=None)


def zero(weights: Weights, constraint: Constraint, alpha: float) -> FreeSaddle:
    """The saddle q = 0 of a symmetric pair: of those the one with the largest entropy."""
    best: FreeSaddle | None = None
    for overlap in starts(weights):

        def update(x: Array) -> Array:
            precision = conjugates(constraint, alpha, 0.0, math.exp(float(x[0])))[1]
            return np.log([max(weights.moments(0.0, precision).v, SMALLEST_V)])

        found = fixed_point.solve(
            update, math.log(overlap), damping=0.5, tol=NEARLY, max_iterations=STEPS, on_failure="return"
        )
        found = fixed_point.solve(update, found.x, method="newton", tol=1e-14, on_failure="return")
        v = math.exp(float(found.x[0]))
        if found.residual < FINEST:
            saddle = _saddle(weights, constraint, alpha, 0.0, v, found.iterations, found.residual)
            if best is None or saddle.entropy > best.entropy:
                best = saddle
    if best is None:
        raise ConvergenceError(f"the saddle point q = 0 at alpha = {alpha!r} was not found", [found.residual])
    return best


def solve(
    weights: Weights, constraint: Constraint, alpha: float, q0: float | None, tol: float, max_iterations: int
) -> State:
    """The saddle point at load alpha; see `rs.solve`."""
    if even(weights, constraint) and not q0:
        saddle = zero(weights, constraint, alpha)
        if q0 == 0.0 or saddle.replicon > 0.0:
            return _state(saddle, True)
    found = saddles(weights, constraint, alpha, q0, tol, max_iterations)
    good = found is not None and found.residual <= max(tol, FINEST)
    if found is None or (
        not good and _has_ground_state(weights) and alpha >= saddle_limit(weights, constraint)
    ):
        _none(weights, constraint, alpha)
    return _state(found, good)


def _state(saddle: FreeSaddle, converged: bool) -> State:
    return State(
        saddle.q,
        saddle.q_hat,
        saddle.entropy,
        saddle.replicon,
        converged,
        saddle.iterations,
        saddle.residual,
        saddle.q + saddle.v,
        saddle.precision,
    )


def _none(weights: Weights, constraint: Constraint, alpha: float) -> NoReturn:
    limit = (
        f"0 < alpha < {saddle_limit(weights, constraint):.12g}"
        if _has_ground_state(weights)
        else "smaller loads"
    )
    raise ValueError(
        f"alpha = {alpha!r} is not allowed: a replica-symmetric saddle point was found only for {limit}"
    )


def _has_ground_state(weights: Weights) -> bool:
    return callable(getattr(weights, "ground_state", None))


def saddle_limit(weights: Weights, constraint: Constraint) -> float:
    """The load at which q reaches Q: the largest one over all Q."""
    require(
        _has_ground_state(weights),
        "weights",
        weights,
        "such that the limit q -> Q is known: with a method ground_state, as Discrete has",
    )

    def log_limit(u: float) -> float:
        slope, overlap = weights.ground_state(math.sinh(u) / math.sqrt(_unit(weights)))  # type: ignore[attr-defined]
        shortfall = mean_squared_distance(constraint, overlap) if overlap > 0.0 else 0.0
        return 2.0 * math.log(slope) - math.log(shortfall) if slope > 0.0 and shortfall > 0.0 else -math.inf

    if _satisfied_by_zero(weights, constraint):
        return math.inf
    largest = _largest(np.vectorize(log_limit, otypes=[float]), 5.0)[1]
    return math.exp(largest) if largest < LARGEST_LOG else math.inf


def _satisfied_by_zero(weights: Weights, constraint: Constraint) -> bool:
    """True if w = 0 and its neighbourhood satisfy every pattern: solutions with small Q then exist at every load."""
    return float(annealed(weights, constraint)) == math.inf


def _largest(function: Callable[[Array], Array], end: float) -> tuple[float, float]:
    """Place and value of the maximum in [-end, end], by grids that zoom in."""
    low, high = -end, end
    for _ in range(7):
        u = np.linspace(low, high, 361)
        values = function(u)
        i = int(np.argmax(values))
        if values[i] == math.inf:
            return float(u[i]), math.inf
        low, high = float(u[max(i - 1, 0)]), float(u[min(i + 1, u.size - 1)])
    return float(u[i]), float(values[i])


def annealed(weights: Weights, constraint: Constraint, alpha: float | None = None) -> float:
    """First moment: the largest over Q of S(Q) + alpha ln P(Q), or the load S/(-ln P) at which it vanishes."""
    unit = _unit(weights)

    def value(u: Array) -> Array:
        precision = (np.sinh(u) if weights.discrete else np.exp(u)) / unit
        log_z, mean, variance = local(weights, np.zeros_like(u), precision)
        overlap = mean**2 + variance
        entropy = log_z + 0.5 * precision * overlap
        good = (overlap > 1e-290) & (np.abs(precision) * overlap < CANCELS)
        f = np.zeros_like(u)
        with np.errstate(all="ignore"):  # at tiny Q the derivatives, not needed here, may overflow
            f[good] = constraint.terms(np.zeros(int(good.sum())), overlap[good])[0]
            if alpha is not None:
                return np.where(good, entropy + alpha * f, -math.inf)
            return np.where(good & (entropy > 1e-9), entropy / np.abs(f), -math.inf)  # f = 0 has either sign

    return _largest(value, WIDEST)[1]


def _loads(largest: float) -> Iterator[float]:
    load = 0.02 * min(largest, 10.0)
    while load < largest:
        yield load
        load *= 1.5
    yield largest


def _follow(
    weights: Weights, constraint: Constraint, load: float, last: list[FreeSaddle]
) -> FreeSaddle | None:
    """The saddle at this load, from the last one found if there is one; none beyond the end of the branch."""
    if even(weights, constraint):
        centre = zero(weights, constraint, load)
        if centre.replicon > 0.0:
            return centre
    found: FreeSaddle | None = None
    try:
        if last:
            found = _run(weights, constraint, load, (last[0].q, last[0].v), 1e-12, STEPS)
    except _Lost:
        pass
    if found is None or found.residual > GOOD:
        found = saddles(weights, constraint, load, None, 1e-12, STEPS)
    if found is None or found.residual > GOOD:
        return None
    last[:] = [found]
    return found


def capacity(weights: Weights, constraint: Constraint) -> tuple[float, float]:
    """The load where the entropy vanishes, and the replicon there; of continuous weights `saddle_limit`."""
    if not weights.discrete:
        return saddle_limit(weights, constraint), -math.inf if constraint.cusps else 0.0
    high = annealed(weights, constraint)
    if high == math.inf:
        return math.inf, 1.0
    if even(weights, constraint):
        saddle = zero(weights, constraint, high)
        if saddle.replicon > 0.0:
            return high, saddle.replicon
    last: list[FreeSaddle] = []

    def entropy(load: float) -> float:
        found = _follow(weights, constraint, load, last)
        return found.entropy if found is not None else -math.inf

    if _has_ground_state(weights):  # beyond the limit every start loses its way, slowly
        near = NEAR_LIMIT * saddle_limit(weights, constraint)
        high = near if near < high and entropy(near) < 0.0 else high
        last.clear()
    low, f_low, f_high = 0.5 * high, entropy(0.5 * high), -math.inf
    while f_low <= 0.0 and low > TINY:
        high, f_high, low = low, f_low, 0.5 * low
        last.clear()
        f_low = entropy(low)
    start = list(last)
    for _ in range(HALVINGS):  # the branch may end before the first moment does
        if f_high > -math.inf:
            break
        last[:] = start
        f_high = entropy(high)
        middle = 0.5 * (low + high)
        value = entropy(middle) if f_high == -math.inf else 0.0
        if value > 0.0:
            low, f_low, start = middle, value, list(last)
        elif value < 0.0:
            high, f_high = middle, value
    load, _ = root(entropy, low, high, f_low, f_high, 1e-13, 200)
    found = saddles(weights, constraint, load, None, 1e-12, STEPS)
    if found is None or abs(found.entropy) > 1e-9:
        raise ConvergenceError(
            f"the zero of the entropy of {weights!r} with {constraint!r} was not found", [f_low, f_high]
        )
    return load, found.replicon


def at_line(weights: Weights, constraint: Constraint) -> float | None:
    """The smallest load at which the replicon of the state that `rs.solve` returns is negative; None if there is none."""
    known = _has_ground_state(weights)
    largest = min(saddle_limit(weights, constraint) if known else annealed(weights, constraint), FARTHEST)
    symmetric, last = even(weights, constraint), []  # type: bool, list[FreeSaddle]

    def replicon(load: float) -> float:
        found = zero(weights, constraint, load) if symmetric else _follow(weights, constraint, load, last)
        return found.replicon if found is not None else math.nan

    low, f_low = 0.0, 1.0
    for high in _loads(NEAR_LIMIT * largest):
        f_high = replicon(high)
        if math.isnan(f_high):  # the branch has ended
            return None
        if f_high <= 0.0:
            return root(replicon, low, high, f_low, f_high, 1e-12, 200)[0] if low > 0.0 else high
        low, f_low = high, f_high
    return None
