r"""The spherical p-spin model with one step of breaking, in closed form (Crisanti and Sommers 1992).

.. math:: -\beta f=\tfrac{\beta^2}4[1-(1-m)q^p]+\tfrac12\Bigl[\bigl(1-\tfrac1m\bigr)\ln(1-q)+\tfrac1m\ln(1-(1-m)q)\Bigr]

with entropy 0 for the uniform sphere. q is stationary where :math:`\frac{\beta^2}2pq^{p-2}(1-q)(1-(1-m)q)=1`; in the frozen phase also m is, which makes
z = (1 - q)/(1 - q + mq) a constant of the model.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq


def functional(temperature: float, p: int, q: float, m: float) -> float:
    """The free energy."""
    spread = 1.0 - (1.0 - m) * q
    entropy = 0.5 * ((1.0 - 1.0 / m) * math.log1p(-q) + math.log(spread) / m)
    return -(1.0 - (1.0 - m) * q**p) / (4.0 * temperature) - temperature * entropy


def slope_m(temperature: float, p: int, q: float, m: float) -> float:
    """Derivative of -beta f in m."""
    spread = 1.0 - (1.0 - m) * q
    return q**p / (4.0 * temperature**2) + 0.5 * (math.log((1.0 - q) / spread) / m**2 + q / (m * spread))


def replicon(temperature: float, p: int, q: float) -> float:
    return 1.0 - 0.5 * p * (p - 1) * q ** (p - 2) * (1.0 - q) ** 2 / temperature**2


def dynamic(p: int) -> tuple[float, float]:
    """Temperature and overlap."""
    q = (p - 2) / (p - 1)
    return math.sqrt(0.5 * p * q ** (p - 2) * (1.0 - q)), q


def static(p: int) -> tuple[float, float]:
    """Temperature and overlap: m = 1 and no complexity."""
    low = (p - 2) / (p - 1)
    q = float(
        brentq(
            lambda x: x * x / (p * (1.0 - x)) + math.log1p(-x) + x,
            low,
            1.0 - 1e-15,
            xtol=1e-15,
        )
    )
    return math.sqrt(0.5 * p * q ** (p - 2) * (1.0 - q)), q


def frozen_ratio(p: int) -> float:
    """z: 2/p = -2 z (1 - z + ln z) / (1 - z)^2."""
    return float(
        brentq(
            lambda z: 2.0 * z * (1.0 - z + math.log(z)) / (1.0 - z) ** 2 + 2.0 / p,
            1e-12,
            0.999999,
            xtol=1e-17,
            rtol=1e-14,
        )
    )


def outer_root(p: int, target: float, power: int) -> float | None:
    """The larger q with q^(p-2) (1 - q)^power = target."""
    top = (p - 2) / (p - 2 + power)

    def excess(q: float) -> float:
        return float(q ** (p - 2) * (1.0 - q) ** power - target)

    if excess(top) < 0.0:
        return None
    return float(brentq(excess, top, 1.0, xtol=1e-16))


def overlap(temperature: float, p: int, m: float) -> float | None:
    """The stationary q at given m, on the branch of large q; None if there is none."""

    def value(q: float) -> float:
        return float(q ** (p - 2) * (1.0 - q) * (1.0 - (1.0 - m) * q) - 2.0 * temperature**2 / p)

    # Its maximum solves p (1 - m) q^2 - (p - 1)(2 - m) q + p - 2 = 0.
    b = (p - 1) * (2.0 - m)
    top = 2.0 * (p - 2) / (b + math.sqrt(b * b - 4.0 * p * (p - 2) * (1.0 - m)))
    if value(top) < 0.0:
        return None
    return float(brentq(value, top, 1.0, xtol=1e-16))


def ground_state(p: int) -> float:
    z = frozen_ratio(p)
    chi = math.sqrt(2.0 * z / p)
    mu = chi * (1.0 - z) / z
    return -0.25 * (p * chi + mu) + math.log(z) / (2.0 * mu)
