"""Dense regions of the hidden-teacher model: local entropy of y students at a mutual distance, and where such regions end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar

from learnscape.activations import Activation
from learnscape.errors import ConvergenceError, is_finite, is_number, require
from learnscape.replica.hidden import _dense_kernels as compiled
from learnscape.replica.hidden._kappa_max import lowest_flat
from learnscape.replica.hidden._rs_kernels import Typical
from learnscape.replica.hidden._typical import ActivationLike, angle, checked, interpolation_point, saddle

__all__ = ["Dense", "DensePoint", "dense", "dense_points", "local_entropy_point"]

NEAREST = 1e-6  # smallest distance
ZERO = "zero_external_entropy"
ESTIMATORS = ("y_infinite", ZERO, "kappa_max")
SMALLEST_TEACHER = 1e-3  # P/D of the last one
LARGEST_Y = 1e4
FIRST_Y = 30.0  # where the search for a vanishing external entropy begins
Y_STRIDE, Y_SHORTEST, Y_TOLERANCE = 0.2, 0.02, 1e-6  # of ln y
EXTERNAL = 1e-7  # an external entropy above minus this is none
STARTS = (
    0.93,
    0.97,
    1.0,
)  # of the interpolation point: loads at which the local entropy is surely not monotone
NARROW = 2e-3  # v = 1 - q1 at which the search for the hump gives up
STRIDE = 0.15  # of ln v


@dataclass(frozen=True, slots=True)
class Dense:
    """The densest regions of students at a mutual distance."""

    activation: Activation
    """Of the features."""
    alpha: float
    """Load P/N."""
    alpha_teacher: float
    """P/D."""
    margin: float
    """Smallest stability."""
    distance: float
    """Mutual distance (1 - q1)/2 of the students in the region."""
    y: float
    """Number of students per region that the calculation holds together; the larger, the denser are the regions."""
    estimator: str
    """How y was chosen: "y_infinite", "y_given", or "zero_external_entropy"."""
    entropy: float
    """Local entropy: ln(number of students in such a region)/N."""
    slope: float
    """Derivative of entropy + external_entropy/y with respect to the distance: that of the local entropy for y -> infinity, and along the
    curve where the external entropy vanishes. Negative where dense regions have broken up."""
    external_entropy: float
    """ln(number of such regions)/N."""
    formal: bool
    """True where the external entropy is negative: there are no such regions, and the local entropy lies slightly above what exists."""
    generalization_error: float
    """Of one student of the region."""
    barycenter_error: float
    """Of the mean of the region's students."""
    residual: float
    """How well the saddle equations hold."""

    @property
    def q1(self) -> float:
        """Overlap of two students of the region, 1 - 2 distance."""
        return 1.0 - 2.0 * self.distance


@dataclass(frozen=True, slots=True)
class DensePoint:
    """Where dense regions end."""

    alpha: float
    """The largest load P/N at which the local entropy grows with the distance everywhere."""
    distance: float
    """The distance at which it stops growing there: mutual, or for "kappa_max" from the reference."""
    y: float | None
    """Students per region there; None for "kappa_max"."""
    estimator: str
    """What defines the point: "y_infinite", "zero_external_entropy" or "kappa_max"."""
    formal: bool
    """True if the external entropy is negative there."""
    generalization_error: float
    """Of one student of the region at this distance."""
    barycenter_error: float | None
    """Of the mean of the region's students; None for "kappa_max"."""


def _checked_y(y: object) -> float | str:
    """A number, infinity, or the name of the condition."""
    if isinstance(y, str):
        require(y == ZERO, "y", y, f'math.inf, a number in [1, {LARGEST_Y:g}], or "{ZERO}"')
        return y
    good = is_number(y) and (y == math.inf or 1 <= y <= LARGEST_Y)  # type: ignore[operator]
    require(good, "y", y, f'math.inf, a number in [1, {LARGEST_Y:g}], or "{ZERO}"')
    return float(y)  # type: ignore[arg-type]


