r"""The Parisi equation on a ladder of overlaps, with the exact first and second derivatives of its average.

*Problem.* Between neighbours of the ladder :math:`q_0<q_1<\dots<q_{n-1}` the order parameter y is constant, and the Parisi equation is solved by

.. math::  f_{i-1}(h)=\frac1{y_i}\ln\int Dz\,e^{y_if_i(h+s_iz)},\qquad s_i^2=q_i-q_{i-1}.

On nodes this is a matrix :math:`K_i` of tilted Gaussian weights, rows summing to one, and the field's measure obeys :math:`P_i=P_{i-1}K_i`: the forward sweep is the exact adjoint of
the backward one, and the norm is conserved to rounding. With :math:`B=\int P_0f_0` and :math:`\varphi_j=(K_jf_j-f_{j-1})/y_j`,

.. math::
    \frac{\partial B}{\partial y_j}=\int P_{j-1}\varphi_j,\qquad
    \frac{\partial B}{\partial q_i}=-\tfrac12(y_{i+1}-y_i)\int P_if_i'^2\quad(y_0=0).

The response of the functions to :math:`y_j` is :math:`\delta_jf_{j-1}=\varphi_j`, :math:`\delta_jf_{l-1}=K_l\,\delta_jf_l`, and differentiating once more gives, for i < j,

.. math::
    \frac{\partial^2B}{\partial y_i\partial y_j}=\sum_{l<i}y_l\bigl(Q^{ij}_l-Q^{ij}_{l-1}\bigr)
    +\int P_if_i\,\delta_jf_i-\int P_{i-1}(K_if_i)\,\delta_jf_{i-1},\qquad Q^{ij}_l=\int P_l\,\delta_if_l\,\delta_jf_l,

and for i = j the last two terms become :math:`\bigl(\int P_jf_j^2-\int P_{j-1}(K_jf_j)^2-2\int P_{j-1}\varphi_j\bigr)/y_j`. No forward sweep of responses is needed.

Everything is measured from the edge of the allowed set, h = 0 here; overlaps enter as gaps D = 1 - q, so that D = 1e-10 keeps its digits. The functions are
concave with :math:`-1/\lambda\le f''\le0`, so that every row has one summit, and the trapezoidal rule around it is exact to about 1e-13.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.ansatz.grid import BACK, NODES, UP, graded_grid, panel_of, to_coefficients
from learnscape.numerics.gaussian import INVERSE_SQRT_2PI, exp_kernel, log_kernel
from learnscape.numerics.jit import kernel

Array = NDArray[np.float64]
HALF_WIDTH = 8.5  # of a Gaussian: exp(-36) beyond
NEGLIGIBLE = 38.0
LEAST = -1e4  # logarithm of a density
STEP = 0.5  # trapezoidal rule for a Gaussian of width 1: 1e-17 is left
NEAR = 17.6 / 36.0  # poles at 2.8 widths: what they leave of the rule, in units of width / s


class Leaf(NamedTuple):
    """The innermost function on the nodes, and what it says of its own parameter."""

    f: Array
    slope: Array
    bend: Array
    by_y: Array
    """df/dy for the y inside the leaf; zeros if it has none."""
    by_y2: Array
    """The second derivative."""


class Chain(NamedTuple):
    """Functions, measures and matrices of one ladder; level 0 is the outermost."""

    h: Array
    """Nodes; (m,)."""
    f: list[Array]
    slope: list[Array]
    bend: list[Array]
    measure: list[Array]
    """P_i as weights of the nodes; each sums to one."""
    rows: list[Array]
    """K_i for i = 1, ..., n - 1 at index i - 1."""
    leaf: Leaf


def nodes(smallest: float, centre: float) -> tuple[Array, Array]:
    """Panels and nodes for functions that bend at 0 over the root of `smallest`, and fields around `centre`."""
    width = 2.0 ** math.floor(math.log2(math.sqrt(smallest)))
    grid = graded_grid((-centre,), width, 1.0)
    return grid.breaks + centre, grid.points + centre


@kernel
def rows(
    breaks: Array,
    coefficients: Array,
    transform: Array,
    points: Array,
    summits: Array,
    y: float,
    s: float,
    step: float,
    width: float,
    lam: float,
    out: Array,
    matrix: Array,
) -> None:
    """One level: the outer function at the points, and the rows of weights on the nodes that make it.

    ``summits`` are the fields where the exponents are largest, ``width`` bounds the widths of their peaks in z.
    """
    last = breaks.size - 1
    dual = np.empty(coefficients.size)
    half = HALF_WIDTH * width
    count = int(2.0 * half / step) + 2  # the summit first: it says how large the others are
    panel, place, legendre = np.empty(count, np.int64), np.empty(count), np.empty((count, NODES))
    exponent, weight = np.empty(count), np.empty(count)
    # Loops of their own for what the compiler can overlap or vectorise: the search for panels, the polynomials, the exponentials, the sums.
    for a in range(points.size):
        h, centre, k = points[a], (summits[a] - points[a]) / s, 0
        for i in range(count):
            z = centre if i == 0 else centre - half + step * (i - 1)
            x = h + s * z
            inside = min(max(x, breaks[0]), breaks[last])
            if i <= 1:
                k = panel_of(breaks, inside)
            while k < last - 1 and inside >= breaks[k + 1]:
                k += 1
            panel[i] = k
            place[i] = (2.0 * inside - breaks[k] - breaks[k + 1]) / (breaks[k + 1] - breaks[k])
            # no weight is beyond the nodes; the parabola keeps the rows near the end right
            exponent[i] = -0.5 * z * z - (0.5 * y * (x * x - inside * inside) / lam if x < inside else 0.0)
        for i in range(count):
            t, start = place[i], panel[i] * NODES
            legendre[i, 0], legendre[i, 1] = 1.0, t
            before, now = 1.0, t
            v = coefficients[start] + t * coefficients[start + 1]
            for l in range(2, NODES):
                before, now = now, UP[l] * t * now - BACK[l] * before
                legendre[i, l] = now
                v += coefficients[start + l] * now
            exponent[i] += y * v
        best = exponent[0]
        for i in range(count):  # larger than at the summit where all is negligible
            weight[i] = exp_kernel(min(exponent[i] - best, 600.0))
        dual[:] = 0.0
        norm, low, high = 0.0, last, 0
        for i in range(1, count):
            if exponent[i] > best - NEGLIGIBLE:
                k = panel[i]
                norm += weight[i]
                low, high = min(low, k), max(high, k)
                for l in range(NODES):
                    dual[k * NODES + l] += weight[i] * legendre[i, l]
        out[a] = (best + log_kernel(norm * step * INVERSE_SQRT_2PI)) / y if y > 0.0 else 0.0
        for k in range(low, high + 1):
            for j in range(NODES):
                total = 0.0
                for l in range(NODES):
                    total += dual[k * NODES + l] * transform[l, j]
                matrix[a, k * NODES + j] = total / norm


def to_legendre(values: Array) -> Array:
    """Legendre coefficients on every panel, one behind the other."""
    return np.ascontiguousarray((values.reshape(-1, NODES) @ to_coefficients().T).ravel())


def sweep(breaks: Array, h: Array, centre: float, gaps: Array, y: Array, lam: Array, leaf: Leaf) -> Chain:
    """Backward and forward through the ladder.

    ``gaps`` are 1 - q_i, i = 0, ..., n - 1, falling; ``y`` is y_1, ..., y_{n-1}; ``lam`` is lambda_0, ..., lambda_{n-1}; ``centre`` is the mean of the field.
    """
    n = gaps.size
    matrices: list[Array] = []
    f, slope, bend = [leaf.f], [leaf.slope], [leaf.bend]
    for i in range(n - 1, 0, -1):
        s2 = gaps[i - 1] - gaps[i]
        s = math.sqrt(s2)
        step = min(STEP * math.sqrt(lam[i] / lam[i - 1]), NEAR * math.sqrt(gaps[i]) / s)
        summits = np.interp(h, h - s2 * y[i - 1] * slope[0], h)
        outer, matrix = np.empty(h.size), np.zeros((h.size, h.size))
        rows(
            breaks,
            to_legendre(f[0]),
            to_coefficients(),
            h,
            summits,
            y[i - 1],
            s,
            step,
            1.0,
            lam[i],
            outer,
            matrix,
        )
        mean = matrix @ slope[0]
        bend.insert(0, matrix @ bend[0] + y[i - 1] * (matrix @ slope[0] ** 2 - mean**2))
        slope.insert(0, mean)
        f.insert(0, outer)
        matrices.insert(0, matrix)
    matrix = np.zeros((1, h.size))
    s = math.sqrt(1.0 - gaps[0])
    step = min(STEP, NEAR * math.sqrt(gaps[0]) / s)
    at = np.array([centre])
    rows(breaks, to_legendre(f[0]), to_coefficients(), at, at, 0.0, s, step, 1.0, lam[0], np.empty(1), matrix)
    measure = [matrix[0]]
    for matrix in matrices:
        measure.append(measure[-1] @ matrix)
    return Chain(h, f, slope, bend, measure, matrices, leaf)


def density(
    breaks: Array, chain: Chain, centre: float, gaps: Array, y: Array, lam: Array, innermost: Array
) -> Array:
    r"""Density of the field on the innermost level, at the nodes.

    The measures of a chain have a meaning in sums only. The density obeys :math:`P_i(x)=e^{y_if_i(x)}\int Dz\,(P_{i-1}e^{-y_if_{i-1}})(x+s_iz)`, from its logarithm
    level by level. ``gaps`` and ``lam`` have one entry more than the chain has levels, ``y`` as many; ``innermost`` is the function there.
    """
    h, functions = chain.h, [*chain.f, innermost]
    log_p = -0.5 * ((h - centre) ** 2 / (1.0 - gaps[0]) + math.log(2.0 * math.pi * (1.0 - gaps[0])))
    for i in range(1, gaps.size):
        s2 = gaps[i - 1] - gaps[i]
        s, stretch = math.sqrt(s2), math.sqrt(lam[i - 1] / lam[i])
        step = min(STEP, NEAR * math.sqrt(gaps[i - 1]) / s)
        summits = np.interp(h, h + s2 * y[i - 1] * chain.slope[i - 1], h)
        inner = to_legendre(log_p - y[i - 1] * chain.f[i - 1])
        out, unused = np.empty(h.size), np.empty((h.size, h.size))
        rows(breaks, inner, to_coefficients(), h, summits, 1.0, s, step, stretch, math.inf, out, unused)
        log_p = np.maximum(out + y[i - 1] * functions[i], LEAST)
    return np.exp(log_p)


def derivatives(chain: Chain, y: Array, last: float) -> tuple[float, Array, Array, Array]:
    """B, dB/dy for y_1, ..., y_{n-1} and the leaf's own, dB/dD_i, and the second derivatives in y.

    ``last`` is the y inside the leaf (1 for a leaf without).
    """
    n, f, measure, matrices = len(chain.f), chain.f, chain.measure, chain.rows
    value = float(measure[0] @ f[0])
    slope2 = np.array([p @ g**2 for p, g in zip(measure, chain.slope, strict=True)])
    by_gap = 0.5 * np.diff(np.concatenate([[0.0], y, [last]])) * slope2
    means = [matrices[i] @ f[i + 1] for i in range(n - 1)]
    sources = [(means[i] - f[i]) / y[i] for i in range(n - 1)]
    by_y = np.array([measure[i] @ sources[i] for i in range(n - 1)] + [measure[-1] @ chain.leaf.by_y])
    second = np.zeros((n, n))
    second[-1, -1] = measure[-1] @ chain.leaf.by_y2
    response = chain.leaf.by_y[:, None]  # columns: y_{i+1}, ..., y_n (the leaf's)
    product = response.T @ (measure[-1][:, None] * response)
    for i in range(n - 2, -1, -1):
        inner = response
        response = matrices[i] @ inner
        cross = (measure[i + 1] * f[i + 1]) @ inner - (measure[i] * means[i]) @ response
        second[i, i + 1 :] = cross
        second[i + 1 :, i] = cross
        spread = measure[i + 1] @ f[i + 1] ** 2 - measure[i] @ means[i] ** 2
        second[i, i] = (spread - 2.0 * by_y[i]) / y[i]
        outer = response.T @ (measure[i][:, None] * response)
        second[i + 1 :, i + 1 :] += y[i] * (product - outer)
        response = np.column_stack([sources[i], response])
        product = response.T @ (measure[i][:, None] * response)
    return value, by_y, by_gap, second
