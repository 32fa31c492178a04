"""Kernels that count corners of the cube, or points of a grid, by intersecting bitsets; :mod:`learnscape.learn.enumeration` is the front end.

Split the N weights into k *low* ones and N - k *high* ones. A bitset of 2^k bits holds one bit for each setting of the
low weights. For one pattern, which low settings satisfy it depends on the high weights through one number only: the
pattern's partial field from the high weights. So we tabulate these bitsets once, and for every setting of the high
weights the solutions are the intersection (bitwise AND) of one tabulated bitset per pattern: 64 states an operation, and
the intersection is usually empty after about log2(2^k) patterns, where the loop stops.

For +-1 patterns the partial field is an integer, the number b of high weights that differ from the pattern, and the
tables of all patterns are one table with its bits permuted: low setting j differs from low pattern x in popcount(j xor x)
places. For real patterns, or weights of more than two levels, the low partial fields are sorted, and a binary search finds the bitset; the
digits of a state then count in base L, lowest weight first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.numerics.jit import kernel

__all__ = ["count_real", "count_signs", "real_table", "sign_table"]

ONE = np.uint64(1)
LOW6 = 63
# MASKS[s] selects the bits whose position has a 0 in binary digit s.
MASKS = np.array(
    [
        0x5555555555555555,
        0x3333333333333333,
        0x0F0F0F0F0F0F0F0F,
        0x00FF00FF00FF00FF,
        0x0000FFFF0000FFFF,
        0x00000000FFFFFFFF,
    ],
    dtype=np.uint64,
)


@kernel
def _popcount(word: Any) -> Any:
    """Count the bits that are set, by adding neighbouring fields of 1, 2, 4, ... bits."""
    for s in range(6):
        word = (word & MASKS[s]) + ((word >> np.uint64(1 << s)) & MASKS[s])
    return np.int64(word)


@kernel
def _permute(word: Any, x: Any) -> Any:
    """Move the bit at position j to position j xor x, for x < 64."""
    for s in range(6):
        if (x >> s) & 1:
            shift = np.uint64(1 << s)
            word = ((word & MASKS[s]) << shift) | ((word >> shift) & MASKS[s])
    return word


@kernel
def sign_table(allowed: Any, low_patterns: Any, k: Any, n_high: Any) -> Any:
    """Bitsets table[mu, b]: low settings that satisfy pattern mu when b high weights differ from it.

    ``allowed[d]`` says whether a pattern that differs from w in d places is satisfied, d = 0 ... N; ``low_patterns[mu]``
    holds the signs of the first k entries as bits.
    """
    n_words = max(1, (1 << k) >> 6)
    base = np.zeros((n_high + 1, n_words), np.uint64)
    for b in range(n_high + 1):
        for j in range(1 << k):
            if allowed[b + _popcount(np.uint64(j))]:
                base[b, j >> 6] |= ONE << np.uint64(j & LOW6)
    table = np.empty((low_patterns.size, n_high + 1, n_words), np.uint64)
    for mu in range(low_patterns.size):
        x = low_patterns[mu]
        for b in range(n_high + 1):
            for word in range(n_words):
                table[mu, b, word] = _permute(base[b, word ^ (x >> 6)], x & LOW6)
    return table


@kernel
def real_table(order: Any) -> Any:
    """Bitsets table[mu, r]: the low settings order[mu, r:], those of the largest partial fields of pattern mu."""
    n_patterns, size = order.shape
    n_words = (size + 63) >> 6
    table = np.zeros((n_patterns, size + 1, n_words), np.uint64)
    for mu in range(n_patterns):
        for r in range(size - 1, -1, -1):
            for word in range(n_words):
                table[mu, r, word] = table[mu, r + 1, word]
            j = order[mu, r]
            table[mu, r, j >> 6] |= ONE << np.uint64(j & LOW6)
    return table


@kernel
def _collect(acc: Any, low_size: Any, base: Any, high_state: Any, count: Any, out: Any) -> Any:
    """Add the states of one bitset to ``count``, and write the digits of their weights to ``out`` if it has rows."""
    n = out.shape[1]
    for word in range(acc.size):
        rest = acc[word]
        if rest == 0:
            continue
        if out.shape[0] == 0:
            count += _popcount(rest)
            continue
        while rest != 0:
            lowest = rest & (~rest + ONE)
            state = high_state * low_size + ((word << 6) | _popcount(lowest - ONE))
            for i in range(n):
                out[count, i] = state % base
                state //= base
            count += 1
            rest ^= lowest
    return count


@kernel
def count_signs(table: Any, steps: Any, start: Any, k: Any, out: Any) -> Any:
    """Walk the high weights in Gray-code order, one flip a step, and intersect the bitsets of all patterns.

    ``steps[i, mu]`` is the change of b_mu when high weight i goes from -1 to +1, ``start[mu]`` is b_mu where all high
    weights are -1. Returns the number of solutions.
    """
    n_patterns, _, n_words = table.shape
    n_high = steps.shape[0]
    b = start.copy()
    acc = np.empty(n_words, np.uint64)
    high_state = 0
    count = 0
    for block in range(1 << n_high):
        if block > 0:
            bit = 0
            while (block >> bit) & 1 == 0:
                bit += 1
            high_state ^= 1 << bit
            if (high_state >> bit) & 1:
                for mu in range(n_patterns):
                    b[mu] += steps[bit, mu]
            else:
                for mu in range(n_patterns):
                    b[mu] -= steps[bit, mu]
        first = table[0, b[0]]
        some = np.uint64(0)
        for word in range(n_words):
            acc[word] = first[word]
            some |= acc[word]
        for mu in range(1, n_patterns):
            if some == 0:
                break
            row = table[mu, b[mu]]
            some = np.uint64(0)
            for word in range(n_words):
                acc[word] &= row[word]
                some |= acc[word]
        if some != 0:
            count = _collect(acc, 1 << k, 2, high_state, count, out)
    return count


@kernel
def _rank(values: Any, target: Any, ties: Any) -> Any:
    """Number of entries of the sorted ``values`` that are < target, or <= target where ``ties`` is set."""
    rank = 0
    left = values.size
    while left > 1:
        half = left >> 1
        value = values[rank + half - 1]
        if (value < target) | (ties & (value == target)):
            rank += half
        left -= half
    value = values[rank]
    if (value < target) | (ties & (value == target)):
        rank += 1
    return rank


@kernel
def count_real(
    table: Any,
    low: Any,
    middle: Any,
    top: Any,
    levels: Any,
    bounds: Any,
    ties: Any,
    full: Any,
    error: Any,
    out: Any,
) -> Any:
    """Like :func:`count_signs` for real fields, allowed and forbidden in turn between ``bounds``; the bitsets are found by binary search.

    The weights are split into low (sorted partial fields ``low[mu]``), middle (partial fields ``middle[state, mu]``)
    and top (entries ``top[mu, i]``). No field is carried along by increments: each is the sum of three partial sums, so
    its rounding error stays below ``error[mu]``. Below the first bound all is allowed if ``full`` is set; a field at ``bounds[j]`` counts as below it where
    ``ties[j]`` is set. Returns the number of solutions and the number of comparisons that came closer than ``error`` to a bound.
    """
    n_patterns, _, n_words = table.shape
    size = low.shape[1]
    n_middle = middle.shape[0]
    n_top = top.shape[1]
    base = levels.size
    acc, bits = np.empty(n_words, np.uint64), np.empty(n_words, np.uint64)
    from_top = np.empty(n_patterns)
    ranks = np.zeros(bounds.size + 1, np.int64)  # the first stays 0: all low settings
    first = 0 if full else 1
    if first == ranks.size:  # nothing is allowed
        return 0, 0
    count = 0
    uncertain = 0
    for top_state in range(base**n_top):
        for mu in range(n_patterns):
            total = 0.0
            state = top_state
            for i in range(n_top):
                total += top[mu, i] * levels[state % base]
                state //= base
            from_top[mu] = total
        for middle_state in range(n_middle):
            some = np.uint64(1)
            for mu in range(n_patterns):
                field = from_top[mu] + middle[middle_state, mu]
                for j in range(bounds.size):
                    target = bounds[j] - field
                    rank = _rank(low[mu], target, ties[j])
                    if (rank < size and low[mu, rank] - target <= error[mu]) or (
                        rank > 0 and target - low[mu, rank - 1] <= error[mu]
                    ):
                        uncertain += 1
                    ranks[j + 1] = rank
                row = table[mu, ranks[first]]
                if first + 1 < ranks.size:  # the sets are nested, so that allowed and forbidden alternate
                    for word in range(n_words):
                        bits[word] = row[word]
                    for j in range(first + 1, ranks.size):
                        row = table[mu, ranks[j]]
                        for word in range(n_words):
                            bits[word] ^= row[word]
                    row = bits
                some = np.uint64(0)
                if mu == 0:
                    for word in range(n_words):
                        acc[word] = row[word]
                        some |= acc[word]
                else:
                    for word in range(n_words):
                        acc[word] &= row[word]
                        some |= acc[word]
                if some == 0:
                    break
            if some != 0:
                count = _collect(acc, size, base, top_state * n_middle + middle_state, count, out)
    return count, uncertain
