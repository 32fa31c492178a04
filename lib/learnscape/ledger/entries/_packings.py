"""Jamming of soft discs and spheres. Chapter *packings*.

Ours are means over packings computed by ``chapters/data/packings_jamming.py``, read from its stored result, except for the number of contacts, which
is counted anew. The tolerance is two standard errors.
"""

from __future__ import annotations

from typing import Any

from learnscape.data import stored
from learnscape.ledger.entries._words import RECALLED
from learnscape.ledger.entry import Entry

COMMON: dict[str, Any] = {
    "conventions": "φ = volume of the particles over that of the box; periodic box; harmonic repulsion; rattlers left out",
    "chapter": "packings",
    "known": RECALLED,
    "where": "not known",
}


def _at(n: int, dimension: int, phi0: float) -> Any:
    """The row of one size, dimension and starting density."""
    key = (n, dimension, phi0)
    return next(
        row
        for row in stored("packings_jamming")["at_jamming"]
        if (row["n"], row["dimension"], row["phi0"]) == key
    )


def _density(n: int, dimension: int, phi0: float) -> float:
    return float(_at(n, dimension, phi0)["phi"][0])


def _exponent(space: str, column: str, low: float, high: float) -> float:
    fits = stored("packings_jamming")["exponents"][space][column]
    return float(next(f["exponent"] for f in fits if (f["low"], f["high"]) == (low, high)))


def _contacts() -> float:
    """Contacts beyond d (N_s - 1), mean over twelve packings of 64 discs and four of 64 spheres."""
    from learnscape.jamming import packings

    flat = [packings.jam(64, rng=seed, pressure=1e-8).excess_contacts + 1 for seed in range(12)]
    solid = [packings.jam(64, 3, rng=seed, pressure=1e-8).excess_contacts + 1 for seed in range(4)]
    return sum(flat + solid) / 16


def _excess_exponent() -> float:
    """Slope of ln(Z - Z_iso) against ln(phi - phi_J) between the pressures 1e-4 and 1e-2, means over the packings."""
    import numpy as np

    above = stored("packings_jamming")["above"]
    z, phi = np.array(above["z"], dtype=float), np.array(above["phi"], dtype=float)
    target = np.array([1e-7, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2])
    keep = (target >= 1e-4) & (target <= 1e-2)
    shift = (phi - phi[:, :1]).mean(axis=0)[keep]
    excess = (z - z[:, :1]).mean(axis=0)[keep]
    return float(np.polyfit(np.log(shift), np.log(excess), 1)[0])


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="packings-isostatic",
        quantity="Contacts of a packing at jamming beyond d (N_s - 1)",
        symbol="N_c - d(N_s-1)",
        published="1",
        exact=True,
        paper="moukarzel1998isostatic",
        compute=_contacts,
        method="counted in 12 packings of 64 discs and 4 of 64 spheres, pressure 1e-8",
        rigour="proved",
        note="Proved for particles in general position; a crystal of equal spheres has more.",
        **COMMON,
    ),
    Entry(
        id="packings-density-2d",
        quantity="Density of bidisperse discs (ratio 1.4, half and half) at jamming",
        symbol="φ_J (2d)",
        published="0.842",
        paper="ohern2003jamming",
        compute=lambda: _density(512, 2, 0.86),
        method="mean of 30 packings of 512 discs, quenched at 0.86, then decompressed",
        rigour="heuristic",
        tolerance=5e-4,
        note="Depends on the protocol: 0.840 from quenches at 0.845 and 0.845 from quenches at 0.95 (256 discs). The agreement is one of protocols.",
        **COMMON,
    ),
    Entry(
        id="packings-density-3d",
        quantity="Density of equal spheres at jamming",
        symbol="φ_J (3d)",
        published="0.639",
        paper="ohern2003jamming",
        compute=lambda: _density(512, 3, 0.66),
        method="mean of 6 packings of 512 spheres, quenched at 0.66, then decompressed",
        rigour="heuristic",
        tolerance=9e-4,
        note="Depends on the protocol, as in two dimensions.",
        **COMMON,
    ),
    Entry(
        id="packings-excess-exponent",
        quantity="Power of the excess contacts in the distance from jamming",
        symbol="Z - Z_iso ~ (φ-φ_J)^x",
        published="0.50",
        paper="ohern2003jamming",
        compute=_excess_exponent,
        method="slope between pressures 1e-4 and 1e-2, 8 packings of 512 discs",
        rigour="heuristic",
        tolerance=0.03,
        discrepancy="Corrections at both ends. At the lowest pressure a packing of 512 discs has about a dozen contacts in excess and some are missing "
        "(finite size); at the highest the pressure grows faster than φ-φ_J. Between p = 0.001 and 0.01 the ratio (Z-Z_iso)/√p is constant within 2 %.",
        **COMMON,
    ),
    Entry(
        id="packings-gap-exponent",
        quantity="Exponent of small gaps of discs at jamming",
        symbol="γ",
        published="0.41269",
        paper="charbonneau2014fractal",
        compute=lambda: -_exponent("2d", "gaps", 1e-3, 3e-2),
        method="maximum likelihood, gaps in [0.001, 0.03], packings of 256 and 512 discs",
        rigour="RSB",
        tolerance=0.03,
        discrepancy="The window is not asymptotic: the exponent rises from 0.2 to 0.5 as the window moves from the smallest gaps, which a finite packing "
        "lacks, to 0.1. No window of these sizes is long enough to exclude either neighbour.",
        **COMMON,
    ),
    Entry(
        id="packings-force-exponent",
        quantity="Exponent of weak forces of discs at jamming, bucklers left out",
        symbol="θ",
        published="0.42311",
        paper="charbonneau2014fractal",
        compute=lambda: _exponent("2d", "forces_extended", 0.0, 0.2),
        method="maximum likelihood, forces below 0.2 of the mean, packings of 256 and 512 discs",
        rigour="RSB",
        tolerance=0.07,
        **COMMON,
    ),
    Entry(
        id="packings-buckler-exponent",
        quantity="Exponent of weak forces on particles with d + 1 contacts",
        symbol="θ_l",
        published="0.17",
        paper="lerner2013low",
        compute=lambda: _exponent("2d", "forces_bucklers", 0.0, 0.1),
        method="maximum likelihood, forces below 0.1 of the mean, packings of 256 and 512 discs",
        rigour="heuristic",
        tolerance=0.085,
        note="The value is the bound γ ≥ (1-θ_l)/2 of the abstract taken as an equality. Wider windows give less: 0.05 up to 0.2 of the mean, and spheres give negative values. A particle with d + 1 contacts need not be a buckler.",
        **COMMON,
    ),
)
