"""Full replica symmetry breaking of the negative spherical perceptron. Chapter *full-rsb*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learnscape.ledger.entries._words import RECALLED, STORAGE, UNPUBLISHED
from learnscape.ledger.entry import Entry


def _load(kappa: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape.replica.parisi import jamming

        return jamming(kappa, levels=8).alpha

    return compute


def _full() -> float:
    from learnscape.replica.parisi import boundaries

    return boundaries().full


def _continuous() -> float:
    from learnscape.replica.parisi import boundaries

    return boundaries().continuous


MODEL: dict[str, Any] = {
    "paper": "franz2017universality",
    "where": "not known",
    "conventions": "spherical weights; " + STORAGE,
    "chapter": "full-rsb",
}
LOAD: dict[str, Any] = {
    "known": UNPUBLISHED,
    "method": "Parisi equation on a ladder of eight levels, Newton's method; an upper bound within replicas",
    "result": "full-rsb-jamming",
    "tolerance": 2e-4,
}
KIND: dict[str, Any] = {
    "known": RECALLED,
    "method": "quadrature on the AT line, and a root in the margin",
    "result": "full-rsb-kinds",
    "tolerance": 1e-9,
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="full-rsb-jamming-minus-one",
        quantity="Jamming load of the spherical perceptron at margin -1, full RSB",
        symbol="α_J(-1)",
        compute=_load(-1.0),
        note="Twelve levels lower it by 9e-5, and more levels by another 2e-5.",
        **LOAD,
        **MODEL,
    ),
    Entry(
        id="full-rsb-jamming-minus-half",
        quantity="Jamming load of the spherical perceptron at margin -1/2, full RSB",
        symbol="α_J(-1/2)",
        compute=_load(-0.5),
        **LOAD,
        **MODEL,
    ),
    Entry(
        id="full-rsb-continuous-ends",
        quantity="Margin at which continuous breaking on the AT line changes from full to one step",
        symbol="κ",
        compute=_full,
        **(KIND | {"known": UNPUBLISHED}),
        **MODEL,
    ),
    Entry(
        id="full-rsb-discontinuous-begins",
        quantity="Margin below which breaking is discontinuous",
        symbol="κ_RFOT",
        recalled="-2.05",
        compute=_continuous,
        note="Where the breaking point on the AT line is one.",
        **KIND,
        **MODEL,
    ),
)
