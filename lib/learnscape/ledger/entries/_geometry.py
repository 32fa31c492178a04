"""Gaps in the overlaps of the symmetric binary perceptron, and the star of the negative one. Chapter *geometry*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED, STORAGE, UNPUBLISHED
from learnscape.ledger.entry import Entry

SYMMETRIC: dict[str, Any] = {
    "conventions": "weights ±1; |w·ξ|/√N at most κ = 1 on every pattern",
    "chapter": "geometry",
}
ABSTRACT: dict[str, Any] = {"paper": "stojnic2026ultrametric", "where": "abstract", "known": READ}


def _gap(*sizes: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import SymmetricMargin
        from learnscape.replica.geometry import overlap_gap

        return overlap_gap(SymmetricMargin(1.0), sizes=list(sizes) or None).alpha

    return compute


def _stored_gap(number: int) -> Callable[[], float]:
    return lambda: float(stored("geometry")["gaps"][number]["alpha"])


def _star() -> float:
    from learnscape import Margin
    from learnscape.replica.geometry import star_limit

    return star_limit(Margin(-0.5))


def _recalled(identifier: str, size: int, words: str, value: str) -> Entry:
    return Entry(
        id=identifier,
        quantity=f"Symmetric binary perceptron: gap in the distances of {words}",
        symbol=f"α, m = {size}",
        recalled=value,
        paper="gamarnik2022algorithms",
        where="not known",
        known=RECALLED,
        compute=_gap(size),
        method="first moment, smallest load over distances",
        result="overlap-gap",
        tolerance=1e-6,
        note="Recalled as: there is a gap from this load on.",
        **SYMMETRIC,
    )


ENTRIES: tuple[Entry, ...] = (
    _recalled("sbp-gap-pairs", 2, "pairs", "1.71"),
    _recalled("sbp-gap-triples", 3, "triples", "1.667"),
    Entry(
        id="sbp-ultrametric-one",
        quantity="Symmetric binary perceptron: ultrametric gap, one level",
        symbol="α",
        published="1.6578",
        compute=_gap(4),
        method="first moment, sets of 4",
        result="overlap-gap",
        tolerance=1e-6,
        note="That the published value belongs to sets of four is our reading.",
        **ABSTRACT,
        **SYMMETRIC,
    ),
    Entry(
        id="sbp-ultrametric-two",
        quantity="Symmetric binary perceptron: ultrametric gap, two levels",
        symbol="α",
        published="1.6219",
        relation="rounded up",
        compute=_stored_gap(0),
        method="first moment, sets of 12 in subsets of 4; chapters/data/geometry.py",
        result="overlap-gap",
        tolerance=2e-6,
        note="An upper bound in both cases; the published sizes of the sets were not read.",
        **ABSTRACT,
        **SYMMETRIC,
    ),
    Entry(
        id="sbp-lifted-one",
        quantity="Symmetric binary perceptron: third level of lifted duality",
        symbol="α",
        published="1.6576",
        relation="rounded up",
        compute=_gap(),
        method="smallest first-moment load over real sizes, one level",
        result="lifted-gap",
        tolerance=1e-6,
        note="That both are the same formula is inferred from the numbers. The abstract prints it with ≈; rounded to the nearest, ours would be 1.6575.",
        **ABSTRACT,
        **SYMMETRIC,
    ),
    Entry(
        id="sbp-lifted-two",
        quantity="Symmetric binary perceptron: fourth level of lifted duality",
        symbol="α",
        published="1.6218",
        relation="rounded up",
        compute=_stored_gap(1),
        method="smallest first-moment load over real sizes, two levels; chapters/data/geometry.py",
        result="lifted-gap",
        tolerance=2e-6,
        note="That both are the same formula is inferred from the numbers. The abstract prints it with ≈; rounded to the nearest, ours would be 1.6217.",
        **ABSTRACT,
        **SYMMETRIC,
    ),
    Entry(
        id="star-limit",
        quantity="Negative spherical perceptron, κ = -1/2: load up to which typical solutions form a star",
        symbol="α",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions=STORAGE,
        compute=_star,
        method="where the two roots of κ₁ = κ p merge, replica symmetric",
        result="star-end",
        tolerance=1e-6,
        chapter="geometry",
        note="Annesi and co-workers (2023), who found the star, report in the abstract that it breaks down at larger loads.",
    ),
)
