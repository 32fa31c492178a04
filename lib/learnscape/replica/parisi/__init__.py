"""Full replica symmetry breaking: the Parisi equation of the spherical perceptron."""

from learnscape.replica.parisi.exponents import (
    JammingExponents,
    ScalingFunctions,
    jamming_exponents,
    scaling_functions,
)
from learnscape.replica.parisi.perceptron_jamming import Jamming, jamming
from learnscape.replica.parisi.slopes import LocalSlopes, local_slopes

__all__ = [
    "Jamming",
    "JammingExponents",
    "LocalSlopes",
    "ScalingFunctions",
    "jamming",
    "jamming_exponents",
    "local_slopes",
    "scaling_functions",
]
