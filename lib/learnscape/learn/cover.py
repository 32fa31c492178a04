r"""Cover's count: how many labellings of P points can a hyperplane through the origin realise?

For P points of R^N in general position (any N of them linearly independent) the number of separable labellings, or
*dichotomies*, depends on nothing else:

    C(P, N) = 2 sum_{k=0}^{N-1} binomial(P - 1, k),      C(P + 1, N) = C(P, N) + C(P, N - 1).

Divided by all 2^P labellings it is the probability that P - 1 fair coins show at most N - 1 heads, which is exactly 1/2 at
P = 2N. The count goes back to L. Schlaefli (about 1850); T. M. Cover, IEEE Trans. Electronic Computers EC-14, 326 (1965),
read it as the capacity of a perceptron. :func:`learnscape.learn.separable` decides single instances.

Chapter: ``capacity/perceptron``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from learnscape.errors import require
from learnscape.learn._input import as_positive_integer

__all__ = ["dichotomies", "separable_fraction"]


def dichotomies(p: int, n: int) -> int:
    """Number of separable labellings of ``p`` points in general position in ``n`` dimensions, exactly.

    Parameters
    ----------
    p, n : int
        Number of points and dimension, both at least 1. A threshold counts as one more dimension.

    Returns
    -------
    int
        A Python integer of any size; 2**p for p <= n.

    Raises
    ------
    ValueError
        If ``p`` or ``n`` is not an integer >= 1.

    References
    ----------
    T. M. Cover, IEEE Trans. Electronic Computers EC-14, 326 (1965), theorem 1.

    Examples
    --------
    >>> [dichotomies(p, 2) for p in (1, 2, 3, 4, 5)]
    [2, 4, 6, 8, 10]
    >>> dichotomies(200, 100) == 2**199
    True
    """
    p = as_positive_integer("p", p)
    n = as_positive_integer("n", n)
    if n >= p:
        return 1 << p
    # Past the middle the complement is the shorter sum: all subsets of P - 1 coins minus those with n heads or more.
    if 2 * n > p:
        return (1 << p) - 2 * _first_binomials(p - 1, p - n)
    return 2 * _first_binomials(p - 1, n)


def _first_binomials(m: int, terms: int) -> int:
    """binomial(m, 0) + ... + binomial(m, terms - 1)."""
    total, term = 0, 1
    for k in range(terms):
        total += term
        term = term * (m - k) // (k + 1)
    return total


def separable_fraction(p: ArrayLike, n: ArrayLike) -> float | NDArray[np.float64]:
    """Fraction of the 2^P labellings of P points in general position that are separable: C(P, N) / 2^P.

    It is also the probability that P independent random patterns are separable, for every distribution that does not
    distinguish xi from -xi and puts the patterns in general position with probability one (J. G. Wendel, Math. Scand. 11,
    109, 1962). Gaussian patterns do; binary ones at small N do not.

    Parameters
    ----------
    p, n : int or array_like of int
        Numbers of points and dimensions, at least 1; arrays are combined by broadcasting.

    Returns
    -------
    float or ndarray
        Correct to a relative 1e-11 as long as it is above 1e-300, also far above capacity where the fraction is tiny.

    Raises
    ------
    ValueError
        If an entry is not an integer >= 1.

    Examples
    --------
    >>> separable_fraction(40, 20)
    0.5
    >>> separable_fraction([6, 8, 10], 4).round(4).tolist()
    [0.8125, 0.5, 0.2539]
    """
    points, dimensions = _integers("p", p), _integers("n", n)
    fraction = bdtr(np.minimum(dimensions, points) - 1.0, points - 1, 0.5)
    fraction = np.where(points == 2 * dimensions, 0.5, fraction)  # exact by symmetry; bdtr is off by 4e-16
    return float(fraction) if np.ndim(fraction) == 0 else np.asarray(fraction, dtype=np.float64)


def _integers(name: str, values: ArrayLike) -> NDArray[np.intp]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be an integer >= 1 or an array of them") from None
    wrong = ~(np.isfinite(array) & (array >= 1) & (array == np.floor(array)) & (array < math.ldexp(1.0, 31)))
    if wrong.any():
        require(False, name, float(array[wrong].flat[0]), "an integer >= 1 and below 2^31")
    return array.astype(np.intp)
