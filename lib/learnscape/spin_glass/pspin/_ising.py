r"""The Ising p-spin model with one step of breaking, q_0 = 0, in the variables m and a, :math:`a^2=\tfrac{\beta^2}2pq^{p-1}`.

With :math:`I=\int Dz\,(2\cosh az)^m` and averages under its integrand,

.. math:: -\beta f=\tfrac{\beta^2}4[1-pq^{p-1}+(p-1)(1-m)q^p]+\tfrac1m\ln I,\qquad q=\langle\tanh^2az\rangle,

and the derivative in m vanishes where :math:`-\frac{(p-1)a^2q}{2p}+\frac1m\langle\ln2\cosh az\rangle-\frac1{m^2}\ln I=0`: an equation for a at every m, from which q and then the
temperature follow.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar

RANGE = 8.5
TOUCHING = 1e-9  # of beta: states are about to vanish, and the minimum of beta(a) is not better known
LOWEST_M = 0.05  # to which the frozen phase is followed in search of its instability


class State(NamedTuple):
    """One point (a, m)."""

    a: float
    m: float
    q: float
    log_i: float
    slope_m: float
    """beta^2-free derivative of -beta f in m."""
    bend2: float
    """<(1 - t^2)^2>."""

    def beta(self, p: int) -> float:
        return self.a * math.sqrt(2.0 / (p * self.q ** (p - 1)))

    def free_energy(self, p: int) -> float:
        beta = self.beta(p)
        energy_terms = 1.0 - p * self.q ** (p - 1) + (p - 1) * (1.0 - self.m) * self.q**p
        return -(0.25 * beta * beta * energy_terms + self.log_i / self.m) / beta

    def replicon(self, p: int) -> float:
        return 1.0 - self.beta(p) ** 2 * 0.5 * p * (p - 1) * self.q ** (p - 2) * self.bend2


def state(a: float, m: float, p: int) -> State:
    """Averages over cosh^m; the integrand is even and largest near z = m a, so that half of the line is enough."""
    step = min(0.25, 0.36 / a)  # of the trapezoidal rule: singularities at i pi / 2a leave exp(-27)
    z = np.arange(0.0, RANGE + m * a, step)
    log_cosh = np.logaddexp(a * z, -a * z)
    power = m * log_cosh - 0.5 * z * z
    top = float(power.max())
    w = np.exp(power - top)
    w[0] *= 0.5
    norm = float(w.sum())
    w /= norm
    t = np.tanh(a * z)
    log_i = top + math.log(norm * 2.0 * step / math.sqrt(2.0 * math.pi))
    q = min(1.0, float(w @ (t * t)))
    slope = -(p - 1) * a * a * q / (2.0 * p) + (float(w @ log_cosh) - log_i / m) / m
    return State(a, m, q, log_i, slope, float(w @ (1.0 - t * t) ** 2))


def largest(p: int) -> float:
    return 10.0 + 6.0 * math.sqrt(p)


def dynamic(p: int) -> State:
    """m = 1 and the highest temperature with q > 0."""
    grid = np.geomspace(0.05, largest(p), 200)
    temperatures = [-1.0 / state(a, 1.0, p).beta(p) for a in grid.tolist()]
    i = min(max(int(np.argmin(temperatures)), 1), grid.size - 2)
    found = minimize_scalar(
        lambda a: -1.0 / state(a, 1.0, p).beta(p),
        bracket=(grid[i - 1], grid[i], grid[i + 1]),
        options={"xtol": 1e-9},
    )
    return state(float(found.x), 1.0, p)


def frozen(m: float, p: int) -> State:
    """The stationary point in q and in m, at this m: it fixes the temperature. The outermost zero in a."""
    grid = np.geomspace(largest(p) / max(m, 0.05), 0.1, 120)
    above = grid[0]
    for a in grid[1:].tolist():
        if state(a, m, p).slope_m < 0.0:
            break
        above = a
    root = brentq(lambda x: state(x, m, p).slope_m, a, above, xtol=1e-14, rtol=1e-13)
    return state(float(root), m, p)


def at_temperature(temperature: float, p: int, m: float) -> State | None:
    """The stationary point in q at given temperature and m, on the branch of large q; None if there is none."""
    beta = 1.0 / temperature

    def excess(a: float) -> float:
        return state(a, m, p).beta(p) - beta

    grid = np.geomspace(0.1, 1.5 * beta * math.sqrt(0.5 * p) + 0.1, 80)
    values = [excess(a) for a in grid.tolist()]
    inside = [i for i, value in enumerate(values) if value < 0.0]
    if not inside:
        i = int(np.argmin(values))
        found = minimize_scalar(
            excess, bounds=(grid[max(i - 1, 0)], grid[min(i + 1, grid.size - 1)]), method="bounded"
        )
        if found.fun > TOUCHING * beta:
            return None
        if found.fun > 0.0:
            return state(float(found.x), m, p)
        low, high = float(found.x), float(grid[min(i + 1, grid.size - 1)])
    else:
        low, high = float(grid[inside[-1]]), float(grid[inside[-1] + 1])
    return state(float(brentq(excess, low, high, xtol=1e-14, rtol=1e-13)), m, p)


def gardner(p: int) -> float | None:
    """The temperature at which the replicon of the frozen phase vanishes; None if m is below LOWEST_M there."""
    above = 1.0
    for m in np.linspace(0.95, LOWEST_M, 20).tolist():
        if frozen(m, p).replicon(p) < 0.0:
            zero = float(brentq(lambda x: frozen(x, p).replicon(p), m, above, xtol=1e-13))
            return 1.0 / frozen(zero, p).beta(p)
        above = m
    return None
