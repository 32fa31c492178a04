r"""What a weight may be: real on the sphere, or one of two signs.

*Problem.* With :math:`|w|^2=N`, how many weight vectors have mutual overlap :math:`q`?  In every ansatz the weights enter
through one function of the overlap and of its conjugate field, the entropic term

.. math::
    G_S(q,\hat q)=-\tfrac12\hat q(1-q)+\int Dx\,\ln Z(\sqrt{\hat q}\,x,\hat q),

where :math:`Z` sums over the values of one weight in a random field. For ``Binary`` weights
:math:`Z=2\cosh(\sqrt{\hat q}x)`. For ``Spherical`` weights the length is fixed by a multiplier, and eliminating it leaves

.. math::
    G_S=\tfrac12\bigl[2s-2-\ln s-\hat q(1-q)\bigr],\qquad s=\tfrac12\bigl(1+\sqrt{1+4\hat q}\bigr),

measured from the uniform sphere. Stationarity in :math:`\hat q` gives the overlap, :math:`q=\int Dx\,\tanh^2(\sqrt{\hat q}x)` and
:math:`q=1-1/s`, that is :math:`\hat q=q/(1-q)^2`.

A new weight space is one subclass of :class:`Weights`; every ansatz then works with it through NumPy. Gardner (1988) and
Krauth and Mezard (1989); chapters *gardner-volume* and *binary-weights*.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from learnscape.errors import is_number, require
from learnscape.numerics.gaussian import exp_kernel, log_kernel
from learnscape.numerics.jit import kernel
from learnscape.numerics.sinh_rule import even_node, even_rule

__all__ = ["Binary", "Spherical", "Weights"]


class Weights(ABC):
    """What an ansatz must know of one weight. Subclass it to define a weight space of your own.

    Every method takes and returns floats. ``overlap`` must increase from 0 (at ``q_hat = 0``) to 1.
    """

    discrete: bool
    """True if the space is finite: capacity is then the zero of the entropy, else the limit q -> 1."""

    annealed_entropy: float
    """Entropy per weight without any pattern (q = q_hat = 0)."""

    limit_q_hat: float
    """The limit of q_hat (1-q)^2 as q -> 1; it decides where the saddle point disappears."""

    @abstractmethod
    def entropic_term(self, q_hat: float, v: float) -> float:
        """G_S at conjugate field q_hat and v = 1 - q; its derivative with respect to v is -q_hat/2."""

    @abstractmethod
    def one_minus_overlap(self, q_hat: float) -> float:
        """1 - q at the saddle, from q_hat (the difference, because it stays exact as q -> 1)."""

    @abstractmethod
    def fluctuation(self, q_hat: float) -> float:
        """Mean of the squared thermal variance of one weight, the weights' factor in the replicon."""

    def overlap(self, q_hat: float) -> float:
        """Overlap q at the saddle, from q_hat."""
        return 1.0 - self.one_minus_overlap(q_hat)

    def q_hat(self, q: float) -> float:
        """Conjugate field that belongs to the overlap q (inverse of `overlap`, by bisection in ln q_hat)."""
        _overlap(q)
        if q == 0.0:
            return 0.0
        low, high = -700.0, 700.0
        for _ in range(200):
            middle = 0.5 * (low + high)
            if self.overlap(math.exp(middle)) < q:
                low = middle
            else:
                high = middle
        return math.exp(0.5 * (low + high))


def _overlap(q: float) -> None:
    require(is_number(q) and 0.0 <= q < 1.0, "q", q, "a number in [0, 1)")


@kernel
def binary_moments(q_hat: float) -> tuple[float, float, float, float, float]:
    """Averages over Dx of h = sqrt(q_hat) x: tanh^2, sech^2, sech^4, tanh^2 sech^2, ln 2cosh.

    The poles of tanh, at distance pi/(2 sqrt(q_hat)) from the axis, set the width of the rule.
    """
    if q_hat < 1e-5:  # Taylor series: 1 - exp(-2h) would lose the relative accuracy of tanh
        t2 = q_hat * (1.0 - q_hat * (2.0 - 17.0 / 3.0 * q_hat))
        c4 = 1.0 - 2.0 * q_hat + 7.0 * q_hat * q_hat - 94.0 / 3.0 * q_hat * q_hat * q_hat
        return t2, 1.0 - t2, c4, 1.0 - t2 - c4, 0.6931471805599453 + 0.5 * q_hat - 0.25 * q_hat * q_hat
    a = math.sqrt(q_hat)
    t2 = 0.0
    c2 = 0.0
    c4 = 0.0
    tc = 0.0
    lc = 0.0
    rule = even_rule(min(3.0, 2.0 / a))
    for i in range(rule.nodes):
        x, w = even_node(rule, i)
        e = exp_kernel(-2.0 * a * x)
        d = 1.0 / (1.0 + e)
        t = (1.0 - e) * d
        c = 4.0 * e * d * d
        t2 += w * t * t
        c2 += w * c
        c4 += w * c * c
        tc += w * t * t * c
        lc += w * (a * x + log_kernel(1.0 + e))
    return t2, c2, c4, tc, lc


@dataclass(frozen=True)
class Binary(Weights):
    """Weights +1 or -1, 2^N of them.

    Examples
    --------
    >>> Binary().annealed_entropy == math.log(2)
    True
    >>> round(Binary().overlap(2.576351), 5)
    0.56395
    """

    discrete = True
    annealed_entropy = math.log(2.0)
    limit_q_hat = 2.0 / math.pi

    def entropic_term(self, q_hat: float, v: float) -> float:
        """-q_hat v/2 + int Dx ln 2cosh(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[4] - 0.5 * q_hat * v)

    def one_minus_overlap(self, q_hat: float) -> float:
        """Mean of sech^2(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[1])

    def overlap(self, q_hat: float) -> float:
        """Mean of tanh^2(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[0])

    def fluctuation(self, q_hat: float) -> float:
        """Mean of sech^4(sqrt(q_hat) x)."""
        return float(binary_moments(float(q_hat))[2])


@dataclass(frozen=True)
class Spherical(Weights):
    """Real weights on the sphere |w|^2 = N; entropies are measured from the uniform sphere.

    Examples
    --------
    >>> Spherical().q_hat(0.5)
    2.0
    >>> Spherical().overlap(2.0)
    0.5
    """

    discrete = False
    annealed_entropy = 0.0
    limit_q_hat = 1.0

    def entropic_term(self, q_hat: float, v: float) -> float:
        """(2s - 2 - ln s - q_hat v)/2 with s = (1 + sqrt(1 + 4 q_hat))/2."""
        excess = 2.0 * q_hat / (1.0 + math.sqrt(1.0 + 4.0 * q_hat))  # s - 1, without cancellation
        return 0.5 * (2.0 * excess - math.log1p(excess) - q_hat * v)

    def one_minus_overlap(self, q_hat: float) -> float:
        """1/s."""
        return 2.0 / (1.0 + math.sqrt(1.0 + 4.0 * q_hat))

    def overlap(self, q_hat: float) -> float:
        """(s - 1)/s."""
        root = math.sqrt(1.0 + 4.0 * q_hat)
        return 4.0 * q_hat / (1.0 + root) ** 2

    def q_hat(self, q: float) -> float:
        """q / (1-q)^2."""
        _overlap(q)
        return q / (1.0 - q) ** 2

    def fluctuation(self, q_hat: float) -> float:
        """(1-q)^2."""
        return self.one_minus_overlap(q_hat) ** 2
