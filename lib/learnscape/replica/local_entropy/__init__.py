r"""Local entropy: the densest regions of solutions, found by the large deviations of groups of y replicas.

*Problem.* Take groups of y solutions at mutual distance d, that is with overlap :math:`q_1=1-2d`. Their replicated free entropy
:math:`\Phi=\frac1N\langle\ln\#\text{groups}\rangle` is that of one step of replica symmetry breaking with the block parameter m = y and :math:`q_1` given;
the overlap :math:`q_0` between groups and the conjugates are extremal. A group is counted with the weight of its surroundings to the power y:

.. math:: \Phi(y)=y\,S_I+S_E,\qquad S_I=\partial_y\Phi,\qquad S_E=\Phi-y\,S_I,

with the *local* (internal) *entropy* :math:`S_I(d;y)`, the logarithm of the number of solutions around a group, and the *external entropy* :math:`S_E`, that of the
number of such groups. Large y means denser and rarer groups; at small y :math:`S_I` need not grow with y (it falls from y = 1 to 2 at alpha = 0.6, d = 0.1).

*Estimators.* The values differ, and so do the loads up to which :math:`S_I` grows monotonically with d; none goes without its name. y -> infinity takes the densest
group of all, one-dimensional integrals only; where it has :math:`S_E<0` typical samples have no such group, and the value is a formal limit (`Solution.formal`). The
y at which :math:`S_E=0` is the densest one that exists; beyond some distance it is infinite.

*Rigour.* Non-rigorous; the ansatz between groups is replica symmetric, and for binary weights its replicon is negative as y -> infinity. Baldassi, Ingrosso, Lucibello,
Saglietti and Zecchina (2015, 2016); Baldassi et al. (2021). Chapter ``dense/local-entropy``.
"""

from __future__ import annotations

from learnscape.replica.local_entropy._solve import Solution, curve, solve
from learnscape.replica.local_entropy._threshold import Threshold, threshold

__all__ = ["Solution", "Threshold", "curve", "solve", "threshold"]
