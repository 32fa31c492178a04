r"""What the compiled solvers of Margin(kappa) share: the quadrature over the field, its averages, and how the solvers report.

*Nodes.* The integrands change over a width sqrt((1-q)/q) around z0 = kappa/sqrt(q). With z = z0 + s sinh(u) the trapezoidal rule
in u converges geometrically, whatever q is: the poles of A (zeros of erfc) sit at Im u of about 0.85, the growth of the Gaussian
sets in at pi/4.

Chapters *gardner-volume*, *binary-weights*.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import log_h_and_inverse_mills_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import RANGE, STEP, SinhRule, sinh_node, sinh_rule

CONVERGED, NOT_CONVERGED, NO_SADDLE = 1, 0, -1  # status of every compiled solver
GAUSSIAN_STEP = 0.4  # largest spacing in z where the Gaussian has its weight
LN_2 = 0.6931471805599453
SQRT_2_OVER_PI = 0.7978845608028654


class Saddle(NamedTuple):
    """What a compiled solver returns."""

    q: float
    """Overlap."""
    q_hat: float
    """Its conjugate."""
    entropy: float
    """Entropy per weight."""
    replicon: float
    """Positive where replica symmetry is stable."""
    iterations: int
    """Evaluations of the branch."""
    status: int
    """CONVERGED, NOT_CONVERGED or NO_SADDLE."""
    residual: float
    """How well the equations hold."""
    alpha: float
    """The load."""
    energetic: float
    """int Dz ln H."""
    v: float
    """1 - q, with its own digits."""


@kernel
def limit_q_hat(binary: bool) -> float:
    """The limit of q_hat (1-q)^2 as q -> 1; the load there is this over M_2."""
    return 2.0 / math.pi if binary else 1.0


@kernel
def annealed_entropy(binary: bool) -> float:
    """Entropy per weight without any pattern."""
    return LN_2 if binary else 0.0


@kernel
def margin_grid(q: float, v: float, kappa: float) -> SinhRule:
    """The rule for functions of (kappa - sqrt(q) z)/sqrt(v)."""
    r = math.sqrt(q)
    sv = math.sqrt(v)
    low = min(kappa, 0.0) - RANGE  # for kappa < 0 the weight of A^2 sits between kappa and 0
    s = 3.0
    if 3.0 * r > 2.5 * sv:
        s = 2.5 * sv / r
    z0 = RANGE - 1.0 if kappa > 0.0 else low + 1.0
    if abs(kappa) < r * abs(z0):
        z0 = kappa / r
    peak = 2.0 * r * min(kappa, 0.0) / (1.0 + q)
    distance = max(abs(z0), abs(z0 - peak))
    step = min(STEP, GAUSSIAN_STEP / math.sqrt(s * s + distance * distance))
    return sinh_rule(z0, s, low, RANGE, step)


@kernel
def margin_moments(q: float, v: float, kappa: float) -> tuple[float, float, float, float]:
    """Averages over Dz of A^2, B^2, A^2 B and ln H, with B = A (A - x); v = 1 - q is passed for its accuracy as q -> 1."""
    r = math.sqrt(q)
    sv = math.sqrt(v)
    a2 = 0.0
    b2 = 0.0
    ab = 0.0
    lh = 0.0
    rule = margin_grid(q, v, kappa)
    for i in range(rule.nodes):
        z, w = sinh_node(rule, i)
        x = (kappa - r * z) / sv
        log_h, a = log_h_and_inverse_mills_kernel(x)
        b = a * mills_excess_kernel(a, x)
        a2 += w * a * a
        b2 += w * b * b
        ab += w * a * a * b
        lh += w * log_h
    return a2, b2, ab, lh
