r"""What a pattern tells the units of a committee whose fields are uncertain.

Unit k has a Gaussian field of mean :math:`\omega_k` and variance :math:`V_k`, so it says +1 with probability :math:`p_k=H(-x_k)`, :math:`x_k=\omega_k/\sqrt{V_k}`.
The pattern is satisfied with the probability Z that most say +1. Z is linear in each :math:`p_k`, and its derivative is the probability that the others are
tied, so that

.. math::
    g_k=\partial_{\omega_k}\ln Z=\frac{A(-x_k)}{\sqrt{V_k}}\,t_k,\qquad t_k=\frac{p_k\,P(\text{others tied})}Z,\qquad
    \partial_{\omega_k}g_k=-g_k\Bigl(g_k+\frac{x_k}{\sqrt{V_k}}\Bigr),

with A = G/H. :math:`t_k` is the probability, among satisfied patterns, that unit k casts the deciding vote. The numbers of votes follow from multiplying
:math:`q_k+p_kz` over the units (*Poisson-binomial*). If most units are surely wrong, Z is too small for a double: then the odds :math:`p_k/q_k` are divided by
those of the last unit that must turn, and each pair by its larger entry.

With variances that vanish, the fewest wrong units of the smallest :math:`|x_k|` are told to turn, the others nothing: the rule of `replicated_sgd`.
"""

from __future__ import annotations

import math
from typing import Any

from learnscape.constraints import mills_excess_kernel
from learnscape.numerics.gaussian import exp_kernel, log_h_and_inverse_mills_kernel, log_h_kernel
from learnscape.numerics.jit import kernel

__all__ = ["majority"]


@kernel
def majority(omega: Any, v: Any, work: Any, g: Any, slope: Any) -> None:
    """g_k and its derivative, for K means and variances; ``work`` is a scratch (5, K + 1)."""
    units = omega.size
    needed = units // 2 + 1
    odds, ranked, plus, minus, ways = work[0], work[1], work[2], work[3], work[4]
    for k in range(units):
        x = omega[k] / math.sqrt(v[k])
        log_p, g[k] = log_h_and_inverse_mills_kernel(-x)
        slope[k] = mills_excess_kernel(g[k], -x)
        odds[k] = log_p - log_h_kernel(x)
        j = k
        while j > 0 and ranked[j - 1] < odds[k]:
            ranked[j] = ranked[j - 1]
            j -= 1
        ranked[j] = odds[k]
    tilt = min(ranked[needed - 1], 0.0)
    for k in range(units):
        relative = odds[k] - tilt
        plus[k] = exp_kernel(min(relative, 0.0))
        minus[k] = exp_kernel(min(-relative, 0.0))
    _votes(plus, minus, units, -1, units, ways)
    total, factor = 0.0, exp_kernel(tilt)
    for c in range(units, needed - 1, -1):
        total = total * factor + ways[c]
    for k in range(units):
        _votes(plus, minus, units, k, needed - 1, ways)
        decides = plus[k] * ways[needed - 1] / total
        a = g[k]
        g[k] = a * decides / math.sqrt(v[k])
        slope[k] = -a * decides * (slope[k] - a * (1.0 - decides)) / v[k]


@kernel
def _votes(plus: Any, minus: Any, units: Any, absent: Any, most: Any, ways: Any) -> None:
    """Weights of 0 to ``most`` votes of all units but one."""
    ways[0] = 1.0
    for c in range(1, most + 1):
        ways[c] = 0.0
    for k in range(units):
        if k != absent:
            for c in range(most, 0, -1):
                ways[c] = ways[c] * minus[k] + ways[c - 1] * plus[k]
            ways[0] *= minus[k]
