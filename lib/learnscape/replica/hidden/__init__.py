r"""A hidden teacher and students with more weights than it: the model of learning through atypical phase transitions.

*Problem.* A binary teacher with D weights labels P patterns. The student does not see the D inputs x but N random features of them,
:math:`\tilde x_i=\sigma(F_i\cdot x/\sqrt D)` with Gaussian F, centred (:math:`\mu_0` is subtracted) and divided by their standard deviation, and has N weights
+1 and -1. The data are fixed by :math:`\alpha_T=P/D`; the control parameter is the number of weights, :math:`1/\alpha=N/P`. By Gaussian equivalence
(:mod:`learnscape.activations`) a student w sees

.. math::  \frac{w\cdot\tilde x}{\sqrt N}=\mu_1\frac{s\cdot x}{\sqrt D}+\mu_*\frac{w\cdot\eta}{\sqrt N},\qquad s=\frac{F^{\mathsf T}w}{\sqrt N},

with fresh noise :math:`\eta`. So the order parameters are the overlap q of two students, the overlaps :math:`p_d` and p of their projections s, and the overlap
r of s with the teacher; the field has the variances :math:`Q_d=\mu_1^2p_d+\mu_*^2`, :math:`Q=\mu_1^2p+\mu_*^2q` and :math:`R=\mu_1r`. Replica symmetry gives

.. math::
    \phi=-\tfrac12\hat q(1-q)+\int Dx\,\ln2\cosh(\sqrt{\hat q}x)+\frac{\alpha}{\alpha_T}G_D+\alpha\,G_E,

.. math::
    G_D=\tfrac12\Bigl\{\ln\frac{p_d-p}{1-q}+\frac{p-r^2}{p_d-p}-\frac{q+p_d}{1-q}+\frac{q(p_d-p)}{(1-q)^2}+1\Bigr\},

.. math::
    G_E=2\int Dt\,H\Bigl(-\frac{Rt}{\sqrt{Q-R^2}}\Bigr)\ln H\Bigl(\frac{\kappa-\sqrt Qt}{\sqrt{Q_d-Q}}\Bigr).

:math:`G_D` is the logarithm of the volume of D-dimensional vectors :math:`s^a` with overlaps p (and r with the teacher) under the Gaussian measure with covariance q,
:math:`\tfrac12[\ln\det(p-rr^{\mathsf T})-\ln\det q-\operatorname{Tr}q^{-1}p+n]`, for n -> 0 replicas.

*Rigour.* Exact within the ansatz named by each function, and given Gaussian equivalence. The interpolation point is the zero of the replica-symmetric entropy.
Baldassi, Lauditi, Malatesta, Pacelli, Perugini and Zecchina (2022), arXiv:2110.00683. Chapter *overparameterization*.
"""

from __future__ import annotations

from learnscape.replica.hidden._dense import Dense, DensePoint, dense, local_entropy_point
from learnscape.replica.hidden._diagrams import (
    DenseCurve,
    PhaseDiagram,
    WeightsCurve,
    dense_curve,
    phase_diagram,
    weights_curve,
)
from learnscape.replica.hidden._neighbours import Neighbours, franz_parisi
from learnscape.replica.hidden._ridge import RidgeSolution, ridge
from learnscape.replica.hidden._typical import Solution, interpolation_point, solve

__all__ = [
    "Dense",
    "DenseCurve",
    "DensePoint",
    "Neighbours",
    "PhaseDiagram",
    "RidgeSolution",
    "Solution",
    "WeightsCurve",
    "dense",
    "dense_curve",
    "franz_parisi",
    "interpolation_point",
    "local_entropy_point",
    "phase_diagram",
    "ridge",
    "solve",
    "weights_curve",
]
