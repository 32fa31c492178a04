"""Explorables: one kernel behind a slider, live in JupyterLab, in the static page and, as a picture, anywhere else.

Use one in a chapter as ``from learnscape.explore import gardner_capacity; gardner_capacity()``. ``core.py`` says how one is made.
"""

from __future__ import annotations

from learnscape.explore.allowed_region import allowed_region
from learnscape.explore.binary_entropy import binary_entropy
from learnscape.explore.core import REGISTRY, Explorable
from learnscape.explore.cover_dichotomies import cover_dichotomies
from learnscape.explore.cover_fraction import cover_fraction
from learnscape.explore.curie_weiss import curie_weiss
from learnscape.explore.discs import discs
from learnscape.explore.double_descent import double_descent
from learnscape.explore.ellipses import ellipses
from learnscape.explore.fixed_point_cobweb import fixed_point_cobweb
from learnscape.explore.gardner_capacity import gardner_capacity
from learnscape.explore.gardner_volume import gardner_volume
from learnscape.explore.gaussian_tail import gaussian_tail
from learnscape.explore.generalization import generalization
from learnscape.explore.hessian_spectrum import hessian_spectrum
from learnscape.explore.hinge_network import hinge_network
from learnscape.explore.learning_perceptron import learning_perceptron
from learnscape.explore.margin_converter import margin_converter
from learnscape.explore.overlap_converter import overlap_converter
from learnscape.explore.teacher_landscape import teacher_landscape
from learnscape.explore.typical_average import typical_average

__all__ = [
    "REGISTRY",
    "Explorable",
    "allowed_region",
    "binary_entropy",
    "cover_dichotomies",
    "cover_fraction",
    "curie_weiss",
    "discs",
    "double_descent",
    "ellipses",
    "fixed_point_cobweb",
    "gardner_capacity",
    "gardner_volume",
    "gaussian_tail",
    "generalization",
    "hessian_spectrum",
    "hinge_network",
    "learning_perceptron",
    "margin_converter",
    "overlap_converter",
    "teacher_landscape",
    "typical_average",
]
