r"""Belief propagation over +-1 weights and +-1 patterns, with a field that drives it to a decision: the compiled loop of `reinforced_bp` and `focusing_bp`.

The iteration is that of :mod:`learnscape.learn.message_passing`. To the field A of a weight is added

* a part r_t of its total field of the iteration before (reinforcement), or
* the pull of y - 1 other copies of the system through a common centre, to which each copy is coupled with strength gamma. Each of the others tells the centre
  :math:`\mathrm{artanh}(\tanh\gamma\tanh A)`, as if it were where this one is; the centre passes the sum on by the same formula.

The patterns stay bits: an iteration is two products with their matrix, by tables of the sums of eight columns.

*Committees.* Each unit has its own omega_k and V_k, and a pattern tells it what :mod:`learnscape.learn._majority` derives; all else is as for one perceptron. On a
tree this is the relaxed belief propagation of the machine. Where the units share their inputs, a pattern also correlates weights of different
units on the same input, by :math:`\partial_{\omega_k}\partial_{\omega_l}\ln Z`; these correlations are of order one and are neglected here, as by belief propagation with one
message for each weight. Such units are also interchangeable, and belief propagation, whose means are then those of all their permutations, would keep them equal. So
each of their weights has a small random field of its own, from ``rng``, that stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, checked_terms
from learnscape.errors import is_number, require
from learnscape.learn._majority import majority
from learnscape.learn._packed import by_bytes, count_minorities, count_refused, pack, products_into, signs
from learnscape.learn._run import Run, allowed_fields, search
from learnscape.learn.committee import Committee, arranged, unpacked
from learnscape.learn.kernels import believe, decide, iterate_messages, uncertainty
from learnscape.numerics.jit import kernel, widest_vectors
from learnscape.numerics.rng import generator

__all__ = ["drive"]

Array = NDArray[np.float64]
BATCH = 64  # iterations in one call of the compiled loop
START = 1e-3  # size of the first, random means
APART = 0.3  # size of the random fields that tell units with shared inputs apart; with 0.1 focusing fails for five


@kernel
def _iterate(
    words: Any,
    rows: Any,
    columns: Any,
    state: Any,
    memory: Any,
    pull: Any,
    others: Any,
    outer: Any,
    kappa: Any,
    least: Any,
    damping: Any,
    trace: Any,
) -> Any:
    """Iterate until the signs of the fields satisfy every pattern; returns the iterations made, and the best signs in state."""
    widest_vectors()
    m, g, h, sums, fields, best = state
    units, n = outer.shape
    p = fields.shape[1]
    root = math.sqrt(n)
    own = 1 if len(words) > 1 else 0  # does each unit have its own patterns?
    sign = np.empty_like(best)
    v, omega, told, slopes = np.empty((4, units))
    work = np.empty((5, units + 1))
    tables, bends, local = np.empty((2, 256), m.dtype), np.empty(p), np.empty(n)
    fewest = p + 1
    for t in range(trace.size):
        push = memory[t], pull[t], others[t]
        if units == 1:
            messages = m[0], g[0], h[0, :n], outer[0]
            scratch = sums, fields[0], tables, bends, local
            iterate_messages(rows[0], columns[0], messages, push, kappa, damping, scratch)
        else:
            for k in range(units):
                v[k] = uncertainty(m[k], n)
                products_into(rows[own * k], m[k], tables, fields[k])
            reaction = np.zeros(units)
            for mu in range(p):
                for k in range(units):
                    omega[k] = fields[k, mu] / root - v[k] * g[k, mu]
                majority(omega, v, work, told, slopes)
                for k in range(units):
                    g[k, mu] = told[k]
                    reaction[k] -= slopes[k]
            for k in range(units):
                products_into(columns[own * k], g[k], tables, sums)
                believe(sums, m[k], h[k, :n], outer[k], reaction[k] / n, root, push, damping, local)
        for k in range(units):
            decide(h[k], sign[k])
        errors = count_minorities(words, sign, n, least)
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
    constraint: Constraint | None,
    memory: Array,
    pull: Array,
    others: Array,
    *,
    committee: Committee | None,
    damping: float,
    rng: int | np.random.Generator | None,
    progress: bool,
) -> Run:
    """Iterate while the schedules last, or until the signs satisfy every pattern.

    ``memory`` is r_t, ``pull`` tanh(gamma_t), ``others`` y_t - 1; each has an entry for every iteration that is allowed. With a constraint the patterns speak by its
    ``terms``, in Python, and kappa is 0.
    """
    if constraint is not None:
        require(isinstance(constraint, Constraint), "constraint", constraint, "a Constraint")
        require(committee is None, "constraint", constraint, "None for a committee")
        require(is_number(kappa) and kappa == 0.0, "kappa", kappa, "left out where a constraint is given")
    parts, units, least = arranged(signs(patterns), committee, kappa)
    p, n = parts.shape[1:]
    require(is_number(damping) and 0.0 <= damping < 1.0, "damping", damping, "a number in [0, 1)")
    words = np.stack([pack(up) for up in parts])
    rows, columns = np.stack([by_bytes(up) for up in parts]), np.stack([by_bytes(up.T) for up in parts])
    m = np.zeros((units, 8 * rows.shape[1]), np.float32)
    g = np.zeros((units, 8 * columns.shape[1]), np.float32)
    random = generator(rng)
    m[:, :n] = START * random.standard_normal((units, n))
    outer = np.zeros((units, n))
    if units > len(parts):
        outer += APART * random.standard_normal((units, n))
    h = np.full((units, 64 * words.shape[2]), -1.0)  # filled up as `decide` wants it
    h[:, :n] = 0.0
    sums, fields = np.empty(n, np.float32), np.empty((units, p), np.float32)
    best = np.zeros((units, words.shape[2]), np.uint64)

    def sweeps(now: slice, part: Array) -> tuple[int, int]:
        state, schedule = (m, g, h, sums, fields, best), (memory[now], pull[now], others[now])
        made = int(
            _iterate(words, rows, columns, state, *schedule, outer, float(kappa), least, float(damping), part)
        )
        return made, int(part[:made].min())

    def sweep_under(limit: Constraint) -> Callable[[slice, Array], tuple[int, int]]:
        refused, root = ~allowed_fields(limit, n), math.sqrt(n)
        require(not refused.all(), "constraint", limit, f"one that some w.xi/sqrt(N) of {n} signs satisfies")
        tables, local = np.empty((2, 256), np.float32), np.empty(n)

        def sweep(now: slice, part: Array) -> tuple[int, int]:
            v = float(uncertainty(m[0], n))
            products_into(rows[0], m[0], tables, fields[0])
            _, g[0, :p], slope = checked_terms(limit, fields[0].astype(np.float64) / root - v * g[0, :p], v)
            products_into(columns[0], g[0], tables, sums)
            t = now.start
            push = memory[t], pull[t], others[t]
            believe(sums, m[0], h[0, :n], outer[0], -slope.sum() / n, root, push, damping, local)
            decide(h[0], best[0])
            part[0] = count_refused(words[0], best[0], refused)
            return 1, int(part[0])

        return sweep

    return search(
        sweeps if constraint is None else sweep_under(constraint),
        lambda: unpacked(best, n, committee),
        budget=memory.size,
        batch=BATCH if constraint is None else 1,
        progress=progress,
    )