class _Curve:
    """A place on the curve of regions at one load, and the memory of the kernels."""

    def __init__(
        self, alpha: float, alpha_teacher: float, share: float, margin: float, y: float = math.inf
    ) -> None:
        self.model = compiled.Model(alpha_teacher, share, margin, y)
        self.alpha = alpha
        self.x, self.before, self.trial = (np.empty(compiled.UNKNOWNS) for _ in range(3))
        self.work = np.empty(compiled.WORK)
        self.typical: Typical = saddle(alpha, alpha_teacher, share, margin)
        self.residual = compiled.begin(self.x, self.work, self.typical, self.model)
        if not self.residual <= compiled.STEPPING:
            raise ConvergenceError(
                f"dense regions at alpha = {alpha!r}: no solution beside the typical students",
                [self.residual],
            )

    def go(self, log_v: float, mode: int = compiled.FIXED_DISTANCE) -> float | None:
        """To 1 - q1 = exp(log_v); the last good distance if it was not reached."""
        self.residual, here = compiled.follow(
            self.x, self.before, self.trial, self.work, self.alpha, log_v, mode, self.model
        )
        return None if abs(here - log_v) <= 1e-12 else 0.5 * math.exp(here)

    def settle(self, log_v: float, y: float, mode: int) -> compiled.State:
        """The solution at another y near by; `ConvergenceError` if there is none."""
        self.model = self.model._replace(y=y)
        self.trial[:] = self.x
        goal = compiled.ACCEPTED
        self.residual = compiled.settle(
            self.trial, self.work, self.alpha, log_v, mode, self.model, 1e-2 * goal
        )
        if not self.residual <= goal:
            message = f"dense regions at the distance {0.5 * math.exp(log_v):.6g}: no solution at y = {y:.6g}"
            raise ConvergenceError(message, [self.residual])
        self.x[:] = self.trial
        return self.state()

    def empty(self, log_v: float, log_y: float, mode: int) -> float:
        """ln y at which the external entropy vanishes, from a guess; infinite where it is positive for every y."""

        def external(log_y: float) -> float:
            return self.settle(log_v, math.exp(log_y), mode).external

        def beyond(log_y: float, stride: float) -> tuple[float, float]:
            """The next ln y that can be reached, and the external entropy there."""
            while True:
                try:
                    return log_y + stride, external(log_y + stride)
                except ConvergenceError:
                    stride *= 0.5
                    if abs(stride) < Y_SHORTEST:
                        raise

        low = high = log_y
        value = external(low)
        while value < 0.0:  # at small y there are exponentially many regions
            high = low
            if low - Y_STRIDE < 0.0:
                raise ConvergenceError("the external entropy is negative for every y", [value])
            low, value = beyond(low, -Y_STRIDE)
        if high == low:
            while value > 0.0:
                low = high
                if high + Y_STRIDE > math.log(LARGEST_Y):
                    return math.inf
                high, value = beyond(high, Y_STRIDE)
        found = float(brentq(external, low, high, xtol=Y_TOLERANCE))
        external(found)
        return found

    def state(self) -> compiled.State:
        return compiled.state(self.x, self.model)


