"""Dense regions of the hidden-teacher model: local entropy of y -> infinity students at a distance, and where such regions end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from learnscape.activations import Activation
from learnscape.errors import ConvergenceError, is_finite, require
from learnscape.replica.hidden import _dense_kernels as compiled
from learnscape.replica.hidden._rs_kernels import Typical
from learnscape.replica.hidden._typical import ActivationLike, angle, checked, interpolation_point, saddle

__all__ = ["Dense", "DensePoint", "dense", "dense_points", "local_entropy_point"]

NEAREST = 1e-6  # smallest distance
ESTIMATORS = ("y_infinite",)
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
    """Number of students per region that the calculation holds together; infinite."""
    entropy: float
    """Local entropy: ln(number of students in the densest regions)/N."""
    slope: float
    """Its derivative with respect to the distance; negative where dense regions have broken up."""
    external_entropy: float
    """ln(number of such regions)/N."""
    formal: bool
    """True where the external entropy is negative: y -> infinity is then a formal limit, which lies slightly above what exists."""
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
    """The distance at which it stops growing there."""
    estimator: str
    """What defines the point: "y_infinite", the local entropy of y -> infinity students."""
    formal: bool
    """True if the external entropy is negative there."""
    generalization_error: float
    """Of one student of the region at this distance."""
    barycenter_error: float
    """Of the mean of the region's students."""


def _only_infinite(y: object) -> None:
    allowed = 'math.inf (numbers, and "zero_external_entropy", do not exist for this model)'
    require(isinstance(y, float) and y == math.inf, "y", y, allowed)


class _Curve:
    """A place on the curve of regions at one load, and the memory of the kernels."""

    def __init__(self, alpha: float, alpha_teacher: float, share: float, margin: float) -> None:
        self.model = alpha_teacher, share, margin
        self.alpha = alpha
        self.x, self.before, self.trial = (np.empty(compiled.UNKNOWNS) for _ in range(3))
        self.work = np.empty(compiled.WORK)
        self.typical: Typical = saddle(alpha, *self.model)
        self.residual = compiled.begin(self.x, self.work, self.typical, *self.model)
        if not self.residual <= compiled.STEPPING:
            raise ConvergenceError(
                f"dense regions at alpha = {alpha!r}: no solution beside the typical students",
                [self.residual],
            )

    def go(self, log_v: float, mode: int = compiled.FIXED_DISTANCE) -> float | None:
        """To 1 - q1 = exp(log_v); the last good distance if it was not reached."""
        self.residual, here = compiled.follow(
            self.x, self.before, self.trial, self.work, self.alpha, log_v, mode, *self.model
        )
        return None if abs(here - log_v) <= 1e-12 else 0.5 * math.exp(here)

    def state(self) -> compiled.State:
        return compiled.state(self.x, *self.model)


def dense(
    alpha: float,
    alpha_teacher: float,
    distance: float,
    y: float = math.inf,
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
        Mutual distance of the students in the region: from 1e-6 to that of typical students, (1 - q)/2.
    y : math.inf
        Students per region.
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
    _only_infinite(y)
    points, lost = dense_points(alpha, alpha_teacher, np.array([distance]), found, margin)
    if not points:
        message = f"dense regions at alpha = {alpha!r}: the branch was lost below the distance {lost:.6g}, the last good one"
        raise ConvergenceError(message)
    return points[0]


def dense_points(
    alpha: float, alpha_teacher: float, distances: npt.NDArray[np.float64], found: Activation, margin: float
) -> tuple[tuple[Dense, ...], float | None]:
    """Regions at falling distances, and the last good distance where the branch was lost before the last of them."""
    require(is_finite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    for distance in distances.tolist():
        require(is_finite(distance) and distance >= NEAREST, "distance", distance, f">= {NEAREST:g}")
    curve = _Curve(float(alpha), alpha_teacher, found.linear_share, margin)
    farthest = 0.5 * curve.typical.v
    allowed = f"less than {farthest:.6g}, the distance of typical students at this load"
    require(float(distances[0]) < farthest, "distance", float(distances[0]), allowed)
    points: list[Dense] = []
    for distance in distances.tolist():
        here = curve.go(math.log(2.0 * distance))
        if here is not None:
            return tuple(points), here
        at = curve.state()
        points.append(
            Dense(
                found,
                float(alpha),
                alpha_teacher,
                margin,
                float(distance),
                math.inf,
                at.entropy,
                -at.tilt * math.exp(curve.x[1]),
                at.external,
                at.external < 0.0,
                angle(at.along, at.across + at.variance),
                angle(at.along, at.across),
                curve.residual,
            )
        )
    return tuple(points), None


def local_entropy_point(
    alpha_teacher: float,
    *,
    y: float = math.inf,
    estimator: str = "y_infinite",
    activation: ActivationLike = "sign",
    margin: float = 0.0,
) -> DensePoint:
    """The load P/N at which dense regions end: the local entropy stops to grow with the distance everywhere.

    Examples
    --------
    >>> point = local_entropy_point(3.0, y=math.inf)
    >>> round(point.alpha, 6), point.estimator
    (1.032074, 'y_infinite')
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    _only_infinite(y)
    require(estimator in ESTIMATORS, "estimator", estimator, f"one of {', '.join(ESTIMATORS)}")
    capacity = interpolation_point(alpha_teacher, activation=found, margin=margin)
    return _end(capacity, alpha_teacher, found.linear_share, margin)


@lru_cache(maxsize=256)
def _end(capacity: float, alpha_teacher: float, share: float, margin: float) -> DensePoint:
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
        if curve.go(log_v, compiled.FLAT) is not None:
            raise ConvergenceError(
                f"end of the dense regions at alpha_teacher = {alpha_teacher!r}: the branch was lost",
                [curve.residual],
            )
        return curve.state().alpha

    # the load at which a given distance is flat, smallest where regions first break up
    low = flat(log_v)
    bracket = [log_v - STRIDE, log_v, log_v + STRIDE]
    values = [flat(bracket[0]), low, 0.0]
    flat(log_v)
    values[2] = flat(bracket[2])
    while values[1] > min(values[0], values[2]):
        side = -1 if values[0] < values[2] else 1
        new = bracket[1 + side] + side * STRIDE
        bracket = [new, bracket[0], bracket[1]] if side < 0 else [bracket[1], bracket[2], new]
        value = flat(new)
        values = [value, values[0], values[1]] if side < 0 else [values[1], values[2], value]
    flat(bracket[1])
    best = minimize_scalar(flat, bracket=tuple(bracket), method="brent", options={"xtol": 1e-7})
    flat(float(best.x))
    at = curve.state()
    return DensePoint(
        at.alpha,
        0.5 * at.v,
        "y_infinite",
        at.external < 0.0,
        angle(at.along, at.across + at.variance),
        angle(at.along, at.across),
    )
