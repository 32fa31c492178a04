r"""Franz-Parisi entropy: who lives next door to a given solution?

*Problem.* Take a reference :math:`\tilde w`, a typical solution of margin :math:`\tilde\kappa`, and count the solutions at distance d from it:

.. math:: \phi(d)=\frac1N\Bigl\langle\ln\bigl|\{w:\ w\text{ satisfies all patterns},\ w\cdot\tilde w/N=1-2d\}\bigr|\Bigr\rangle_{\tilde w,\,\text{patterns}} .

The logarithm is averaged, so that :math:`\phi` speaks of the neighbourhood of almost every reference. With replicas of the reference (:math:`n\to0`, overlap :math:`\tilde q`) and of w
(overlap q with one another, t = 1 - 2d with the chosen reference, s with the others), both replica symmetric,

.. math:: \phi(d)=\operatorname*{extr}_{q,s}\{G_S(q,s,t)+\alpha\,G_E(q,s,t)\},

with the weights' term of :mod:`._sites`, the patterns' term of :mod:`._patterns` and the iteration of :mod:`._saddle`.

*What it says.* :math:`\phi` is largest where w is a typical solution like any other; the maximum is the entropy of all solutions. Where :math:`\phi<0` there is no solution. Close to a
typical reference the patterns whose stability is within :math:`\sqrt d` of the edge cost more than the choice of d N weights gains,

.. math:: \phi(d)\approx d\ln\frac1d+2\alpha C\sqrt d,\qquad C=P(\kappa)\int_0^\infty\!du\,\ln H(-u)<0,

with the density P of stabilities of the reference: typical binary solutions are isolated at every load (:func:`edge_slope`, :func:`gap`). A reference of larger margin
has no pattern there, and lies in a dense region. Real weights are not isolated: in the shell at distance d nearly all weights are solutions as :math:`d\to0`.

*Rigour.* Replica symmetry is assumed both for the reference and around it; the replicon says where the latter holds. Huang and Kabashima (2014); Baldassi et al. (2021). Chapter ``dense/isolated-solutions``.
"""

from __future__ import annotations

from learnscape.replica.franz_parisi._landmarks import Gap, edge_slope, first_moment, gap, kappa_max
from learnscape.replica.franz_parisi._solve import BranchLost, Solution, curve, entropy, solve
from learnscape.replica.franz_parisi._thresholds import Margins, Thresholds, margins, thresholds

__all__ = [
    "BranchLost",
    "Gap",
    "Margins",
    "Solution",
    "Thresholds",
    "curve",
    "edge_slope",
    "entropy",
    "first_moment",
    "gap",
    "kappa_max",
    "margins",
    "solve",
    "thresholds",
]
