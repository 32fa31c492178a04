r"""Belief propagation over +-1 weights and +-1 patterns, with a field that drives it to a decision: the compiled loop of `reinforced_bp` and `focusing_bp`.

The iteration is that of :mod:`learnscape.learn.message_passing`. To the field A of a weight is added

* a part r_t of its total field of the iteration before (reinforcement), or
* the pull of y - 1 other copies of the system through a common centre, to which each copy is coupled with strength gamma. Each of the others tells the centre
  :math:`\mathrm{artanh}(\tanh\gamma\tanh A)`, as if it were where this one is; the centre passes the sum on by the same formula.

The patterns stay bits: an iteration is two products with their matrix, by tables of the sums of eight columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import margin_point
from learnscape.errors import is_number, require
from learnscape.learn._packed import by_bytes, count_errors, pack, products, signs, unpack
from learnscape.learn._run import Run, search, threshold
from learnscape.numerics.gaussian import exp_kernel, log1p_kernel
from learnscape.numerics.jit import inlined, kernel
from learnscape.numerics.rng import generator

__all__ = ["drive"]

Array = NDArray[np.float64]
BATCH = 64  # iterations in one call of the compiled loop
START = 1e-3  # size of the first, random means


@inlined
def _tanh(x: float) -> float:
    e = exp_kernel(-2.0 * abs(x))
    size = (1.0 - e) / (1.0 + e)
    return size if x > 0.0 else -size


@inlined
def _inverse_tanh(x: float) -> float:
    """Of numbers in [-1, 1], at whose ends it is 19, as far as a sum of such fields can be told from a decision."""
    size = min(abs(x), 1.0 - 2.3e-16)
    y = 0.5 * log1p_kernel(2.0 * size / (1.0 - size))
    return y if x > 0.0 else -y


@kernel
def _iterate(
    words: Any,
    rows: Any,
    columns: Any,
    state: Any,
    memory: Any,
    pull: Any,
    others: Any,
    kappa: Any,
    least: Any,
    damping: Any,
    trace: Any,
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
            field = sums[i] / root + b * m[i]
            if pull[t] > 0.0:
                centre = others[t] * _inverse_tanh(pull[t] * _tanh(field))
                field += _inverse_tanh(pull[t] * _tanh(centre))
            h[i] = field + memory[t] * h[i]
            m[i] = damping * m[i] + (1.0 - damping) * _tanh(h[i])
        for k in range(sign.size):
            word = np.uint64(0)
            for i in range(64 * k, min(64 * k + 64, n)):
                if h[i] > 0.0:
                    word |= np.uint64(1) << np.uint64(i - 64 * k)
            sign[k] = word
        errors = count_errors(words, sign, n, least)
        trace[t] = errors
        if errors < fewest:
            fewest = errors
            best[:] = sign
        if errors == 0:
            return t + 1
    return trace.size


def drive(
    patterns: Any,
    kappa: float,
    memory: Array,
    pull: Array,
    others: Array,
    *,
    damping: float,
    rng: int | np.random.Generator | None,
    progress: bool,
) -> Run:
    """Iterate while the schedules last, or until the signs satisfy every pattern.

    ``memory`` is r_t, ``pull`` tanh(gamma_t), ``others`` y_t - 1; each has an entry for every iteration that is allowed.
    """
    up = signs(patterns)
    p, n = up.shape
    least = threshold(kappa, n)
    require(is_number(damping) and 0.0 <= damping < 1.0, "damping", damping, "a number in [0, 1)")
    words, rows, columns = pack(up), by_bytes(up), by_bytes(up.T)
    m, g = np.zeros(8 * rows.shape[0], np.float32), np.zeros(8 * columns.shape[0], np.float32)
    m[:n] = START * generator(rng).standard_normal(n)
    state = (m, g, np.zeros(n), np.empty(n, np.float32), np.empty(p, np.float32), words[0].copy())

    def sweeps(now: slice, part: Array) -> tuple[int, int]:
        schedule = memory[now], pull[now], others[now]
        made = int(
            _iterate(words, rows, columns, state, *schedule, float(kappa), least, float(damping), part)
        )
        return made, int(part[:made].min())

    return search(sweeps, lambda: unpack(state[-1], n), budget=memory.size, batch=BATCH, progress=progress)
