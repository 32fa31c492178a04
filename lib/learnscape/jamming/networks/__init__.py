"""Hinge networks: fully-connected ReLU networks with the quadratic hinge loss of paper B, trained across the jamming transition."""

from learnscape.jamming.networks.model import (
    Hessian,
    HingeNetwork,
    LabelledPatterns,
    normalised,
    random_data,
)
from learnscape.jamming.networks.training import Trace, Training, annealed, stepwise, train

__all__ = [
    "Hessian",
    "HingeNetwork",
    "LabelledPatterns",
    "Trace",
    "Training",
    "annealed",
    "normalised",
    "random_data",
    "stepwise",
    "train",
]
