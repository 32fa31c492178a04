"""The negative perceptron as a model of jamming. Chapter *perceptron-jamming*.

Contacts, margin and spectrum are small simulations with fixed seeds, run anew when the ledger is shown; exponents, which need many draws, come from
the chapter's stored data. The statistical error is part of the tolerance.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED, STORAGE, UNPUBLISHED
from learnscape.ledger.entry import Entry, Reason

LOAD = 4.0
SIZE, DRAWS = 64, 50
COMMON: dict[str, Any] = {"conventions": STORAGE, "chapter": "perceptron-jamming"}


@cache
def _states() -> tuple[tuple[float, int], ...]:
    """Margin and number of contacts of jammed perceptrons at a negative margin."""
    from learnscape.jamming import perceptron

    states = (perceptron.jam(SIZE, LOAD, pressure=1e-3, rng=seed) for seed in range(DRAWS))
    return tuple((s.kappa, len(s.contacts)) for s in states)


def _contacts() -> float:
    return float(np.mean([contacts for _, contacts in _states()])) / SIZE


def _margin() -> float:
    return float(np.mean([kappa for kappa, _ in _states()]))


def _exponent(n: int, kind: str, low: float, high: float) -> float:
    """Exponent of the stored states of one size in one window."""
    row = next(r for r in stored("perceptron_jamming")["jammed"] if (r["n"], r["alpha"]) == (n, LOAD))
    return float(next(f["exponent"] for f in row[kind] if (f["low"], f["high"]) == (low, high)))


def _extreme(kind: str, first: int) -> float:
    """Exponent from how the fourth smallest value falls with the size, stored sizes from the first on, at a pressure that falls as 1/N²."""
    row = next(r for r in stored("perceptron_jamming")["extremes"] if r["sizes"][0] == first)
    return float(row[kind]["exponents"][3])


def _force_exponent() -> float:
    return _extreme("forces", 64)


def _gap_exponent() -> float:
    return -_exponent(SIZE, "gaps", 0.003, 0.03)


def _hypostatic() -> float:
    """Contacts per weight at the margin 1/2, from the closed forms."""
    from learnscape import Margin, Spherical
    from learnscape.numerics.gaussian import H
    from learnscape.replica import rs

    return float(rs.capacity(Spherical(), Margin(0.5)) * H(-0.5))


def _bound() -> float:
    from learnscape.replica import unsat

    return unsat.jamming_margin(LOAD)


def _edge() -> float:
    """(sqrt c - 1)^2 - zeta at a margin above jamming: mean over draws at two sizes, extrapolated in N^(-2/3)."""
    from learnscape.jamming import perceptron

    def mean(n: int, draws: int) -> float:
        edges = []
        for seed in range(draws):
            xi = np.random.default_rng(seed).standard_normal((4 * n, n))
            edges.append(perceptron.hessian(perceptron.minimise(xi, -0.2, rng=seed)).edge)
        return math.fsum(edges) / draws

    ratio = (144 / 48) ** (2 / 3)
    return (ratio * mean(144, 60) - mean(48, 300)) / (ratio - 1)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="perceptron-isostatic",
        quantity="Contacts per weight of a jammed perceptron at a negative margin",
        symbol="N_c/N (κ<0)",
        published="1",
        exact=True,
        paper="franz2016simplest",
        where="abstract (isostatic)",
        known=READ,
        compute=_contacts,
        method=f"exact corners of {DRAWS} draws at N = {SIZE}, α = 4",
        result="perceptron-contacts",
        note="Holds in every draw, not on average: a local maximum of a convex function on a polytope is a corner.",
        **COMMON,
    ),
    Entry(
        id="perceptron-hypostatic",
        quantity="Contacts per weight of a jammed perceptron at margin 1/2",
        symbol="N_c/N (κ=1/2)",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        compute=_hypostatic,
        method="replica-symmetric, closed form",
        rigour="replica-exact",
        note="The abstract of Franz and Parisi (2016) calls this side of the transition hypostatic and gives no number.",
        **COMMON,
    ),
    Entry(
        id="perceptron-jamming-bound",
        quantity="Jamming margin at load 4 against Gardner's formula",
        symbol="κ_J(4)",
        recalled="α ∫Dz (κ-z)₊² = 1",
        formula=_bound,
        relation="upper bound",
        paper="stojnic2013another",
        where="not known",
        known=RECALLED,
        compute=_margin,
        method=f"decompression, mean of {DRAWS} draws at N = {SIZE}",
        result="gardner-upper-bound",
        tolerance=0.004,
        note="A bound on the best margin of a typical large draw; what a search finds lies below the best.",
        **COMMON,
    ),
    Entry(
        id="perceptron-marginal-edge",
        quantity="Lower edge of the Hessian above jamming, margin -0.2 and load 4",
        symbol="(√c-1)² - ζ",
        recalled="0",
        exact=True,
        paper="franz2015universal",
        where="not known",
        known=RECALLED,
        compute=_edge,
        method="c and ζ measured at N = 48 (300 minima) and 144 (60), straight line in N^(-2/3)",
        result="perceptron-marginal",
        tolerance=0.005,
        note="The tolerance is three standard errors. Replica symmetry would give 0.0081.",
        **COMMON,
    ),
    Entry(
        id="perceptron-force-exponent",
        quantity="Exponent of weak contact forces at jamming",
        symbol="θ",
        recalled="0.42311",
        paper="charbonneau2014fractal",
        where="not known",
        known=RECALLED,
        compute=_force_exponent,
        method="fourth smallest force against the size, 3350 stored draws at N = 64 to 512, α = 4",
        result="jamming-exponents",
        tolerance=0.052,
        note="The tolerance is two standard errors. Fitted to forces below 0.2 of the mean at one size, θ falls with N: 0.452(14) at 64, 0.389(31) at 512.",
        **COMMON,
    ),
    Entry(
        id="perceptron-gap-exponent",
        quantity="Exponent of small gaps at jamming",
        symbol="γ",
        recalled="0.41269",
        paper="charbonneau2014fractal",
        where="not known",
        known=RECALLED,
        compute=_gap_exponent,
        method=f"maximum likelihood, gaps in [0.003, 0.03], 600 stored draws at N = {SIZE}, α = 4",
        result="jamming-exponents",
        tolerance=0.01,
        reason=Reason(
            mechanism="The window is not asymptotic: above it the density is no power law yet, below it a draw of this size has about one gap. The "
            "exponent in the best window of one decade grows with N.",
            shows="exponent from the fourth smallest gap at N = 128 to 512, without a window (smaller sizes pull it down)",
            measure=lambda: -_extreme("gaps", 128),
            between=(0.41269 - 0.05, 0.41269 + 0.05),
        ),
        **COMMON,
    ),
)
