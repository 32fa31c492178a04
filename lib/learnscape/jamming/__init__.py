"""Jamming at finite size: states in which no particle, weight or parameter can move without violating a constraint."""

from __future__ import annotations

from learnscape.jamming import double_descent, ellipses, networks, packings, perceptron, spectra

__all__ = ["double_descent", "ellipses", "networks", "packings", "perceptron", "spectra"]
