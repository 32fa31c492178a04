"""Floor 2: learning at finite size. Exact counting, the perceptron rules, the largest stability, separability.

Patterns are rows of an array (P, N) with their labels folded in; a pattern's stability is w.xi / sqrt(N) with |w|^2 = N, and it
is satisfied when the stability is >= kappa.
"""

from __future__ import annotations

from learnscape.learn._certificate import MarginSolution
from learnscape.learn.dual_ascent import adatron
from learnscape.learn.enumeration import Enumeration, enumerate_solutions
from learnscape.learn.margin import max_margin
from learnscape.learn.minimal_overlap import minover
from learnscape.learn.perceptron_rule import PerceptronRun, rosenblatt, rosenblatt_bound, rosenblatt_step
from learnscape.learn.separability import Separability, separable
from learnscape.learn.version_space import sample_version_space

__all__ = [
    "Enumeration",
    "MarginSolution",
    "PerceptronRun",
    "Separability",
    "adatron",
    "enumerate_solutions",
    "max_margin",
    "minover",
    "rosenblatt",
    "rosenblatt_bound",
    "rosenblatt_step",
    "sample_version_space",
    "separable",
]
