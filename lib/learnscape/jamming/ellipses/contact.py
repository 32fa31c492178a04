r"""The contact function of two ellipses and its first and second derivatives.

Ellipse A with centre :math:`x_A` is the set :math:`(x-x_A)\cdot A^{-1}(x-x_A)\le1`. Perram and Wertheim (J. Comput. Phys. 58, 409, 1985):

.. math:: F=\max_{0\le\lambda\le1}\;\lambda(1-\lambda)\;r\cdot\big[(1-\lambda)A+\lambda B\big]^{-1}r ,\qquad r=x_A-x_B ,

is below one if the two overlap, one if they touch; :math:`g=\sqrt F` is the factor by which both must swell to touch. For circles
:math:`g=r/s`. First derivatives need no derivative of :math:`\lambda` (envelope theorem); the second,
:math:`\nabla\nabla F=\phi_{uu}-\phi_{u\lambda}\phi_{\lambda u}/\phi_{\lambda\lambda}`, do (implicit function theorem).
Chapter: jamming/ellipses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.jamming.ellipses._kernels import touching

__all__ = ["contact_derivatives", "contact_function"]

FloatArray = NDArray[np.float64]

J = np.array([[0.0, -1.0], [1.0, 0.0]])


def shape_matrices(axes: FloatArray, angles: FloatArray) -> FloatArray:
    """R diag(a^2, b^2) R^T of ellipses with semi-axes (m, 2) and angles (m,); shape (m, 2, 2)."""
    c, s = np.cos(angles), np.sin(angles)
    rotation = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)
    answer: FloatArray = (rotation * (axes**2)[:, None, :]) @ rotation.swapaxes(-1, -2)
    return answer


def contact_function(separation: ArrayLike, axes: ArrayLike, angles: ArrayLike) -> float:
    """The factor g by which two ellipses must swell around their centres until they touch; they overlap if g < 1.

    Parameters
    ----------
    separation : array_like, shape (2,)
        Vector between the centres, not zero.
    axes : array_like, shape (2, 2)
        Semi-axes (a, b) of the first and of the second ellipse, positive.
    angles : array_like, shape (2,)
        Directions of the axes a.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For non-positive axes, NaN, or coinciding centres.

    Examples
    --------
    >>> contact_function([3.0, 0.0], [[1.0, 1.0], [2.0, 2.0]], [0.0, 0.0])
    1.0
    >>> round(contact_function([0.0, 1.0], [[2.0, 0.5], [2.0, 0.5]], [0.0, 0.0]), 12)
    1.0
    """
    r, ab, turn = (np.asarray(v, dtype=float) for v in (separation, axes, angles))
    require(r.shape == (2,) and bool(np.isfinite(r).all()), "separation", separation, "two finite numbers")
    require(
        bool(np.any(r != 0)),
        "separation",
        separation,
        "different from zero: coinciding centres have no normal",
    )
    require(
        ab.shape == (2, 2) and bool(np.all((ab > 0) & np.isfinite(ab))),
        "axes",
        axes,
        "2 x 2 positive numbers",
    )
    require(turn.shape == (2,) and bool(np.isfinite(turn).all()), "angles", angles, "two finite numbers")
    # g is homogeneous of degree one in the separation: bring the pair closer than any contact, where the kernel evaluates it.
    near = 0.5 * float(ab.min()) / float(np.hypot(*r))
    a, b = np.ascontiguousarray(ab[:, 0]), np.ascontiguousarray(ab[:, 1])
    rho = 0.5 * np.sqrt(a**2 + b**2)
    x = np.array([near * r[0], 0.0, near * r[1], 0.0, *(rho * turn)])
    _, what = touching(x, a, b, 1e3 * float(ab.max()), np.array([[0, 1]]))
    return float(what[0, 2]) / near


def contact_derivatives(
    r: FloatArray,
    axes_i: FloatArray,
    axes_j: FloatArray,
    angles_i: FloatArray,
    angles_j: FloatArray,
    lam: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """g, its gradient and its second derivatives with respect to (x, y, angle of i, angle of j), for m pairs at their optimal lambda.

    Parameters
    ----------
    r : ndarray, shape (m, 2)
        From j to i.
    axes_i, axes_j : ndarray, shape (m, 2)
    angles_i, angles_j : ndarray, shape (m,)
    lam : ndarray, shape (m,)
        Where the contact function has its maximum.

    Returns
    -------
    g : ndarray, shape (m,)
    gradient : ndarray, shape (m, 4)
    second : ndarray, shape (m, 4, 4)

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones((1, 2))
    >>> g, gradient, second = contact_derivatives(np.array([[1.5, 0.0]]), one, one, np.zeros(1), np.zeros(1), np.array([0.5]))
    >>> g, gradient[0] + 0.0, np.diag(second[0]).round(12) + 0.0  # circles: r/s, and 1/(r s) across
    (array([0.75]), array([0.5, 0. , 0. , 0. ]), array([0.        , 0.33333333, 0.        , 0.        ]))
    """
    a, b = shape_matrices(axes_i, angles_i), shape_matrices(axes_j, angles_j)
    rest = 1.0 - lam
    c, c1 = lam * rest, rest - lam
    blend = rest[:, None, None] * a + lam[:, None, None] * b
    inverse = np.asarray(np.linalg.inv(blend), dtype=np.float64)

    def apply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
        answer: FloatArray = np.einsum("mij,mj->mi", matrix, vector)
        return answer

    def dot(u: FloatArray, v: FloatArray) -> FloatArray:
        answer: FloatArray = np.einsum("mi,mi->m", u, v)
        return answer

    w = apply(inverse, r)
    a1, b1 = J @ a - a @ J, J @ b - b @ J  # derivatives with respect to the angles
    a2, b2 = -2 * a - 2 * J @ a @ J, -2 * b - 2 * J @ b @ J
    turn = [rest[:, None, None] * a1, lam[:, None, None] * b1]
    bend = [rest * dot(w, apply(a2, w)), lam * dot(w, apply(b2, w))]
    faster = [-a1, b1]  # derivative of `turn` with respect to lambda
    e = b - a
    ew = apply(e, w)
    gradient = np.empty((len(r), 4))
    second = np.empty((len(r), 4, 4))
    cross = np.empty((len(r), 4))
    gradient[:, :2] = 2 * c[:, None] * w
    second[:, :2, :2] = 2 * c[:, None, None] * inverse
    cross[:, :2] = 2 * c1[:, None] * w - 2 * c[:, None] * apply(inverse, ew)
    for k in range(2):
        tw = apply(turn[k], w)
        itw = apply(inverse, tw)
        gradient[:, 2 + k] = -c * dot(w, tw)
        second[:, :2, 2 + k] = second[:, 2 + k, :2] = -2 * c[:, None] * itw
        cross[:, 2 + k] = -c1 * dot(w, tw) + 2 * c * dot(ew, itw) - c * dot(w, apply(faster[k], w))
        for m in range(2):
            second[:, 2 + k, 2 + m] = 2 * c * dot(apply(turn[m], w), itw) - (c * bend[k] if k == m else 0.0)
    down = -2 * dot(r, w) - 2 * c1 * dot(w, ew) + 2 * c * dot(ew, apply(inverse, ew))
    second -= cross[:, :, None] * cross[:, None, :] / down[:, None, None]
    g = np.sqrt(c * dot(r, w))
    gradient /= 2 * g[:, None]
    second = second / (2 * g[:, None, None]) - gradient[:, :, None] * gradient[:, None, :] / g[:, None, None]
    return g, gradient, second
