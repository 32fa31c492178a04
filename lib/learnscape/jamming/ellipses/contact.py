r"""The contact function of two ellipses and its first and second derivatives.

Ellipse A with centre :math:`x_A` is the set :math:`(x-x_A)\cdot A^{-1}(x-x_A)\le1`. Perram and Wertheim (J. Comput. Phys. 58, 409, 1985):

.. math:: F=\max_{0\le\lambda\le1}\;\lambda(1-\lambda)\;r\cdot\big[(1-\lambda)A+\lambda B\big]^{-1}r ,\qquad r=x_A-x_B ,

is below one if the two overlap, one if they touch; :math:`g=\sqrt F` is the factor by which both must swell to touch. For circles
:math:`g=r/s`. First derivatives need no derivative of :math:`\lambda` (envelope theorem); the second,
:math:`\nabla\nabla F=\phi_{uu}-\phi_{u\lambda}\phi_{\lambda u}/\phi_{\lambda\lambda}`, do (implicit function theorem).
Chapter: jamming/ellipses.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.numerics.jit import inlined

__all__ = [
    "contact_derivatives",
    "contact_function",
    "contact_kernel",
    "cos_sin_kernel",
    "shape_kernel",
    "slopes_kernel",
]

FloatArray = NDArray[np.float64]

J = np.array([[0.0, -1.0], [1.0, 0.0]])


@inlined
def cos_sin_kernel(angle: float) -> tuple[float, float]:
    """Cosine and sine without libm, so that a browser computes the same: Taylor at an eighth of the angle, doubled three times."""
    t = (angle - 2.0 * math.pi * math.floor(angle / (2.0 * math.pi) + 0.5)) / 8.0
    u = t * t
    s = t * (1.0 - u / 6.0 * (1.0 - u / 20.0 * (1.0 - u / 42.0 * (1.0 - u / 72.0 * (1.0 - u / 110.0)))))
    v = (
        u
        / 2.0
        * (1.0 - u / 12.0 * (1.0 - u / 30.0 * (1.0 - u / 56.0 * (1.0 - u / 90.0 * (1.0 - u / 132.0)))))
    )
    for _ in range(3):  # v = 1 - cos keeps its digits when it is doubled, cos would not
        v, s = 2.0 * v * (2.0 - v), 2.0 * s * (1.0 - v)
    return 1.0 - v, s


@inlined
def shape_kernel(a: float, b: float, angle: float) -> tuple[float, float, float]:
    """Elements xx, xy, yy of R diag(a^2, b^2) R^T."""
    c, s = cos_sin_kernel(angle)
    a2, b2 = a * a, b * b
    return c * c * a2 + s * s * b2, c * s * (a2 - b2), s * s * a2 + c * c * b2


@inlined
def contact_kernel(
    x: float, y: float, axx: float, axy: float, ayy: float, bxx: float, bxy: float, byy: float
) -> tuple[float, float]:
    """(sqrt F, lambda) of two ellipses with shapes A and B a vector (x, y) apart; (2, lambda) as soon as F > 1 is sure.

    In two dimensions F(lambda) is a cubic over a quadratic; the numerator of its derivative is positive at 0, negative at 1 and has one
    zero between them, as F(lambda) is concave. Newton's method with bisection as a safeguard.
    """
    p = x * x * ayy - 2.0 * x * y * axy + y * y * axx
    q = x * x * byy - 2.0 * x * y * bxy + y * y * bxx
    da, db = axx * ayy - axy * axy, bxx * byy - bxy * bxy
    mixed = axx * byy + ayy * bxx - 2.0 * axy * bxy
    low, high = 0.0, 1.0
    ra, rb = math.sqrt(math.sqrt(da)), math.sqrt(math.sqrt(db))
    lam = ra / (ra + rb)
    for _ in range(60):
        rest = 1.0 - lam
        top, top1 = lam * rest, rest - lam
        mid = rest * p + lam * q
        n, n1 = top * mid, top1 * mid + top * (q - p)
        n2 = -2.0 * mid + 2.0 * top1 * (q - p)
        d = rest * rest * da + top * mixed + lam * lam * db
        if n > d:
            return 2.0, lam
        d1 = -2.0 * rest * da + top1 * mixed + 2.0 * lam * db
        h = n1 * d - n * d1
        if h > 0.0:
            low = lam
        else:
            high = lam
        slope = n2 * d - n * 2.0 * (da - mixed + db)
        new = lam - h / slope if slope < 0.0 else 0.5 * (low + high)
        if not low < new < high:
            new = 0.5 * (low + high)
        change = abs(new - lam)
        lam = new
        if change < 3e-16 or high - low < 1e-15:
            break
    rest = 1.0 - lam
    n = lam * rest * (rest * p + lam * q)
    d = rest * rest * da + lam * rest * mixed + lam * lam * db
    return math.sqrt(n / d), lam


@inlined
def slopes_kernel(
    x: float,
    y: float,
    axx: float,
    axy: float,
    ayy: float,
    bxx: float,
    bxy: float,
    byy: float,
    g: float,
    lam: float,
) -> tuple[float, float, float, float]:
    """Derivatives of g = sqrt F with respect to x, y and the two angles, at the optimal lambda (envelope theorem)."""
    rest = 1.0 - lam
    mxx, mxy, myy = rest * axx + lam * bxx, rest * axy + lam * bxy, rest * ayy + lam * byy
    det = mxx * myy - mxy * mxy
    wx, wy = (myy * x - mxy * y) / det, (mxx * y - mxy * x) / det
    c = lam * rest / g
    turn_a = wy * (axx * wx + axy * wy) - wx * (axy * wx + ayy * wy)
    turn_b = wy * (bxx * wx + bxy * wy) - wx * (bxy * wx + byy * wy)
    return c * wx, c * wy, -c * rest * turn_a, -c * lam * turn_b


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
    first, second = (shape_kernel(float(ab[i, 0]), float(ab[i, 1]), float(turn[i])) for i in range(2))
    g, _ = contact_kernel(near * float(r[0]), near * float(r[1]), *first, *second)
    return float(g) / near


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
