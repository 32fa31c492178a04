r"""The spherical perceptron as the simplest model of jamming.

Each of P = alpha N random patterns demands a stability w.xi / sqrt(N) of at least the margin kappa. With kappa < 0 a pattern forbids a small cap of the sphere
|w|^2 = N, as in a packing each sphere forbids a ball to the others, and the allowed region is not convex. *Jamming* is the
margin (or the load) at which the last allowed point vanishes. Below it everybody can be satisfied (SAT), above it somebody is not (UNSAT).

``jam`` finds jammed states from either side, ``avalanches`` follows one in a field, ``minimise`` finds the minima of the quadratic cost above jamming, ``hessian`` their curvature.

S. Franz and G. Parisi, J. Phys. A 49, 145001 (2016), arXiv 1501.03397; S. Franz, G. Parisi, M. Sevelev, P. Urbani and F. Zamponi, SciPost Phys. 2, 019
(2017), arXiv 1702.06919. Chapter ``jamming/perceptron-jamming``.
"""

from __future__ import annotations

from learnscape.jamming.perceptron.driven import Avalanches, avalanches
from learnscape.jamming.perceptron.energy import UnsatMinimum, minimise
from learnscape.jamming.perceptron.jammed import JammedPerceptron, jam
from learnscape.jamming.perceptron.spectrum import PerceptronHessian, hessian

__all__ = [
    "Avalanches",
    "JammedPerceptron",
    "PerceptronHessian",
    "UnsatMinimum",
    "avalanches",
    "hessian",
    "jam",
    "minimise",
]