def dense(
    alpha: float,
    alpha_teacher: float,
    distance: float,
    y: float | str = math.inf,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
) -> Dense:
    """The densest regions of students at a mutual distance: local entropy and generalization errors.

    Parameters
    ----------
    alpha : float
        Load P/N.
    alpha_teacher : float
        P/D, in [1e-6, 1e4].
    distance : float
        Mutual distance of the students in the region: from 1e-6 to that of typical students, (1 - q)/2. For y infinite the branch ends earlier, where q_hat is
        below 1e-300 and the regions hold all configurations: at 1e-4 near the interpolation point, 0.005 at a tenth of its load, 0.05 at a hundredth (margin 0).
    y : math.inf, float or "zero_external_entropy"
        Students per region: a number in [1, 1e4], infinitely many, or as many as leave one region (external entropy 0). Where the external entropy is positive
        for every y, the last answers with y infinite; where it vanishes at more than 1e4, with `ConvergenceError`. At y = 1 the students are typical ones.
    activation, margin
        As in `solve`.

    Returns
    -------
    Dense

    Raises
    ------
    ValueError
        Bad input, also a distance that is not in the range.
    ConvergenceError
        If the branch is lost; the message names the last good distance.

    Notes
    -----
    Entropies are right to 1e-11 and errors to 1e-9 at distances above 0.01, to 1e-7 at 0.003, by refinement of the quadrature.

    Examples
    --------
    >>> from learnscape.replica import hidden
    >>> region = hidden.dense(0.9, 3.0, 0.12)
    >>> round(region.generalization_error, 4), round(hidden.solve(0.9, 3.0).generalization_error, 4)
    (0.3003, 0.3118)
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    students = _checked_y(y)
    points, lost = dense_points(alpha, alpha_teacher, np.array([distance]), found, margin, students)
    if not points:
        message = f"dense regions at alpha = {float(alpha)!r}: the branch was lost below the distance {lost:.6g}, the last good one"
        raise ConvergenceError(message)
    return points[0]


def dense_points(
    alpha: float,
    alpha_teacher: float,
    distances: npt.NDArray[np.float64],
    found: Activation,
    margin: float,
    y: float | str = math.inf,
) -> tuple[tuple[Dense, ...], float | None]:
    """Regions at falling distances, and the last good distance where the branch was lost before the last of them."""
    require(is_finite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    for distance in distances.tolist():
        require(is_finite(distance) and distance >= NEAREST, "distance", distance, f">= {NEAREST:g}")
    first = FIRST_Y if isinstance(y, str) else y
    curve = _Curve(float(alpha), alpha_teacher, found.linear_share, margin, first)
    farthest = 0.5 * curve.typical.v
    allowed = f"less than {farthest:.6g}, the distance of typical students at this load"
    require(float(distances[0]) < farthest, "distance", float(distances[0]), allowed)
    points: list[Dense] = []
    for distance in distances.tolist():
        log_v = math.log(2.0 * distance)
        here = curve.go(log_v)
        if here is not None:
            return tuple(points), here
        at = curve.state()
        if isinstance(y, str):
            log_y = curve.empty(log_v, math.log(curve.model.y), compiled.FIXED_DISTANCE)
            if log_y == math.inf:
                curve.settle(log_v, math.inf, compiled.FIXED_DISTANCE)
            at = curve.state()
            if at.external < -EXTERNAL:
                message = f"dense regions at the distance {distance:.6g}: the external entropy vanishes at more than y = {LARGEST_Y:g}, take math.inf"
                raise ConvergenceError(message, [at.external])
        points.append(
            Dense(
                found,
                float(alpha),
                alpha_teacher,
                margin,
                float(distance),
                curve.model.y,
                ZERO if isinstance(y, str) else "y_infinite" if y == math.inf else "y_given",
                at.entropy,
                -at.tilt * math.exp(curve.x[1]),
                at.external,
                at.external < -EXTERNAL,
                angle(at.along, at.across + at.variance),
                angle(at.along, at.across),
                curve.residual,
            )
        )
    return tuple(points), None


def local_entropy_point(
    alpha_teacher: float,
    *,
    y: float | str | None = None,
    estimator: str | None = None,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
) -> DensePoint:
    """The load P/N at which dense regions end: up to there a local entropy grows with the distance everywhere.

    Which local entropy must be said, by y or by estimator: the answers differ by several per cent.

    Parameters
    ----------
    alpha_teacher : float
        P/D, in [1e-6, 1e4]; at least 1e-3 for "kappa_max".
    y : math.inf or "zero_external_entropy"
        The same as an estimator "y_infinite" or "zero_external_entropy".
    estimator : {"y_infinite", "zero_external_entropy", "kappa_max"}
        That of the formal limit of infinitely many students a region (20 ms), that of as many as leave one region (about ten seconds), or that around students of
        the largest margin that exist, by Franz and Parisi (about ten seconds too).
    activation, margin
        As in `solve`.

    Returns
    -------
    DensePoint

    Raises
    ------
    ValueError
        Bad input; also a number for y, at which the external entropy changes with the distance, and both y and an estimator or neither.
    ConvergenceError
        If the branch is lost.

    Examples
    --------
    >>> point = local_entropy_point(3.0, y=math.inf)
    >>> round(point.alpha, 6), point.estimator
    (1.032074, 'y_infinite')
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    given = f"y or an estimator, one of them: {', '.join(ESTIMATORS)}"
    require((y is None) is not (estimator is None), "y, estimator", (y, estimator), given)
    if estimator is None:
        students = _checked_y(y)
        good = isinstance(students, str) or students == math.inf
        require(good, "y", y, f'math.inf or "{ZERO}": for a number the estimator has no meaning')
        estimator = students if isinstance(students, str) else "y_infinite"
    known = isinstance(estimator, str) and estimator in ESTIMATORS
    require(known, "estimator", estimator, f"one of {', '.join(ESTIMATORS)}")
    capacity = interpolation_point(alpha_teacher, activation=found, margin=margin)
    share = found.linear_share
    if estimator != "kappa_max":
        return _end(capacity, alpha_teacher, share, margin, estimator)
    require(alpha_teacher >= SMALLEST_TEACHER, "alpha_teacher", alpha_teacher, f">= {SMALLEST_TEACHER:g}")
    guess = _end(capacity, alpha_teacher, share, margin, "y_infinite").alpha
    at = lowest_flat(alpha_teacher, share, margin, guess)
    return DensePoint(at.alpha, at.distance, None, estimator, False, at.error, None)


