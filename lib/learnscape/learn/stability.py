"""How well weights do on patterns: their stabilities, their errors, and the centre of several solutions.

A stability is w.xi / |w|, which is w.xi / sqrt(N) once |w|^2 = N; a pattern is satisfied where it is at least kappa. Chapter *dense-algorithms*.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_finite, real_array, require
from learnscape.learn._input import as_patterns

__all__ = ["barycenter", "errors_of", "stabilities"]

Array = NDArray[np.float64]
TIE = 1e-12  # of the largest field possible: so near to the bound a field is rounding, and reaches it


def stabilities(patterns: ArrayLike, weights: ArrayLike) -> Array:
    """Stability of each pattern, w.xi / sqrt(N) with w of length sqrt(N).

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in.
    weights : array_like, shape (N,)
        Of any length but zero.

    Returns
    -------
    ndarray, shape (P,)

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> stabilities([[1, 1, 1, 1], [1, 1, 1, -1]], [1, 1, 1, 1]).tolist()
    [2.0, 1.0]
    """
    xi = as_patterns(patterns)
    return xi @ _direction(weights, xi.shape[1])


def errors_of(patterns: ArrayLike, weights: ArrayLike, kappa: float = 0.0) -> int:
    """Number of patterns whose stability is below kappa.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in.
    weights : array_like, shape (N,)
        Of any length but zero.
    kappa : float
        A stability equal to it satisfies the pattern.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> errors_of([[1, 1], [1, -1], [-1, -1]], [1, 1])
    1
    """
    xi = as_patterns(patterns)
    direction = _direction(weights, xi.shape[1])
    least = as_finite("kappa", kappa) - TIE * (np.abs(xi) @ np.abs(direction))
    return int(np.count_nonzero(xi @ direction < least))


def barycenter(weights: ArrayLike) -> Array:
    """Centre of several weight vectors, scaled to |w|^2 = N.

    Parameters
    ----------
    weights : array_like, shape (M, N)
        One vector a row; each counts as much as its length.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    ValueError
        Bad input, or vectors that cancel.

    Examples
    --------
    >>> barycenter([[1, 1], [1, -1]]).round(4).tolist()
    [1.4142, 0.0]
    """
    vectors = real_array("weights", weights, ndim=2)
    require(min(vectors.shape) >= 1, "weights.shape", vectors.shape, "(M, N) with M >= 1 and N >= 1")
    largest = float(np.abs(vectors).max())
    mean = (vectors / (largest or 1.0)).mean(axis=0)  # neither lengths nor sums overflow
    size = float(np.linalg.norm(mean))
    require(size > 1e-12, "|mean of weights|", size * largest, "> 0: these cancel")
    answer: Array = mean * (math.sqrt(vectors.shape[1]) / size)
    return answer


def _direction(weights: ArrayLike, n: int) -> Array:
    w = real_array("weights", weights, ndim=1)
    require(w.shape == (n,), "weights.shape", w.shape, f"({n},), one for each column of the patterns")
    largest = float(np.abs(w).max())
    require(largest > 0.0, "|weights|", largest, "> 0")
    direction: Array = w / largest  # so that squares neither overflow nor vanish
    return direction / np.linalg.norm(direction)
