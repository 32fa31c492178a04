r"""Spectra of Hessians: what the curvature of a landscape says about the directions in which a jammed state is flat, stiff or unstable.

* Measured: ``density`` and ``integrated`` with error bars over samples, eigenvalues that are zero counted apart as a delta peak; ``levels`` counts
  zero, negative and positive eigenvalues; ``edge`` estimates where a continuous spectrum ends; ``frequencies`` turns eigenvalues into
  vibration frequencies; ``asymmetry`` says how far a spectrum is from symmetric about zero; ``split`` compares H, H0 and Hp.
* Theory: ``marchenko_pastur`` for A^T A / N with random rows, ``semicircle`` for symmetric random matrices.

Eigenvalues come as one array per sample (a list of arrays, a 2-D array with one row a sample, or a single array). An eigenvalue counts as
zero if its size is at most ``zero`` times the largest size in its sample, 1e-9 unless told otherwise. Chapter ``jamming/hessian-spectra``.
"""

from __future__ import annotations

from learnscape.jamming.spectra.counting import Asymmetry, Levels, asymmetry, frequencies, levels
from learnscape.jamming.spectra.edges import Edge, edge
from learnscape.jamming.spectra.halves import Split, split
from learnscape.jamming.spectra.histogram import Density, Integrated, density, integrated
from learnscape.jamming.spectra.laws import MarchenkoPastur, Semicircle, marchenko_pastur, semicircle

__all__ = [
    "Asymmetry",
    "Density",
    "Edge",
    "Integrated",
    "Levels",
    "MarchenkoPastur",
    "Semicircle",
    "Split",
    "asymmetry",
    "density",
    "edge",
    "frequencies",
    "integrated",
    "levels",
    "marchenko_pastur",
    "semicircle",
    "split",
]
