r"""Eigenvalues of a real symmetric matrix in plain loops, for kernels that must also run in a page.

Two classical steps. Householder reflections :math:`Q_i = 1 - uu^T/h`, one per row, bring the matrix to tridiagonal form,
:math:`Q^TAQ=T`, in :math:`\tfrac43n^3` operations. Then the implicit QL iteration with Wilkinson's shift rotates the off-diagonal of
:math:`T` away, :math:`O(n)` a sweep and less than two sweeps per eigenvalue. Martin, Reinsch and Wilkinson, Numer. Math. 11 (1968) 181;
Bowdler, Martin, Reinsch and Wilkinson, ibid. 293.

In Python, use ``numpy.linalg.eigvalsh``, which is faster for large matrices; :func:`eigenvalues` is the same kernel that a page runs, for
comparison. Chapter: jamming/hessian-spectra.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from learnscape.errors import ConvergenceError, real_array, require
from learnscape.numerics.jit import kernel

__all__ = ["eigenvalues", "eigenvalues_kernel"]

FloatArray = npt.NDArray[np.float64]

SWEEPS = 60  # per eigenvalue; two are typical, and LAPACK gives up after 30
EPSILON = 2.0**-52


@kernel
def _tridiagonal(a: FloatArray, n: int, d: FloatArray, e: FloatArray) -> None:
    """Householder reduction; ``a`` holds the rows one after the other, only its lower triangle is read. Destroys ``a``."""
    for i in range(n - 1, 1, -1):
        row = i * n
        scale = 0.0
        for k in range(i):
            scale += abs(a[row + k])
        if scale == 0.0:
            e[i] = 0.0
            d[i] = a[row + i]
            continue
        h = 0.0
        for k in range(i):
            a[row + k] /= scale
            h += a[row + k] * a[row + k]
        f = a[row + i - 1]
        g = -math.sqrt(h) if f >= 0.0 else math.sqrt(h)
        e[i] = scale * g
        h -= f * g
        a[row + i - 1] = f - g
        # p = A u / h; each row of the triangle serves twice, as a row and as a column.
        for j in range(i):
            e[j] = 0.0
        for j in range(i):
            uj, total, at = a[row + j], 0.0, j * n
            for k in range(j):
                total += a[at + k] * a[row + k]
                e[k] += a[at + k] * uj
            e[j] += total + a[at + j] * uj
        f = 0.0
        for j in range(i):
            e[j] /= h
            f += e[j] * a[row + j]
        half = f / (h + h)
        for j in range(i):
            f = a[row + j]
            g = e[j] - half * f
            e[j] = g
            at = j * n
            for k in range(j + 1):
                a[at + k] -= f * e[k] + g * a[row + k]
        d[i] = a[row + i]
    if n > 1:
        d[1] = a[n + 1]
        e[1] = a[n]
    d[0] = a[0]
    e[0] = 0.0


@kernel
def _implicit_ql(n: int, d: FloatArray, e: FloatArray) -> bool:
    """Eigenvalues of the tridiagonal matrix with diagonal ``d`` and off-diagonal ``e[1:]``, left unsorted in ``d``."""
    for i in range(1, n):
        e[i - 1] = e[i]
    e[n - 1] = 0.0
    for l in range(n):
        sweeps = 0
        while True:
            m = l
            while m < n - 1 and abs(e[m]) > EPSILON * (abs(d[m]) + abs(d[m + 1])):
                m += 1
            if m == l:
                break
            sweeps += 1
            if sweeps > SWEEPS:
                return False
            g = (d[l + 1] - d[l]) / (2.0 * e[l])
            r = math.sqrt(g * g + 1.0)
            g = d[m] - d[l] + e[l] / (g + (r if g >= 0.0 else -r))
            s, c, p = 1.0, 1.0, 0.0
            i = m - 1
            split = False
            while i >= l:
                f, b = s * e[i], c * e[i]
                r = math.sqrt(f * f + g * g)
                e[i + 1] = r
                if r == 0.0:  # the matrix falls apart here: start this sweep again on the smaller block
                    d[i + 1] -= p
                    e[m] = 0.0
                    split = True
                    break
                s, c = f / r, g / r
                g = d[i + 1] - p
                r = (d[i] - g) * s + 2.0 * c * b
                p = s * r
                d[i + 1] = g + p
                g = c * r - b
                i -= 1
            if not split:
                d[l] -= p
                e[l] = g
                e[m] = 0.0
    return True


@kernel
def eigenvalues_kernel(matrix: FloatArray, n: int, values: FloatArray, scratch: FloatArray) -> bool:
    """Eigenvalues of a symmetric matrix in ascending order; no allocation, only sqrt from outside.

    Parameters
    ----------
    matrix : ndarray of shape (>= n * n,)
        Rows one after the other; only the lower triangle is read, and it is overwritten. Entries of ordinary size: squares must
        neither overflow nor vanish.
    n : int
        At least 1.
    values : ndarray of shape (>= n,)
        Receives the eigenvalues.
    scratch : ndarray of shape (>= n,)

    Returns
    -------
    bool
        False if an eigenvalue was not found in 60 sweeps. NaN in the matrix gives NaN among the values.
    """
    _tridiagonal(matrix, n, values, scratch)
    if not _implicit_ql(n, values, scratch):
        return False
    for i in range(1, n):  # nearly sorted already, so that insertion is cheap enough
        x = values[i]
        k = i - 1
        while k >= 0 and values[k] > x:
            values[k + 1] = values[k]
            k -= 1
        values[k + 1] = x
    return True


def eigenvalues(matrix: npt.ArrayLike) -> FloatArray:
    """Eigenvalues of a real symmetric matrix in ascending order, by the kernel that pages run.

    Parameters
    ----------
    matrix : array_like of shape (n, n)
        Finite and symmetric up to 1e-12 of its largest entry.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        For anything but a finite symmetric matrix of at least one row.
    ConvergenceError
        If the QL iteration did not end.

    Examples
    --------
    >>> eigenvalues([[2.0, 1.0], [1.0, 2.0]]).round(12).tolist()
    [1.0, 3.0]
    """
    a = real_array("matrix", matrix)
    require(
        a.ndim == 2 and a.shape[0] == a.shape[1] and a.size > 0,
        "the shape of matrix",
        a.shape,
        "(n, n), n >= 1",
    )
    largest = float(np.abs(a).max())
    asymmetry = float(np.abs(a - a.T).max())
    require(
        asymmetry <= 1e-12 * largest, "matrix - matrix.T", asymmetry, "zero: the matrix must be symmetric"
    )
    n = a.shape[0]
    values, scratch = np.empty(n), np.empty(n)
    unit = largest if largest > 0 else 1.0  # keeps squares from overflowing
    if not eigenvalues_kernel((a / unit).ravel(), n, values, scratch):
        left = unit * float(np.abs(scratch).max())
        raise ConvergenceError(
            f"an eigenvalue was not found in {SWEEPS} QL sweeps: an off-diagonal entry of {left:.3g} is left",
            [left],
        )
    return values * unit
