"""Full replica symmetry breaking: the Parisi equation of the spherical perceptron."""

from learnscape.replica.parisi.exponents import (
    JammingExponents,
    ScalingFunctions,
    jamming_exponents,
    scaling_functions,
)

__all__ = ["JammingExponents", "ScalingFunctions", "jamming_exponents", "scaling_functions"]
