"""Full replica symmetry breaking: the Parisi equation of the spherical perceptron."""

from learnscape.replica.parisi.breaking import Boundaries, BreakingPoint, boundaries, breaking_point
from learnscape.replica.parisi.exponents import (
    JammingExponents,
    ScalingFunctions,
    jamming_exponents,
    scaling_functions,
)
from learnscape.replica.parisi.perceptron_jamming import Jamming, jamming
from learnscape.replica.parisi.satisfiable import Satisfiable, solve
from learnscape.replica.parisi.slopes import LocalSlopes, local_slopes

__all__ = [
    "Boundaries",
    "BreakingPoint",
    "Jamming",
    "JammingExponents",
    "LocalSlopes",
    "Satisfiable",
    "ScalingFunctions",
    "boundaries",
    "breaking_point",
    "jamming",
    "jamming_exponents",
    "local_slopes",
    "scaling_functions",
    "solve",
]
