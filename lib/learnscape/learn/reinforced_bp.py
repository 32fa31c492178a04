r"""Reinforced belief propagation: messages that are slowly made to believe themselves.

Belief propagation gives the mean of each weight over all solutions; it does not choose one. So add to the field of each weight a part of its own total field of
the iteration before,

.. math::  H_i^t=A_i^t+r_tH_i^{t-1},\qquad m_i=\tanh H_i^t,

with :math:`r_t` that grows from 0 towards 1. Early the sum is belief propagation; late the fields grow without bound, and the weights :math:`\mathrm{sign}H_i` are
decided. Grow slowly enough, and they satisfy every pattern. Two schedules: *geometric*, :math:`r_t=1-(1-\rho)^t`, and *linear*, :math:`r_t=\min(1,\rho t)`.

Patterns of +-1 are kept as bits: an iteration is two products with that matrix, by tables of the sums of eight columns. A. Braunstein and R. Zecchina (2006).
Chapter *learning-algorithms*.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.constraints import margin_point
from learnscape.errors import is_number, require
from learnscape.learn._input import as_positive_integer
from learnscape.learn._packed import by_bytes, differing, pack, products, signs, unpack
from learnscape.learn._run import Run, threshold
from learnscape.numerics.gaussian import exp_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["reinforced_bp"]

Array = NDArray[np.float64]
BATCH = 64  # iterations in one call of the compiled loop
START = 1e-3  # size of the first, random means


@kernel
def _iterate(
    words: Any, rows: Any, columns: Any, state: Any, r: Any, kappa: Any, least: Any, damping: Any, trace: Any
) -> Any:
    """Iterate until the signs of the fields satisfy every pattern; returns the iterations made, and the best signs in state."""
    m, g, h, sums, fields, best = state
    n, p = h.size, fields.size
    root = math.sqrt(n)
    sign = np.empty(words.shape[1], np.uint64)
    fewest = p + 1
    for t in range(trace.size):
        square = 0.0
        for i in range(n):
            square += float(m[i]) * float(m[i])
        v = max(1.0 - square / n, 1e-12)
        products(rows, m, fields)
        b = 0.0
        for mu in range(p):
            _, f, slope = margin_point(fields[mu] / root - v * g[mu], v, kappa)
            g[mu] = f
            b -= slope
        b /= n
        products(columns, g, sums)
        for i in range(n):
            h[i] = sums[i] / root + b * m[i] + r[t] * h[i]
            e = exp_kernel(-2.0 * abs(h[i]))
            size = (1.0 - e) / (1.0 + e)
            m[i] = damping * m[i] + (1.0 - damping) * (size if h[i] > 0.0 else -size)
        for k in range(sign.size):
            word = np.uint64(0)
            for i in range(64 * k, min(64 * k + 64, n)):
                if h[i] > 0.0:
                    word |= np.uint64(1) << np.uint64(i - 64 * k)
            sign[k] = word
        errors = 0
        for mu in range(p):
            if n - 2 * differing(words[mu], sign) < least:
                errors += 1
        trace[t] = errors
        if errors < fewest:
            fewest = errors
            best[:] = sign
        if errors == 0:
            return t + 1
    return trace.size


def reinforced_bp(
    patterns: ArrayLike,
    kappa: float = 0.0,
    *,
    rate: float = 2e-3,
    schedule: Literal["geometric", "linear"] = "geometric",
    damping: float = 0.3,
    max_iterations: int = 2_000,
    rng: int | np.random.Generator | None = None,
) -> Run:
    """Search for binary weights that satisfy every pattern, by reinforced belief propagation.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries +1 and -1, labels folded in.
    kappa : float
        Stability w.xi / sqrt(N) demanded of every pattern, in [-sqrt(N), sqrt(N)].
    rate : float
        rho, in (0, 1]. The slower, the more patterns are learned, and the longer it takes.
    schedule : {"geometric", "linear"}
        How the reinforcement grows.
    damping : float
        Part of the old means that is kept, in [0, 1).
    max_iterations : int
        Budget.
    rng : int or numpy.random.Generator, optional
        Of the first means, which are random and small.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        Bad input.

    Examples
    --------
    >>> from learnscape.patterns import random_patterns
    >>> xi = random_patterns(600, 1001, rng=1)
    >>> run = reinforced_bp(xi, rng=1)
    >>> run.solved, bool((xi @ run.weights > 0).all())
    (True, True)
    """
    up = signs(patterns)
    p, n = up.shape
    least = threshold(kappa, n)
    require(is_number(rate) and 0.0 < rate <= 1.0, "rate", rate, "a number in (0, 1]")
    require(schedule in ("geometric", "linear"), "schedule", schedule, '"geometric" or "linear"')
    require(is_number(damping) and 0.0 <= damping < 1.0, "damping", damping, "a number in [0, 1)")
    budget = as_positive_integer("max_iterations", max_iterations)
    t = np.arange(1.0, budget + 1.0)
    r = 1.0 - (1.0 - rate) ** t if schedule == "geometric" else np.minimum(1.0, rate * t)
    words, rows, columns = pack(up), by_bytes(up), by_bytes(up.T)
    m, g = np.zeros(8 * rows.shape[0], np.float32), np.zeros(8 * columns.shape[0], np.float32)
    m[:n] = START * generator(rng).standard_normal(n)
    state = (m, g, np.zeros(n), np.empty(n, np.float32), np.empty(p, np.float32), words[0].copy())

    trace, best, fewest, interrupted = np.empty(0), words[0].copy(), math.inf, False
    try:
        while trace.size < budget and fewest > 0:
            part = np.empty(min(BATCH, budget - trace.size))
            now = r[trace.size : trace.size + part.size]
            made = int(_iterate(words, rows, columns, state, now, float(kappa), least, float(damping), part))
            trace = np.append(trace, part[:made])
            if part[:made].min() < fewest:
                fewest, best = part[:made].min(), state[-1].copy()
    except KeyboardInterrupt:
        interrupted = True
        if not trace.size:
            raise
    return Run(unpack(best, n), fewest == 0, int(fewest), trace.size, trace, budget, interrupted)
