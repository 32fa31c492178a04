"""The empty shell around a typical solution of the binary perceptron, as the chapter states it: 0.0046 of the weights at load 0.45.

The entropy of solutions at distance d from a typical one (Franz-Parisi potential, replica-symmetric), written for this test alone.
Reference replicas have overlap q and field g of variance q_hat; the counted ones overlap r = 1 - 2d with the first reference, t with the
others and q1 among each other.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

from learnscape import Binary, Margin
from learnscape.replica import rs

LOAD = 0.45


def _panels(edges: list[float], n: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.legendre.leggauss(n)
    half, middle = np.diff(edges)[:, None] / 2, (np.add(edges[1:], edges[:-1]) / 2)[:, None]
    return (middle + half * x).ravel(), (half * w).ravel()


def _gauss(x: np.ndarray) -> np.ndarray:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def _entropy(d: float) -> float:
    saddle = rs.solve(Binary(), Margin(0), LOAD)
    q, q_hat, r = saddle.q, saddle.q_hat, 1 - 2 * d
    z, dz = _panels([-7, -3, 0, 3, 7], 12)
    u, du = _panels([0, 0.15, 0.4, 1, 2.5, 7.5], 10)  # stability of the reference, dense near the margin
    y, dy = np.polynomial.hermite_e.hermegauss(10)
    x = (u - np.sqrt(q) * z[:, None]) / np.sqrt(1 - q)
    density = (dz * _gauss(z) / np.exp(log_ndtr(np.sqrt(q / (1 - q)) * z)))[:, None] * du * _gauss(x)
    density /= np.sqrt(1 - q)
    assert abs(density.sum() - 1) < 1e-8

    def energy(t: float, q1: float) -> float:
        shared = max(q1 - t * t / q - (r - t) ** 2 / (1 - q), 0.0)
        mean = t / np.sqrt(q) * z[:, None] + (r - t) / np.sqrt(1 - q) * x
        logs = log_ndtr((mean[:, :, None] + np.sqrt(shared) * y) / np.sqrt(1 - q1))
        return LOAD * float(np.einsum("ij,ijk,k", density, logs, dy / dy.sum()))

    def site(pull: float, t_hat: float, q1_hat: float) -> tuple[float, ...]:
        g = np.sqrt(q_hat) * z[:, None]
        field = t_hat / q_hat * g + np.sqrt(max(q1_hat - t_hat**2 / q_hat, 0.0)) * z
        both = np.outer(dz * _gauss(z), dz * _gauss(z))
        found = np.zeros(4)
        for sign in (1, -1):
            p, h = both / (1 + np.exp(-2 * sign * g)), field + sign * pull
            mean = np.tanh(h)
            found += [np.sum(p * f) for f in (sign * mean, np.tanh(g) * mean, mean**2, np.logaddexp(h, -h))]
        return tuple(found)

    t, q1, t_hat, q1_hat = r * q, 1 - 3.6 * d, 0.0, 0.05
    for _ in range(60):
        e = (1 - q1) / 50
        t_hat -= 0.5 * (t_hat + (energy(t + e, q1) - energy(t - e, q1)) / (2 * e))
        q1_hat -= 0.5 * (q1_hat + (energy(t, q1 + e) - energy(t, q1 - e)) / e)
        q1_hat = max(q1_hat, t_hat**2 / q_hat)
        pull = brentq(lambda a, at=(t_hat, q1_hat): site(a, *at)[0] - r, -5, 12)
        before = t, q1
        _, t, q1, count = site(pull, t_hat, q1_hat)
        if abs(t - before[0]) + abs(q1 - before[1]) < 1e-8:
            return -(pull + t_hat) * r + t_hat * t - q1_hat * (1 - q1) / 2 + count + energy(t, q1)
    raise AssertionError("the saddle point was not reached")


def test_the_shell_that_the_chapter_states() -> None:
    assert _entropy(0.00455) < 0 < _entropy(0.0047)
