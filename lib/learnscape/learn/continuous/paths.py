r"""The training error between two networks: on the straight line, on a geodesic of the normalised networks, and on a path with one bend.

The *barrier* is the largest error on the path minus the larger one of its ends; we look at a grid of points, so it is a lower bound. Between two solutions
found from different starts it is high, mostly because the same unit stands at different places in them: :func:`~learnscape.learn.continuous.symmetries.matched` brings them into one order first.

*Geodesic.* A normalised network is a point of a product of spheres, one for each unit. The shortest way rotates each row [W | b] in the plane of its two
ends, :math:`[\sin((1-t)\theta)\,a+\sin(t\theta)\,b]/\sin\theta` with :math:`\cos\theta=a\cdot b`.

*One bend.* Two straight legs meet in a network m, which is trained so that the loss on both is low: at each step a point t of one of the legs and a batch are
drawn, and m descends. When to stop, and which m to keep, is decided at points halfway between those that are reported: the smallest of many looks at one set of
points would be too small there. Garipov et al., NeurIPS 2018 (arXiv 1802.10026); Pittorino et al., ICML 2022 (arXiv 2202.03038). Chapter *realistic-networks*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, is_finite, require
from learnscape.fully_connected import as_sizes, layers, output
from learnscape.fully_connected.blocks import BLOCK
from learnscape.fully_connected.minibatches import HINGE, batch_gradient, loss_and_errors, new_batch
from learnscape.learn._budget import Budget
from learnscape.learn._input import as_positive_integer
from learnscape.learn.continuous._input import Patterns, as_parameters, as_patterns, as_positive
from learnscape.learn.continuous.symmetries import normalised
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator, shuffle
from learnscape.numerics.threads import one_thread
from learnscape.results import by_identity

__all__ = ["Bend", "PathError", "geodesic", "one_bend", "path_error"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LOOK = 10  # epochs of the middle between two looks at the whole path, which costs as much as some epochs
STRAIGHT = 1e-7  # an angle below this, or within this of pi, has no sine to divide by


@by_identity
class PathError(NamedTuple):
    """Errors along a path from a (position 0) to b (position 1)."""

    position: FloatArray
    """Positions in [0, 1]."""
    error: FloatArray
    """Fraction of patterns on the wrong side there."""
    barrier: float
    """Largest error at these positions minus the larger error of the ends, >= 0; between them a pattern or two more may be wrong."""


@dataclass(frozen=True, eq=False)
class Bend:
    """A path with one bend, where its training stopped."""

    middle: FloatArray
    """Parameters of the network where the legs meet."""
    position: FloatArray
    """Positions in [0, 1]; the bend is at 1/2."""
    error: FloatArray
    """Fraction of patterns on the wrong side there."""
    barrier: float
    """Largest error at these positions minus the larger error of the ends, >= 0. Ends and bend apart, no choice was made by looking at them."""
    epochs: int
    """Passes over the patterns that were made."""
    budget: int
    """Epochs that were allowed."""
    interrupted: bool = False
    """Whether the reader stopped the search (Ctrl-C); the best path so far is here."""


def geodesic(a: ArrayLike, b: ArrayLike, sizes: Sequence[int] | IntArray, t: float) -> FloatArray:
    """The point t of the geodesic between two networks, which are normalised first; t = 0 is a, t = 1 is b.

    Of two opposite rows, between which all ways are equally short, the one through a fixed third direction is taken.

    Examples
    --------
    >>> geodesic([1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], (1, 1, 1), 0.5).round(4)
    array([0.7071, 0.7071, 1.    , 0.    ])
    """
    n = as_sizes(sizes)
    require(is_finite(t) and 0.0 <= t <= 1.0, "t", t, "a number in [0, 1]")
    ends = [normalised(as_parameters(name, v, n), n) for name, v in (("a", a), ("b", b))]
    point = np.empty_like(ends[0])
    for rows, first, second in zip(layers(point, n), layers(ends[0], n), layers(ends[1], n), strict=True):
        angle = (
            2.0
            * np.arctan2(np.linalg.norm(first - second, axis=1), np.linalg.norm(first + second, axis=1))[
                :, None
            ]
        )
        sine = np.sin(angle)
        usual = (angle > STRAIGHT) & (angle < math.pi - STRAIGHT)
        safe = np.where(usual, sine, 1.0)
        u = np.where(usual, np.sin((1.0 - t) * angle) / safe, 1.0 - t)
        v = np.where(usual, np.sin(t * angle) / safe, t)
        rows[:] = u * first + v * second
        for i in np.flatnonzero(angle[:, 0] >= math.pi - STRAIGHT):
            aside = np.zeros(first.shape[1])
            aside[np.argmin(np.abs(first[i]))] = 1.0
            aside -= (aside @ first[i]) * first[i]
            aside /= np.linalg.norm(aside)
            rows[i] = math.cos(math.pi * t) * first[i] + math.sin(math.pi * t) * aside
            rows[i] += t * (first[i] + second[i])  # within rounding of opposite: it ends at b all the same
    return point


def _fractions(points: FloatArray, sizes: IntArray, data: Patterns) -> FloatArray:
    counts = [loss_and_errors(w, sizes, data.blocks, data.labels, HINGE, 0.0)[1] for w in points]
    return np.array(counts, dtype=np.float64) / data.labels.size


def _barrier(error: FloatArray) -> float:
    return float(error.max() - max(error[0], error[-1]))


@one_thread
def path_error(
    a: ArrayLike,
    b: ArrayLike,
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    kind: Literal["linear", "geodesic"] = "linear",
    points: int = 49,
) -> PathError:
    """Errors on the way from one network to another.

    Parameters
    ----------
    a, b : array_like, shape (n_parameters,)
        The ends. On a straight line the scales of the units matter: normalise both, or use the geodesic.
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x, y : array_like, shapes (P, d) and (P,)
        Patterns and labels +1, -1.
    kind : {"linear", "geodesic"}
        The straight line between the parameters as they are, or :func:`geodesic` between the normalised ones.
    points : int
        Networks looked at, evenly spaced, ends included; >= 3.

    Returns
    -------
    PathError

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.fully_connected import orthogonal_parameters
    >>> a = orthogonal_parameters((3, 5, 1), rng=1)
    >>> path = path_error(a, 2.0 * a, (3, 5, 1), [[1.0, 0.0, 0.0]], [1.0])
    >>> path.barrier
    0.0
    """
    n = as_sizes(sizes)
    data = as_patterns(n, x, y)
    first, second = as_parameters("a", a, n), as_parameters("b", b, n)
    require(kind in ("linear", "geodesic"), "kind", kind, "linear or geodesic")
    count = as_positive_integer("points", points)
    require(count >= 3, "points", points, "an integer >= 3")
    position = np.linspace(0.0, 1.0, count)
    if kind == "linear":
        straight = (1.0 - position)[:, None] * first + position[:, None] * second
        networks = np.array([normalised(w, n) for w in straight])  # the same signs, and no overflow
    else:
        networks = np.array([geodesic(first, second, n, t) for t in position])
    error = _fractions(networks, n, data)
    return PathError(position, error, _barrier(error))


@kernel
def _bend(
    a: Any,
    b: Any,
    middle: Any,
    sizes: Any,
    rows: Any,
    labels: Any,
    margin: Any,
    batch: Any,
    step: Any,
    order: Any,
    random: Any,
    memory: Any,
) -> None:
    """One pass over the patterns: the middle descends the loss at random points of the legs."""
    n = middle.size
    point, total = np.empty(n), np.empty(n)
    shuffle(order, random)
    for first in range(0, order.size, batch):
        end = a if random.random() < 0.5 else b
        t = random.random()
        for i in range(n):
            point[i] = end[i] + t * (middle[i] - end[i])
        batch_gradient(point, sizes, rows, labels, order[first : first + batch], HINGE, margin, total, memory)
        for i in range(n):
            middle[i] -= step * t * total[i]


@one_thread
def one_bend(
    a: ArrayLike,
    b: ArrayLike,
    sizes: Sequence[int] | IntArray,
    x: ArrayLike,
    y: ArrayLike,
    rng: int | np.random.Generator | None = None,
    *,
    batch: int = 32,
    step: float = 0.3,
    max_epochs: int = 1000,
    points: int = 49,
    progress: bool = False,
) -> Bend:
    """A path from one network to another with one bend and few errors; it starts as the straight line.

    The middle is trained with the quadratic hinge, whose margin is half the mean output of the two ends: the loss vanishes once all is well. Training stops when
    there is no barrier at the positions halfway between those of the result (and at the bend), and the middle that was best there is returned.

    Parameters
    ----------
    a, b : array_like, shape (n_parameters,)
        The ends, best normalised and matched.
    sizes : sequence of int
        (d, n_1, ..., n_L, 1).
    x, y : array_like, shapes (P, d) and (P,)
        Patterns and labels +1, -1.
    rng : int or numpy.random.Generator, optional
        Order of patterns and points of the path.
    batch, step, max_epochs
        Of the descent, as in :func:`train`.
    points : int
        Networks on the path that are reported, evenly spaced, ends included; an odd number >= 5, so that the bend is among them.
    progress : bool
        Show a bar with epochs and the lowest barrier.

    Returns
    -------
    Bend

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        The middle became infinite or NaN: the step is too long.

    Examples
    --------
    >>> from learnscape.learn.continuous import matched, normalised, train
    >>> from learnscape.real_data import digits
    >>> data, sizes = digits(10, train=300), (10, 20, 1)
    >>> a, b = (normalised(train(sizes, data.x_train, data.y_train, rng=r).parameters, sizes) for r in (1, 2))
    >>> b = matched(a, b, sizes)
    >>> straight = path_error(a, b, sizes, data.x_train, data.y_train)
    >>> bent = one_bend(a, b, sizes, data.x_train, data.y_train, rng=1)
    >>> straight.barrier > 0.0, bent.barrier < straight.barrier
    (True, True)
    """
    n = as_sizes(sizes)
    data = as_patterns(n, x, y)
    first, second = as_parameters("a", a, n), as_parameters("b", b, n)
    size = min(as_positive_integer("batch", batch), data.labels.size)
    rate, budget = as_positive("step", step), as_positive_integer("max_epochs", max_epochs)
    count = as_positive_integer("points", points)
    require(count >= 5 and count % 2 == 1, "points", points, "an odd integer >= 5")
    random = generator(rng)
    margin = 0.25 * float(sum(np.abs(output(w, n, data.rows[:, :-1])).mean() for w in (first, second)))
    require(margin > 0.0, "mean output of a and b", margin, "> 0")
    position = np.linspace(0.0, 1.0, count)
    halfway = np.concatenate([[0.0], 0.5 * (position[1:] + position[:-1]), [0.5, 1.0]])

    def errors(middle: FloatArray, where: FloatArray) -> FloatArray:
        t = where[:, None]
        there, back = first + 2.0 * t * (middle - first), second + 2.0 * (1.0 - t) * (middle - second)
        return _fractions(np.where(t <= 0.5, there, back), n, data)

    middle = 0.5 * (first + second)
    best, error = middle.copy(), errors(middle, halfway)
    order, memory = np.arange(data.labels.size), new_batch(n, min(size, BLOCK))
    with Budget(budget, "epoch", progress) as loop:
        while loop.left and _barrier(error) > 0.0:
            _bend(first, second, middle, n, data.rows, data.labels, margin, size, rate, order, random, memory)
            loop.spend(barrier=_barrier(error))
            if loop.made % LOOK and loop.left:
                continue
            if not np.isfinite(middle).all():
                raise ConvergenceError(
                    f"the middle is no number after {loop.made} epochs: a step of {rate:g} is too long"
                )
            now = errors(middle, halfway)
            if _barrier(now) <= _barrier(error):
                best, error = middle.copy(), now
    error = errors(best, position)
    return Bend(best, position, error, _barrier(error), loop.made, budget, loop.interrupted)
