r"""The public instances, and their bits, which a stranger in any language can make.

An instance is called ``family-N-P``, such as ``asymmetric-1001-701``: the first P patterns of one endless series for each family and N. A solution of
an instance therefore solves every shorter one of its series.

*The bits.* Let W = ceil(N/64). Pattern mu = 0, 1, ... is the words mu W, ..., mu W + W - 1 of the series' SplitMix64 stream; its entry i = 0, ..., N - 1
is +1 where bit i mod 64 (bit 0 counts 1) of its word i div 64 is set, else -1; what is left of the last word is dropped. Word k = 0, 1, ... of the
stream is, with all numbers modulo 2^64,

.. code-block:: text

    z = seed + (k + 1) 0x9E3779B97F4A7C15
    z = (z xor z >> 30) 0xBF58476D1CE4E5B9
    z = (z xor z >> 27) 0x94D049BB133111EB
    word = z xor z >> 31

and the seed is N for the asymmetric and 1000000 + N for the symmetric family. (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014, with the constants that are usual since S. Vigna's splitmix64.c. Word k is had without the words before it.)
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import is_integer, require
from learnscape.numerics.jit import inlined, kernel

__all__ = ["FAMILIES", "KAPPA", "SIZES", "Instance", "find", "instances", "stream_word"]

Family = Literal["asymmetric", "symmetric"]
FAMILIES: tuple[Family, ...] = ("asymmetric", "symmetric")
KAPPA = {"asymmetric": 0.0, "symmetric": 1.0}
"""The stability w.xi / sqrt(N) must be at least 0 in the asymmetric, and within -1 and 1 in the symmetric family."""

LADDERS = {
    "asymmetric": (0.5, 0.6, 0.65, 0.7, 0.72, 0.74, 0.75, 0.76, 0.77, 0.78, 0.8, 0.82),
    "symmetric": (1.0, 1.2, 1.3, 1.4, 1.45, 1.5, 1.55, 1.6, 1.65, 1.7, 1.75, 1.8),
}
LARGE = (1001, 10001)
EXACT = {
    ("asymmetric", 21): (16, 11),
    ("asymmetric", 23): (22, 8),
    ("asymmetric", 25): (21, 4),
    ("symmetric", 21): (26, 6),
    ("symmetric", 23): (29, 2),
    ("symmetric", 25): (57, 2),
}
"""By enumeration: the most patterns of the series that can be satisfied at once, and by how many weights."""
SIZES = (21, 23, 25, *LARGE)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1, MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@inlined
def stream_word(seed: Any, k: Any) -> Any:
    """Word k of the SplitMix64 stream of a seed, both ``uint64``."""
    z = seed + (k + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> np.uint64(30))) * MIX1
    z = (z ^ (z >> np.uint64(27))) * MIX2
    return z ^ (z >> np.uint64(31))


@kernel
def _fill(seed: Any, out: Any) -> None:
    for mu in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[mu, j] = stream_word(seed, np.uint64(mu * out.shape[1] + j))


@dataclass(frozen=True)
class Instance:
    """The first ``p`` patterns of a series."""

    family: Family
    """What a pattern demands."""
    n: int
    """Number of weights."""
    p: int
    """Number of patterns."""

    @property
    def name(self) -> str:
        """``family-N-P``."""
        return f"{self.family}-{self.n}-{self.p}"

    @property
    def alpha(self) -> float:
        """P/N."""
        return self.p / self.n

    @property
    def seed(self) -> int:
        """Of the SplitMix64 stream."""
        return self.n + (1_000_000 if self.family == "symmetric" else 0)

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest w.xi that a pattern allows; N is odd, and so is w.xi."""
        if self.family == "asymmetric":
            return 1, self.n
        root = math.isqrt(self.n)
        largest = root - (root + 1) % 2
        return -largest, largest

    @property
    def demand(self) -> str:
        """What a pattern demands, in words."""
        low, high = self.bounds
        return f"w.xi >= {low}" if self.family == "asymmetric" else f"{low} <= w.xi <= {high}"

    @property
    def satisfiable(self) -> bool | None:
        """Known by enumeration for the small ones; None where it is not."""
        most = EXACT.get((self.family, self.n))
        return None if most is None else self.p <= most[0]

    def bytes(self) -> NDArray[np.uint8]:
        """Shape (P, ceil(N/8)): bit i mod 8 of byte i div 8 of a row is set where entry i is +1; the bits beyond N are zero."""
        words = np.empty((self.p, -(-self.n // 64)), np.uint64)
        _fill(np.uint64(self.seed), words)
        rows = np.ascontiguousarray(words.astype("<u8").view(np.uint8)[:, : -(-self.n // 8)])
        rows[:, -1] &= 0xFF >> (-self.n % 8)
        return rows

    def patterns(self) -> NDArray[np.int8]:
        """Shape (P, N), entries +1 and -1."""
        bits = np.unpackbits(self.bytes(), axis=1, count=self.n, bitorder="little")
        return (2 * bits.astype(np.int8) - 1).astype(np.int8)

    def sha256(self) -> str:
        """Fingerprint of :meth:`bytes`, row after row."""
        return hashlib.sha256(self.bytes().tobytes()).hexdigest()


def instances() -> Iterator[Instance]:
    """The ladder: every instance that has a line in the table; any other P of a series is a valid instance, too.

    Examples
    --------
    >>> [instance.name for instance in instances() if instance.n == 1001][:3]
    ['asymmetric-1001-501', 'asymmetric-1001-601', 'asymmetric-1001-651']
    """
    for family in FAMILIES:
        for n in SIZES:
            if n in LARGE:
                ladder = [int(alpha * n + 0.5) for alpha in LADDERS[family]]
            else:
                most, _ = EXACT[family, n]
                ladder = [most // 2, most, most + 1]
            for p in ladder:
                yield Instance(family, n, p)


def find(name: str) -> Instance:
    """The instance of that name, on the ladder or not; ``ValueError`` if there is none.

    Examples
    --------
    >>> instance = find("asymmetric-1001-701")
    >>> instance.p, round(instance.alpha, 3), instance.demand
    (701, 0.7, 'w.xi >= 1')
    >>> find("asymmetric-1000-700")
    Traceback (most recent call last):
        ...
    ValueError: N = 1000 is not allowed: it must be one of 21, 23, 25, 1001, 10001
    """
    parts = re.fullmatch(r"([a-z]+)-([0-9]{1,9})-([0-9]{1,9})", name) if isinstance(name, str) else None
    require(
        parts is not None,
        "the name of the instance",
        name,
        "family-N-P, such as asymmetric-1001-701",
    )
    assert parts is not None
    family, n, p = parts[1], int(parts[2]), int(parts[3])
    require(family in FAMILIES, "the family", family, f"one of {', '.join(FAMILIES)}")
    require(n in SIZES, "N", n, f"one of {', '.join(map(str, SIZES))}")
    require(is_integer(p) and 1 <= p <= 4 * n, "P", p, f"from 1 to 4 N = {4 * n}")
    return Instance("symmetric" if family == "symmetric" else "asymmetric", n, p)
