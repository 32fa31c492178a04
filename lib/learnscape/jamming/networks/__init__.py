"""Hinge networks: fully-connected ReLU networks with the quadratic hinge loss of paper B, trained across the jamming transition."""

from learnscape.jamming.networks.diagnosis import Diagnosis, Stability, diagnose, n_effective, stability
from learnscape.jamming.networks.jammed import JammedNetwork, TanhNetwork, jam
from learnscape.jamming.networks.model import (
    Hessian,
    HingeNetwork,
    LabelledPatterns,
    normalised,
    random_data,
)
from learnscape.jamming.networks.schedules import annealed, stepwise
from learnscape.jamming.networks.training import Trace, Training, train
from learnscape.jamming.networks.verdict import virial

__all__ = [
    "Diagnosis",
    "Hessian",
    "HingeNetwork",
    "JammedNetwork",
    "LabelledPatterns",
    "Stability",
    "TanhNetwork",
    "Trace",
    "Training",
    "annealed",
    "diagnose",
    "jam",
    "n_effective",
    "normalised",
    "random_data",
    "stability",
    "stepwise",
    "train",
    "virial",
]
