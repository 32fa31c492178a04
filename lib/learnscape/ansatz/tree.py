r"""An ansatz as data: the overlaps of replicas, as a tree.

*Problem.* Replicas that share a state have the overlap :math:`q_k`, replicas in different states of one cluster :math:`q_{k-1}`, and so on
outwards to :math:`q_0` between replicas that share nothing. On the way from one level to the next inner one, the block parameter :math:`m_i` says how
states are weighted: by the :math:`m_i`-th power of their number of solutions. Replica symmetry is the tree with one overlap and no
block; k-step RSB has k blocks; the local entropy of a solution's neighbourhood is one block with a free :math:`m=y`.
Parisi (1980); Mezard, Parisi and Virasoro (1987); part *Replica calculations*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from learnscape.errors import is_number, require

__all__ = ["Tree"]


@dataclass(frozen=True)
class Tree:
    """Overlaps q_0 <= q_1 <= ... <= q_k, block parameters m_1, ..., m_k, and the self-overlap.

    Parameters
    ----------
    q : iterable of float
        Overlaps from the outermost to the innermost, in [0, self_overlap], not decreasing; at least one.
    m : iterable of float
        One number > 0 for each step from q_{i-1} to q_i; empty for replica symmetry. Not decreasing and at most 1 for k-step
        RSB at finite temperature; other families of states (large deviations, the limit q -> 1) have other values.
    self_overlap : float
        |w|^2/N, > 0.

    Raises
    ------
    ValueError
        For anything else; the message names the value.

    Examples
    --------
    >>> tree = Tree(q=(0.5, 0.8), m=(0.4,))
    >>> tree.steps, round(tree.gaps[0], 12), round(tree.variance, 12)
    (1, 0.3, 0.2)
    """

    q: tuple[float, ...]
    m: tuple[float, ...] = ()
    self_overlap: float = 1.0

    def __init__(self, q: Iterable[float], m: Iterable[float] = (), self_overlap: float = 1.0) -> None:
        for name, value in (("q", tuple(q)), ("m", tuple(m))):
            good = all(is_number(number) and math.isfinite(number) for number in value)
            require(good, name, value, "finite numbers")
            object.__setattr__(self, name, tuple(float(number) for number in value))
        good = is_number(self_overlap) and 0.0 < self_overlap < math.inf
        require(good, "self_overlap", self_overlap, "a finite number > 0")
        object.__setattr__(self, "self_overlap", float(self_overlap))
        require(
            len(self.q) == len(self.m) + 1,
            "q",
            self.q,
            f"one overlap more than the {len(self.m)} block parameters",
        )
        ends = (0.0, *self.q, self.self_overlap)
        rising = all(a <= b for a, b in itertools.pairwise(ends))
        require(rising, "q", self.q, f"not decreasing, in [0, {self.self_overlap!r}]")
        require(all(number > 0.0 for number in self.m), "m", self.m, "numbers > 0")

    @property
    def steps(self) -> int:
        """Number of steps of replica symmetry breaking, k."""
        return len(self.m)

    @property
    def gaps(self) -> tuple[float, ...]:
        """q_i - q_{i-1} for i = 1, ..., k."""
        return tuple(b - a for a, b in zip(self.q, self.q[1:], strict=False))

    @property
    def variance(self) -> float:
        """What is left inside a state, self_overlap - q_k."""
        return self.self_overlap - self.q[-1]
