"""One step of each search for binary weights, without memory of its own: the loops of this package, and explorables, compile these into theirs.

Patterns and weights come as bits (`pack`, `by_bytes`) or as numbers; every array that a step needs is handed to it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learnscape.constraints import margin_point
from learnscape.learn._packed import count_errors, differing, products_into
from learnscape.numerics.gaussian import exp_kernel, log1p_kernel
from learnscape.numerics.jit import inlined, kernel, widest_vectors

__all__ = [
    "believe",
    "count_errors",
    "counter_digits",
    "decide",
    "differing",
    "energy_after_flips",
    "gather",
    "iterate_messages",
    "move_counters",
    "read_signs",
    "speak",
    "take_step",
    "uncertainty",
    "vote",
]


@kernel
def counter_digits(n: Any) -> Any:
    """Digits of SBPI's hidden integers: the smallest number, at least 2, with 2^digits >= 4 sqrt(N)."""
    digits, reach = 2, 16.0
    while reach < 16.0 * n:
        reach *= 4.0
        digits += 1
    return digits


@kernel
def move_counters(planes: Any, x: Any, agreeing: Any, full: Any, active: Any) -> Any:
    """Add one where a bit of x is set and take one elsewhere, in counters whose digits are the planes, the sign last; they stop at their ends.

    With ``agreeing`` only where the sign of the counter is that of x already. The counter is u with h = 2u + 1, its sign is set where h < 0. A digit is flipped
    where all lower ones were 1 (when adding) or 0 (when taking): ``active``, a scratch. Digit after digit, so that the loops over words are vectorised.
    """
    widest_vectors()
    last = planes.shape[0] - 1
    top = planes[last]
    for k in range(x.size):
        active[k] = full[k] & (top[k] ^ x[k]) if agreeing else full[k]
    for d in range(last):
        plane = planes[d]
        for k in range(x.size):
            old = plane[k]
            plane[k] = old ^ active[k]
            active[k] &= ~(old ^ x[k])
    for k in range(x.size):
        beyond = active[k] & (top[k] ^ x[k])
        top[k] ^= active[k] & ~beyond
        if beyond:
            for d in range(last):
                planes[d, k] ^= beyond


@inlined
def read_signs(planes: Any, full: Any, weights: Any) -> Any:
    """Weights of the counters: a bit is set where h > 0."""
    top = planes.shape[0] - 1
    for k in range(weights.size):
        weights[k] = ~planes[top, k] & full[k]


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
def uncertainty(m: Any, n: Any) -> Any:
    """V of a unit with these n means: 1 - |m|^2/N, and not quite zero."""
    square = 0.0
    for i in range(n):
        square += float(m[i]) * float(m[i])
    return max(1.0 - square / n, 1e-12)


@kernel
def speak(fields: Any, g: Any, v: Any, kappa: Any, root: Any, slopes: Any) -> Any:
    """What the patterns pull, g, when their weights have the mean fields / root and the variance v, less what they said before; returns -sum of dg/domega.

    ``slopes`` is a scratch: a sum has an order, and alone it leaves the loop over patterns to vectors.
    """
    widest_vectors()
    for mu in range(fields.size):
        _, f, slope = margin_point(fields[mu] / root - v * g[mu], v, kappa)
        g[mu] = f
        slopes[mu] = slope
    b = 0.0
    for mu in range(fields.size):
        b -= slopes[mu]
    return b


@kernel
def believe(
    sums: Any, m: Any, h: Any, outer: Any, reaction: Any, root: Any, drive: Any, damping: Any, local: Any
) -> None:
    """New total fields h and means m of weights that hear ``sums`` / root from the patterns, with outer fields; ``local`` is a scratch.

    ``drive`` is (r, tanh(gamma), y - 1): the part of the old field that is kept, and the pull of other copies.
    """
    widest_vectors()
    memory, pull, others = drive
    for i in range(h.size):
        local[i] = sums[i] / root + reaction * m[i] + outer[i]
    if pull > 0.0:
        for i in range(h.size):
            centre = others * _inverse_tanh(pull * _tanh(local[i]))
            local[i] += _inverse_tanh(pull * _tanh(centre))
    for i in range(h.size):
        h[i] = local[i] + memory * h[i]
        m[i] = damping * m[i] + (1.0 - damping) * _tanh(h[i])


