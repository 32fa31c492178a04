"""Small continuous networks: three ways to train them, how flat their minima are, and what lies between two of them.

Parameters are flat vectors and networks are given by ``sizes``, both as in :mod:`learnscape.fully_connected`; labels are +1 and -1, and a pattern is wrong where
y f <= 0. Chapter *realistic-networks*.
"""

from __future__ import annotations

from learnscape.learn.continuous.flatness import LocalEnergy, local_energy
from learnscape.learn.continuous.paths import Bend, PathError, geodesic, one_bend, path_error
from learnscape.learn.continuous.symmetries import matched, normalised, permuted, unit_matching
from learnscape.learn.continuous.training import (
    Training,
    adversarial_start,
    entropy_sgd,
    replicated_sgd,
    train,
)

__all__ = [
    "Bend",
    "LocalEnergy",
    "PathError",
    "Training",
    "adversarial_start",
    "entropy_sgd",
    "geodesic",
    "local_energy",
    "matched",
    "normalised",
    "one_bend",
    "path_error",
    "permuted",
    "replicated_sgd",
    "train",
    "unit_matching",
]
