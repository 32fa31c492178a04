"""Jamming at finite size: states in which no particle, weight or parameter can move without violating a constraint."""

from __future__ import annotations

from learnscape.jamming import networks, perceptron, spectra

__all__ = ["networks", "perceptron", "spectra"]