def _point(at: compiled.State, y: float, estimator: str) -> DensePoint:
    return DensePoint(
        at.alpha,
        0.5 * at.v,
        y,
        estimator,
        at.external < -EXTERNAL,
        angle(at.along, at.across + at.variance),
        angle(at.along, at.across),
    )


@lru_cache(maxsize=256)
def _end(capacity: float, alpha_teacher: float, share: float, margin: float, estimator: str) -> DensePoint:
    for part in STARTS:
        curve = _Curve(part * capacity, alpha_teacher, share, margin)
        log_v = math.log(curve.state().v) - STRIDE
        while log_v > math.log(NARROW) and curve.go(log_v) is None and curve.state().tilt <= 0.0:
            log_v -= STRIDE
        if curve.state().tilt > 0.0:
            break
    else:
        raise ConvergenceError(f"the local entropy grows at every distance up to alpha = {capacity:.6g}")

    def flat(log_v: float) -> float:
        """The load at which the local entropy of y -> infinity is flat at a distance."""
        if curve.go(log_v, compiled.FLAT) is not None:
            raise ConvergenceError(
                f"end of the dense regions at alpha_teacher = {alpha_teacher!r}: the branch was lost",
                [curve.residual],
            )
        return curve.state().alpha

    log_v = _lowest(flat, log_v, STRIDE, 1e-7)
    if estimator == "y_infinite":
        return _point(curve.state(), math.inf, estimator)
    log_y = math.log(FIRST_Y)
    for y in (300.0, 100.0, FIRST_Y):
        curve.settle(log_v, y, compiled.FLAT)

    def flat_and_alone(log_v: float) -> float:
        """The same for y that leaves one region."""
        nonlocal log_y
        log_y = curve.empty(log_v, log_y, compiled.FLAT)
        return curve.state().alpha

    _lowest(flat_and_alone, log_v, 2.0 * STRIDE, 1e-4)
    return _point(curve.state(), math.exp(log_y), estimator)


def _lowest(flat: Callable[[float], float], log_v: float, stride: float, tolerance: float) -> float:
    """The minimum of the load over ln v, step by step and then by Brent's method; ``flat`` is left there."""
    points = [log_v, log_v - stride]
    values = [flat(point) for point in points]
    if values[1] > values[0]:  # it lies on the other side
        flat(log_v)
        points, values, stride = points[::-1], values[::-1], -stride
    while values[-1] < values[-2]:
        points.append(points[-1] - stride)
        values.append(flat(points[-1]))
    flat(points[-2])
    best = minimize_scalar(flat, bracket=tuple(points[-3:]), method="brent", options={"xtol": tolerance})
    flat(float(best.x))
    return float(best.x)
