"""Curves and diagrams of the hidden-teacher model: against the distance, the number of weights, and the size of the teacher."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learnscape.activations import Activation
from learnscape.errors import ConvergenceError, is_finite, real_array, require
from learnscape.replica.hidden._dense import Dense, DensePoint, dense, dense_points, local_entropy_point
from learnscape.replica.hidden._typical import ActivationLike, Solution, checked, interpolation_point, solve

__all__ = ["DenseCurve", "PhaseDiagram", "WeightsCurve", "dense_curve", "phase_diagram", "weights_curve"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DenseCurve:
    """Dense regions at several distances and one load."""

    points: tuple[Dense, ...]
    """From the largest distance to the smallest that was reached."""
    lost_below: float | None
    """The last good distance if the saddle was lost before the smallest one asked for, else None."""

    @property
    def distance(self) -> Array:
        """Mutual distances."""
        return np.array([point.distance for point in self.points])

    @property
    def entropy(self) -> Array:
        """Local entropies, y -> infinity."""
        return np.array([point.entropy for point in self.points])


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """The two transitions against the size of the hidden teacher."""

    activation: Activation
    """Of the features."""
    alpha_teacher: Array
    """P/D; (n,)."""
    interpolation: Array
    """Load P/N where typical students appear: replica-symmetric entropy zero; (n,)."""
    local_entropy: Array
    """Load P/N where dense regions appear; (n,)."""
    estimator: str
    """What defines `local_entropy`: "y_infinite"."""

    @property
    def weights_per_pattern(self) -> tuple[Array, Array]:
        """N/P at the interpolation point, and where dense regions appear, as the number of weights grows at fixed data."""
        return 1.0 / self.interpolation, 1.0 / self.local_entropy

    @property
    def ratio(self) -> Array:
        """local_entropy / interpolation."""
        return self.local_entropy / self.interpolation


@dataclass(frozen=True, eq=False)
class WeightsCurve:
    """Students at fixed data as the number of weights grows."""

    alpha_teacher: float
    """P/D."""
    ratio: Array
    """N/P; (n,)."""
    typical: tuple[Solution, ...]
    """Typical students, one for each ratio; their entropy is negative below the interpolation point."""
    dense: tuple[Dense | None, ...]
    """Students of the densest regions at the distance asked for; None where the saddle is lost, or where typical students are closer than that."""
    interpolation: float
    """N/P of the interpolation point."""
    local_entropy: DensePoint
    """Where dense regions appear (as a load P/N)."""


def dense_curve(
    alpha: float,
    alpha_teacher: float,
    distances: npt.ArrayLike,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
) -> DenseCurve:
    """Dense regions (y -> infinity) at many distances, about a millisecond each: the curve is followed from large distances to small ones.

    Parameters
    ----------
    alpha, alpha_teacher, activation, margin
        As in `dense`.
    distances : array_like
        Mutual distances, each allowed in `dense`.

    Examples
    --------
    >>> curve = dense_curve(0.9, 3.0, [0.05, 0.1, 0.2])
    >>> curve.distance.tolist(), curve.lost_below
    ([0.2, 0.1, 0.05], None)
    """
    wanted = np.sort(real_array("distances", distances, ndim=1))[::-1]
    require(wanted.size > 0, "distances", distances, "a list of at least one number")
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    points, lost = dense_points(alpha, alpha_teacher, wanted, found, margin)
    return DenseCurve(points, lost)


def phase_diagram(
    alpha_teacher: npt.ArrayLike, *, activation: ActivationLike = "sign", margin: float = 0.0
) -> PhaseDiagram:
    """Interpolation point and end of the dense regions (y -> infinity) for several sizes of the teacher.

    Examples
    --------
    >>> phase_diagram([1.0, 3.0]).ratio.round(3).tolist()
    [0.906, 0.906]
    """
    sizes = real_array("alpha_teacher", alpha_teacher, ndim=1)
    require(sizes.size > 0, "alpha_teacher", alpha_teacher, "a list of at least one number")
    found = checked(float(sizes[0]), activation, margin)[0]
    first = [interpolation_point(t, activation=found, margin=margin) for t in sizes.tolist()]
    second = [local_entropy_point(t, y=math.inf, activation=found, margin=margin) for t in sizes.tolist()]
    return PhaseDiagram(
        found,
        sizes,
        np.array(first),
        np.array([point.alpha for point in second]),
        second[0].estimator,
    )


def weights_curve(
    alpha_teacher: float,
    ratios: npt.ArrayLike,
    *,
    distance: float = 0.02,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
) -> WeightsCurve:
    """Typical and dense students at fixed data against the number of weights per pattern, N/P.

    Parameters
    ----------
    alpha_teacher : float
        P/D.
    ratios : array_like
        Values of N/P, > 0, at which the saddle exists.
    distance : float
        Mutual distance of the students in the dense regions.

    Examples
    --------
    >>> curve = weights_curve(3.0, [1.0, 2.0])
    >>> [round(students.generalization_error, 4) for students in curve.typical]
    [0.3148, 0.3022]
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    values = real_array("ratios", ratios, ndim=1)
    require(values.size > 0 and bool((values > 0).all()), "ratios", ratios, "a list of numbers > 0")
    require(is_finite(distance) and 0 < distance < 0.5, "distance", distance, "in (0, 1/2)")
    typical, regions = [], []
    for ratio in values.tolist():
        students = solve(1.0 / ratio, alpha_teacher, found, margin)
        typical.append(students)
        region = None
        if distance < 0.5 * (1.0 - students.q):
            with contextlib.suppress(ConvergenceError):
                region = dense(1.0 / ratio, alpha_teacher, distance, math.inf, found, margin)
        regions.append(region)
    return WeightsCurve(
        alpha_teacher,
        values,
        tuple(typical),
        tuple(regions),
        1.0 / interpolation_point(alpha_teacher, activation=found, margin=margin),
        local_entropy_point(alpha_teacher, y=math.inf, activation=found, margin=margin),
    )
