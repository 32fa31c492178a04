r"""The Parisi functional of the SK model with k steps, and its derivatives in all overlaps and block parameters.

With fields in units of T, :math:`\phi_k(h)=\ln2\cosh(h+\beta H)` and the averages :math:`\phi_{i-1}(h)=\frac1{m_i}\ln\int Dz\,e^{m_i\phi_i(h+\beta\sqrt{q_i-q_{i-1}}z)}`,

.. math:: -\beta f=\int Dz\,\phi_0(\beta\sqrt{q_0}z)+\tfrac{\beta^2}2(1-q_k)-\tfrac{\beta^2}4\sum_{i=1}^{k+1}m_i(q_i^2-q_{i-1}^2),\qquad m_{k+1}=q_{k+1}=1 .

At zero temperature :math:`q_k=1`, :math:`y_i=\beta m_i` stays finite, and :math:`-e=\int Dz\,\phi_0-\frac14\sum_{i=1}^ky_i(q_i^2-q_{i-1}^2)` with
:math:`\phi_k=|h+H|`, whose first average is a closed form. Both are *minimised*. With :math:`P_i` the measure of the field at level i,

.. math:: \frac{\partial}{\partial q_i}=-\tfrac{\beta^2}2(m_{i+1}-m_i)\Bigl[\int P_i\phi_i'^2-q_i\Bigr],\qquad
    \frac{\partial}{\partial m_i}=\frac1{m_i}\Bigl(\int P_i\phi_i-\int P_{i-1}\phi_{i-1}\Bigr)-\tfrac{\beta^2}4(q_i^2-q_{i-1}^2).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.results import by_identity
from learnscape.spin_glass.sk import parisi_sweeps

Array = NDArray[np.float64]
PARITY = np.array([[1.0], [-1.0], [1.0]])  # of phi, phi', phi'' without a field
MARGIN = 9.0  # how far the grid reaches beyond the tilt of the measure, in roots of the self-overlap


@by_identity
class Value(NamedTuple):
    """The functional at one point; entries of the levels outermost first."""

    value: float
    """-beta f, at zero temperature -e."""
    dq: Array
    """Derivatives in the overlaps q_0, ... (q_k = 1 at zero temperature has none)."""
    dm: Array
    """Derivatives in m_1, ..., m_k, at zero temperature in y_1, ..., y_k."""
    slope: Array
    """int P_i phi_i'."""
    slope2: Array
    """int P_i phi_i'^2, the overlap that the level implies."""
    bend2: Array
    """beta^2 int P_i phi_i''^2: one minus the replicon."""
    bend3: Array
    """beta^3 int P_i phi_i''^3."""
    third2: Array
    """beta^4 int P_i phi_i'''^2."""
    field: Array
    """Nodes of the grid, in units of T (of 1 at zero temperature)."""
    measure: Array
    """P_i on them, (levels, nodes)."""
    phi: Array
    """phi_i and two derivatives, (levels, 3, nodes)."""


def make_grid(scale: float, reach: float) -> parisi_sweeps.Grid:
    half = max(8, math.ceil(math.asinh(reach / scale) / parisi_sweeps.U_STEP))
    h = np.empty(2 * half + 1)
    parisi_sweeps.fill_nodes(scale, h)
    return parisi_sweeps.Grid(h, scale, -half * parisi_sweeps.U_STEP, parisi_sweeps.U_STEP)


def third_derivative(grid: parisi_sweeps.Grid, bend: Array) -> Array:
    """phi''' on the grid, from phi'' by differences of order eight in u."""
    c = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0.0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
    padded = np.concatenate([np.full(4, bend[0]), bend, np.full(4, bend[-1])])
    by_u = np.correlate(padded, c, "valid") / grid.step
    answer: Array = by_u / np.sqrt(grid.scale**2 + grid.h**2)
    return answer


