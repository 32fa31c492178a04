r"""The saddle point of the Franz-Parisi entropy: one round of its equations, and the iteration.

*Problem.* At distance d the unknowns are the conjugates :math:`\hat q` and :math:`\hat s`; the overlaps follow from the weights, and the patterns answer with

.. math:: \hat q=\alpha\langle g^2\rangle,\qquad\hat s=\alpha\langle\tilde f'(X,1-\tilde q)\,g\rangle .

In the variables :math:`\ln\hat q` and :math:`b=\hat s/\sqrt{\tilde{\hat q}\hat q}` each round stays in the domain, because :math:`\tilde{\hat q}=\alpha\langle\tilde f'^2\rangle` and Cauchy
and Schwarz say :math:`|b|\le1`: the probe's own noise has a variance :math:`\ge0`. It vanishes at the most probable distance, where the probe is a typical solution like any other (q = s = t);
an iteration in the overlaps would start and end on a singular point there. Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.constraints import Constraint, Margin
from learnscape.numerics import fixed_point
from learnscape.numerics.sinh_rule import RANGE
from learnscape.replica._compiled import stands_for
from learnscape.replica.franz_parisi._patterns import Patterns, generic_patterns, margin_patterns
from learnscape.replica.franz_parisi._sites import (
    COARSE,
    LARGEST,
    POLES,
    Sites,
    binary_sites,
    spherical_sites,
)

Array = NDArray[np.float64]
FAINT = 1e-30  # q_hat that stands for none: patterns without a field


class Reference(NamedTuple):
    """What the probe sees of the reference: its constraint and its replica-symmetric state; no state (q = 0) for a planted one."""

    constraint: Constraint
    q: float
    q_hat: float


class Round(NamedTuple):
    """The equations once."""

    x: Array
    """(ln q_hat, b), or (ln q_hat,) where s = 0."""
    sites: Sites
    patterns: Patterns
    q_hat: float
    """Of the sites, as are s_hat and t_hat."""
    s_hat: float


@dataclass(eq=False)
class Problem:
    """Weights, constraints and load; at one distance after the other."""

    binary: bool
    reference: Reference
    constraint: Constraint
    alpha: float

    def __post_init__(self) -> None:
        self.compiled = stands_for(Margin, self.reference.constraint) and stands_for(Margin, self.constraint)
        self.a = math.sqrt(self.reference.q_hat)
        self.tau = 0.0
        self.scratch = np.empty((3, 0))

    def patterns(self, d: float, eps: float, e: float) -> Patterns:
        """The pattern's averages at these overlaps."""
        known, own = self.reference.constraint, self.constraint
        if self.compiled:
            assert isinstance(known, Margin)
            assert isinstance(own, Margin)
            return margin_patterns(known.kappa, self.reference.q, own.kappa, d, eps, e)
        return generic_patterns(known, self.reference.q, own, d, eps, e)

    def sites(self, d: float, q_hat: float, b: float) -> Sites:
        """The weights' averages in these fields."""
        if not self.binary:
            return spherical_sites(self.reference.q, d, q_hat, self.a * b * math.sqrt(q_hat))
        nodes = 2 * int(RANGE * max(1.0 / COARSE, math.sqrt(q_hat) / POLES, self.a / POLES)) + 3
        if nodes > self.scratch.shape[1]:
            self.scratch = np.empty((3, 2 * nodes))
        found = binary_sites(self.reference.q, self.a, d, q_hat, b, self.tau, *self.scratch)
        self.tau = found.t_hat - self.a * b * math.sqrt(q_hat)
        return found

    def answer(self, found: Patterns) -> Array:
        """The conjugates that the patterns ask for, as variables of the iteration."""
        q_hat = max(self.alpha * found.g2, FAINT)
        if self.a == 0.0:
            return np.array([math.log(q_hat)])
        b = self.alpha * found.state_g / (self.a * math.sqrt(q_hat))
        return np.array([math.log(q_hat), min(max(b, -1.0), 1.0)])

    def round(self, d: float, x: Array) -> Round:
        """One round from the variables to those that the patterns ask for."""
        q_hat = math.exp(min(max(float(x[0]), math.log(FAINT)), math.log(LARGEST) if self.binary else 700.0))
        b = min(max(float(x[1]), -1.0), 1.0) if x.size > 1 else 0.0
        seen = self.sites(d, q_hat, b)
        found = self.patterns(d, seen.eps, seen.e)
        return Round(self.answer(found), seen, found, q_hat, self.a * b * math.sqrt(q_hat))

    def start(self, d: float) -> Array:
        """The first round's variables: those of a probe that knows the reference and no pattern."""
        self.tau = 0.5 * math.log((1.0 - d) / d)
        return self.answer(self.patterns(d, 4.0 * d * (1.0 - d), 0.0))

    def solve(
        self, d: float, x: Array | None, tol: float, most: int
    ) -> tuple[Round, fixed_point.FixedPoint, bool]:
        """The saddle at distance d, and whether it is one."""
        start = self.start(d) if x is None else x
        found = fixed_point.solve(
            lambda x: self.round(d, x).x,
            start,
            method="anderson",
            tol=tol,
            max_iterations=most,
            on_failure="return",
        )
        last = self.round(d, found.x)
        ran_away = self.binary and last.q_hat >= 0.99 * LARGEST
        return last, found, found.converged and not ran_away
