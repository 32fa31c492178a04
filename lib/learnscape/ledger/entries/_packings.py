"""Jamming of soft discs and spheres. Chapter *packings*.

Ours are means over packings computed by ``chapters/data/packings_jamming.py``, read from its stored result, except for the number of contacts, which
is counted anew. The tolerance is two standard errors.
"""

from __future__ import annotations

from typing import Any

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED
from learnscape.ledger.entry import Entry, Reason

COMMON: dict[str, Any] = {
    "conventions": "φ = volume of the particles over that of the box; periodic box; harmonic repulsion; rattlers left out",
    "chapter": "packings",
}
MEMORY: dict[str, Any] = {"known": RECALLED, "where": "not known"}


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


def _excess_in_pressure() -> float:
    """Slope of ln(Z - Z_iso) against ln p between the means at the pressures 0.001 and 0.0074."""
    import numpy as np

    above = stored("packings_jamming")["above"]
    z, p = np.array(above["z"], dtype=float), np.array(above["pressure"], dtype=float).mean(axis=0)
    excess = (z - z[:, :1]).mean(axis=0)
    keep = (p > 1e-3) & (p < 1e-2)
    return float(np.polyfit(np.log(p[keep]), np.log(excess[keep]), 1)[0])


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="packings-isostatic",
        quantity="Contacts of a packing at jamming beyond d (N_s - 1)",
        symbol="N_c - d(N_s-1)",
        recalled="1",
        exact=True,
        paper="moukarzel1998isostatic",
        compute=_contacts,
        method="counted in 12 packings of 64 discs and 4 of 64 spheres, pressure 1e-8",
        result="packings-contacts",
        note="Proved for particles in general position; a crystal of equal spheres has more.",
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-density-2d",
        quantity="Density of bidisperse discs (ratio 1.4, half and half) at jamming",
        symbol="φ_J (2d)",
        recalled="0.842",
        paper="ohern2003jamming",
        compute=lambda: _density(512, 2, 0.86),
        method="mean of 30 packings of 512 discs, quenched at 0.86, then decompressed",
        rigour="heuristic",
        tolerance=5e-4,
        note="Depends on the protocol: 0.840 from quenches at 0.845 and 0.845 from quenches at 0.95 (256 discs). The agreement is one of protocols.",
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-density-3d",
        quantity="Density of equal spheres at jamming",
        symbol="φ_J (3d)",
        recalled="0.639",
        paper="ohern2003jamming",
        compute=lambda: _density(512, 3, 0.66),
        method="mean of 6 packings of 512 spheres, quenched at 0.66, then decompressed",
        rigour="heuristic",
        tolerance=9e-4,
        note="Depends on the protocol, as in two dimensions.",
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-excess-exponent",
        quantity="Power of the excess contacts in the distance from jamming",
        symbol="Z - Z_iso ~ (φ-φ_J)^x",
        recalled="0.50",
        paper="ohern2003jamming",
        compute=_excess_exponent,
        method="slope between pressures 1e-4 and 1e-2, 8 packings of 512 discs",
        result="packings-powers",
        tolerance=0.03,
        reason=Reason(
            mechanism="Corrections at both ends: at the lowest pressures a packing of 512 discs has a dozen excess contacts and misses some; at the "
            "highest the pressure grows faster than φ-φ_J. Against the pressure, between 0.001 and 0.01, the power is one half within 0.03.",
            shows="power of Z - Z_iso in the pressure, between p = 0.001 and 0.01",
            measure=_excess_in_pressure,
            between=(0.47, 0.53),
        ),
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-gap-exponent",
        quantity="Exponent of small gaps of discs at jamming",
        symbol="γ",
        recalled="0.41269",
        paper="charbonneau2014fractal",
        compute=lambda: -_exponent("2d", "gaps", 1e-3, 3e-2),
        method="maximum likelihood, gaps in [0.001, 0.03], 61 packings of 256 and 512 discs",
        result="jamming-exponents",
        tolerance=0.03,
        reason=Reason(
            mechanism="The window is not asymptotic: the exponent rises as the window moves away from the smallest gaps, which a finite packing "
            "lacks. No window of these sizes is long enough to exclude either neighbour.",
            shows="exponent in [0.01, 0.1] minus that in [0.00001, 0.001]",
            measure=lambda: _exponent("2d", "gaps", 1e-5, 1e-3) - _exponent("2d", "gaps", 1e-2, 1e-1),
            between=(0.15, 0.45),
        ),
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-force-exponent",
        quantity="Exponent of weak forces of discs at jamming, bucklers left out",
        symbol="θ",
        recalled="0.42311",
        paper="charbonneau2014fractal",
        compute=lambda: _exponent("2d", "forces_extended", 0.0, 0.2),
        method="maximum likelihood, forces below 0.2 of the mean, 61 packings of 256 and 512 discs",
        result="jamming-exponents",
        tolerance=0.07,
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="packings-buckler-exponent",
        quantity="Exponent of the weakest forces on discs with three contacts",
        symbol="θ_l",
        published="0.17",
        paper="lerner2013low",
        where="abstract: 0.17, about",
        known=READ,
        compute=lambda: float(stored("packings_critical")["forces"]["weakest"][0]["exponent"]),
        method="maximum likelihood, forces below 0.0125 of the mean, 5937 packings of 64 and 128 discs with one state of self-stress",
        rigour="heuristic",
        tolerance=0.05,
        note="The abstract has θ for our θ_l, and finds that γ ≥ (1-θ_l)/2 is saturated. Wider windows give less, since the weakest of three forces has a ceiling; "
        "what remains as the window closes is between 0.12 and 0.21, by the form that is assumed.",
        **COMMON,
    ),
)