def evaluate(q: Array, m: Array, temperature: float, field: float) -> Value:
    """The functional with overlaps q (k + 1 of them; k at zero temperature) and block parameters m (k)."""
    cold = temperature == 0.0
    beta2 = 1.0 if cold else 1.0 / temperature**2
    scaled = q * beta2
    h0 = field * math.sqrt(beta2)
    ends = np.append(q, 1.0)
    mm = m if cold else np.append(m, 1.0)  # m_{i+1} of the overlap i
    before = np.concatenate([[0.0], mm[:-1]])
    tilt = float(np.sum(mm * np.diff(ends))) * beta2
    gap = 1.0 - float(q[-1])
    # Where the leaf bends: the singularities of ln 2cosh lie at pi/2; a closed form bends over the root of its gap.
    width = math.sqrt(gap) if cold else 0.5 * math.pi
    # The grid is dense there, so the field is where the outermost Gaussian is centred.
    grid = make_grid(width, abs(h0) + tilt + MARGIN * math.sqrt(beta2) * math.sqrt(q[-1]))
    n, levels = grid.h.size, q.size
    phi = np.empty((levels, 3, n))
    size = np.empty(n)
    if cold:
        parisi_sweeps.cold_leaf(grid.h, float(mm[-1]), gap, phi[-1], size)
    else:
        parisi_sweeps.cosh_leaf(grid.h, *phi[-1])
    steps = np.sqrt(np.maximum(np.diff(scaled), 1e-300))
    # Without a field everything is even: half of the nodes are enough.
    half = n // 2 if field == 0.0 else 0
    rows = []
    for i in range(levels - 1, 0, -1):
        # What was averaged with the variance left at level i bends no faster than its root.
        reach = math.sqrt(1.0 - q[i]) if cold else width
        s, part = float(steps[i - 1]), np.empty((3, n - half))
        rows.append(parisi_sweeps.backward(grid, phi[i], float(m[i - 1]), s, reach, grid.h[half:], part))
        phi[i - 1, :, half:] = part
        if half:
            phi[i - 1, :, :half] = part[:, :0:-1] * PARITY
    out = np.empty((3, 1))
    outer = max(math.sqrt(scaled[0]), 1e-150)
    reach = math.sqrt(1.0 - q[0]) if cold else width
    rows.append(parisi_sweeps.backward(grid, phi[0], 0.0, outer, reach, np.array([h0]), out))
    measure, last = np.empty((levels, n)), np.ones(1)
    for i, row in enumerate(reversed(rows)):
        parisi_sweeps.forward(grid, row, last, measure[i])
        last = measure[i]
        if half:
            measure[i] = 0.5 * (measure[i] + measure[i, ::-1])
            last = 2.0 * measure[i, half:]
            last[0] *= 0.5
    mean = np.einsum("in,in->i", measure, phi[:, 0])
    slope2 = np.einsum("in,in->i", measure, phi[:, 1] ** 2)
    third = np.stack([third_derivative(grid, function[2]) for function in phi])
    squares = mm * np.diff(ends**2)
    value = float(out[0, 0]) - 0.25 * beta2 * float(squares.sum()) + (0.0 if cold else 0.5 * beta2 * gap)
    dq = -0.5 * beta2 * (mm - before) * (slope2 - q)
    inner = np.append(mean[1:], measure[-1] @ size) if cold else mean[1:]
    dm = (inner - mean[: m.size]) / m - 0.25 * beta2 * np.diff(ends**2)[: m.size]
    return Value(
        value,
        dq,
        dm,
        np.einsum("in,in->i", measure, phi[:, 1]),
        slope2,
        beta2 * np.einsum("in,in->i", measure, phi[:, 2] ** 2),
        beta2**1.5 * np.einsum("in,in->i", measure, phi[:, 2] ** 3),
        beta2**2 * np.einsum("in,in->i", measure, third**2),
        grid.h,
        measure,
        phi,
    )
