"""The exponents of jamming from the scaling solution of the Parisi equation. Chapter *jamming-exponents*."""

from __future__ import annotations

from typing import Any

from learnscape.ledger.entries._words import READ, RECALLED
from learnscape.ledger.entry import Entry


def _of(name: str) -> float:
    from learnscape.replica import parisi

    return float(getattr(parisi.jamming_exponents(), name))


COMMON: dict[str, Any] = {
    "conventions": "scaling region of full RSB at jamming; spheres in infinite dimension and the perceptron have the same",
    "method": "scaling functions by Chebyshev collocation, closure included",
    "chapter": "jamming-exponents",
}
MEMORY: dict[str, Any] = {
    "paper": "charbonneau2014fractal",
    "where": "not known",
    "known": RECALLED,
    "result": "jamming-exponents",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="jamming-gamma",
        quantity="Full RSB: exponent of small gaps at jamming",
        symbol="γ",
        recalled="0.41269",
        compute=lambda: _of("gamma"),
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="jamming-theta",
        quantity="Full RSB: exponent of weak forces at jamming",
        symbol="θ",
        recalled="0.42311",
        compute=lambda: _of("theta"),
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="jamming-kappa",
        quantity="Full RSB: exponent of 1 - q at jamming",
        symbol="ϰ",
        recalled="1.41574",
        compute=lambda: _of("kappa_exponent"),
        **MEMORY,
        **COMMON,
    ),
    Entry(
        id="jamming-sum",
        quantity="Full RSB at jamming: sum of the exponents of density and width",
        symbol="a + b",
        published="1",
        exact=True,
        paper="parisi2026proof",
        where="abstract",
        known=READ,
        compute=lambda: _of("a") + _of("b"),
        tolerance=1e-9,
        result="jamming-identity",
        note="The equations that are solved do not contain it. The chapter has a proof of three lines.",
        **COMMON,
    ),
)