@kernel
def iterate_messages(
    rows: Any, columns: Any, state: Any, drive: Any, kappa: Any, damping: Any, scratch: Any
) -> None:
    """One iteration of relaxed belief propagation for one unit of +-1 weights.

    ``state`` is (m, g, h, outer): means, pulls of the patterns, total and outer fields; m and g are filled up with zeros to whole bytes of an even number.
    ``scratch`` is (N numbers, P numbers, (2, 256) numbers, P numbers, N numbers); the last two may be the first two again.
    """
    m, g, h, outer = state
    sums, fields, tables, slopes, local = scratch
    n = h.size
    root = math.sqrt(n)
    v = uncertainty(m, n)
    products_into(rows, m, tables, fields)
    b = speak(fields, g, v, kappa, root, slopes)
    products_into(columns, g, tables, sums)
    believe(sums, m, h, outer, b / n, root, drive, damping, local)


@kernel
def decide(hidden: Any, weights: Any) -> None:
    """The signs of the hidden numbers, as bits; ``hidden`` is filled up to whole words by negative numbers."""
    for k in range(weights.size):
        word = np.uint64(0)
        for i in range(64):
            word |= np.uint64(hidden[64 * k + i] > 0.0) << np.uint64(i)
        weights[k] = word


@kernel
def take_step(hidden: Any, x: Any, step: Any) -> None:
    """The perceptron's step of a student on the pattern x, in numbers."""
    for i in range(x.size):
        hidden[i] += step * x[i]


@kernel
def vote(hidden: Any, votes: Any) -> None:
    """Sum of the students' signs."""
    for i in range(votes.size):
        votes[i] = np.float32(0.0)
    for b in range(hidden.shape[0]):
        row = hidden[b]
        for i in range(votes.size):
            votes[i] += np.float32(1.0) if row[i] > 0.0 else np.float32(-1.0)


@kernel
def gather(hidden: Any, votes: Any, opinions: Any, pull: Any, n: Any) -> None:
    """Draw all students to their common opinion; the n numbers of each before its filling. ``opinions`` holds tanh(gamma s) for s = -y, ..., y."""
    students = hidden.shape[0]
    vote(hidden, votes)
    for i in range(n):
        votes[i] = pull * opinions[int(votes[i]) + students]
    for a in range(students):
        row = hidden[a]
        for i in range(n):
            row[i] += votes[i] - (pull if row[i] > 0.0 else -pull)


@kernel
def energy_after_flips(fields: Any, n: Any, flips: Any, low: Any, high: Any) -> Any:
    """Mean fraction of patterns whose field is not in [low, high] once ``flips`` of the n weights are flipped: over all choices of them, exactly.

    The fields are w.xi of +-1 weights and patterns. Of a pattern's (n + field)/2 products +1 a hypergeometric number a is flipped, and the field becomes
    field + 2 flips - 4 a. The chances are built from the likeliest a, relative to it, so that none is too large for a double.
    """
    energy = 0.0
    for mu in range(fields.size):
        after = fields[mu] + 2.0 * flips
        agree = (n + int(fields[mu])) // 2
        rest = n - agree - flips  # of the products -1, what is left if all flips fall on them
        likeliest = (flips + 1) * (agree + 1) // (n + 2)
        ways, total, violated = 1.0, 0.0, 0.0
        for a in range(likeliest, min(flips, agree) + 1):
            total += ways
            if not low <= after - 4.0 * a <= high:
                violated += ways
            ways *= float(agree - a) * float(flips - a) / (float(a + 1) * float(rest + a + 1))
        ways = 1.0
        for a in range(likeliest - 1, max(0, -rest) - 1, -1):
            ways *= float(a + 1) * float(rest + a + 1) / (float(agree - a) * float(flips - a))
            total += ways
            if not low <= after - 4.0 * a <= high:
                violated += ways
        energy += violated / total
    return energy / fields.size
