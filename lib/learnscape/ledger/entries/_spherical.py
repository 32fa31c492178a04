"""Continuous weights: Cover's count, Gardner's capacity, and where replica symmetry ends. Chapters *perceptron* and *gardner-volume*."""

from __future__ import annotations

from typing import Any

from learnscape.ledger.entries._compute import at_line, capacity, cover, gardner_integral
from learnscape.ledger.entries._words import READ, RECALLED, STORAGE, UNPUBLISHED
from learnscape.ledger.entry import Entry

CAPACITY: dict[str, Any] = {
    "paper": "gardner1988space",
    "conventions": STORAGE,
    "chapter": "gardner-volume",
    "method": "replica-symmetric, closed form",
}
BEYOND = (
    "Within replica symmetry, which is unstable here well before this load: an upper bound on the true capacity, not its value. "
    "The recalled side is Gardner's integral by adaptive quadrature, ours the closed form."
)
AT_LINE: dict[str, Any] = {
    "paper": "",
    "where": "own value",
    "conventions": STORAGE,
    "known": UNPUBLISHED,
    "method": "zero of the replicon along the replica-symmetric branch",
    "result": "at-line",
    "tolerance": 1e-9,
    "chapter": "gardner-volume",
    "note": "The instability is that of de Almeida and Thouless; beyond it the single-overlap ansatz is certainly wrong.",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="cover-capacity",
        quantity="Largest load at which half of all labellings are separable",
        symbol="P/N",
        recalled="2",
        exact=True,
        paper="cover1965geometrical",
        where="not known",
        conventions="P points in general position in N dimensions, hyperplane through the origin",
        known=RECALLED,
        compute=cover,
        method="Cover's count in exact integers, N = 500",
        result="cover-count",
        chapter="perceptron",
        note="Holds at every N, not only for N → ∞: at P = 2N exactly half of the labellings are separable.",
    ),
    Entry(
        id="gardner-capacity",
        quantity="Capacity of the spherical perceptron without margin",
        symbol="α_c(0)",
        published="2",
        exact=True,
        paper="gardner1988optimal",
        where="abstract",
        conventions=STORAGE,
        known=READ,
        compute=capacity("Spherical", "Margin", 0.0),
        method="replica-symmetric, closed form",
        result="gardner-capacity",
        chapter="gardner-volume",
    ),
    Entry(
        id="gardner-capacity-margin",
        quantity="Capacity of the spherical perceptron at margin 1/2",
        symbol="α_c(1/2)",
        recalled="1/∫Dz (κ-z)₊²",
        formula=gardner_integral(0.5),
        where="equation number not known",
        known=RECALLED,
        compute=capacity("Spherical", "Margin", 0.5),
        result="gardner-capacity",
        certified="[0.961205052801541, 0.961205052801542]",
        tolerance=1e-10,
        note="The recalled side is Gardner's integral by adaptive quadrature, ours the closed form.",
        **CAPACITY,
    ),
    Entry(
        id="gardner-capacity-one",
        quantity="Capacity of the spherical perceptron at margin 1",
        symbol="α_c(1)",
        recalled="1/∫Dz (κ-z)₊²",
        formula=gardner_integral(1.0),
        where="equation number not known",
        known=RECALLED,
        compute=capacity("Spherical", "Margin", 1.0),
        result="gardner-capacity",
        certified="[0.5195722296049379, 0.5195722296049380]",
        tolerance=1e-10,
        **CAPACITY,
    ),
    Entry(
        id="gardner-rs-minus-half",
        quantity="Replica-symmetric capacity of the spherical perceptron at margin -1/2",
        symbol="α_RS(-1/2)",
        recalled="1/∫Dz (κ-z)₊²",
        formula=gardner_integral(-0.5),
        where="equation number not known",
        known=RECALLED,
        compute=capacity("Spherical", "Margin", -0.5),
        result="gardner-negative",
        certified="[4.770098882619385, 4.770098882619386]",
        tolerance=1e-9,
        note=BEYOND,
        **CAPACITY,
    ),
    Entry(
        id="gardner-rs-minus-one",
        quantity="Replica-symmetric capacity of the spherical perceptron at margin -1",
        symbol="α_RS(-1)",
        recalled="1/∫Dz (κ-z)₊²",
        formula=gardner_integral(-1.0),
        where="equation number not known",
        known=RECALLED,
        compute=capacity("Spherical", "Margin", -1.0),
        result="gardner-negative",
        certified="[13.27319983702451, 13.27319983702452]",
        tolerance=1e-9,
        note=BEYOND,
        **CAPACITY,
    ),
    Entry(
        id="at-line-minus-half",
        quantity="Load at which replica symmetry becomes unstable, margin -1/2",
        symbol="α_AT(-1/2)",
        compute=at_line(-0.5),
        **AT_LINE,
    ),
    Entry(
        id="at-line-minus-one",
        quantity="Load at which replica symmetry becomes unstable, margin -1",
        symbol="α_AT(-1)",
        compute=at_line(-1.0),
        **AT_LINE,
    ),
)
