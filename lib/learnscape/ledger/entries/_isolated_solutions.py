"""Isolated solutions: the Franz-Parisi entropy around typical solutions and around those of largest margin. Chapter *isolated-solutions*."""

from __future__ import annotations

from functools import cache
from typing import Any

from learnscape.ledger.entries._words import BINARY, READ, UNPUBLISHED
from learnscape.ledger.entry import Entry


@cache
def _thresholds() -> tuple[float, float]:
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    found = franz_parisi.thresholds(Binary(), Margin(0.0))
    return found.local_entropy, found.overlap_gap


def _typical_distance() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import rs

    alpha = rs.capacity(Binary(), Margin(0.0))
    return 0.5 * (1.0 - rs.solve(Binary(), Margin(0.0), alpha).q)


def _shell() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    found = franz_parisi.gap(Binary(), Margin(0.0), 0.6)
    assert found is not None
    return found.upper


LARGEST: dict[str, Any] = {
    "paper": "baldassi2021unveiling",
    "seen_in": "malatesta2023high",
    "known": READ,
    "conventions": "κ = 0 for the solutions counted; estimator: around solutions of largest margin; " + BINARY,
    "chapter": "isolated-solutions",
    "result": "margin-thresholds",
    "tolerance": 1e-8,
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="fp-local-entropy-margin",
        quantity="Binary weights: load at which the Franz-Parisi entropy around solutions of largest margin stops being monotone",
        symbol="α_LE (κ_max)",
        published="0.729",
        where="Fig. 7 of the lecture notes, reprinted",
        compute=lambda: _thresholds()[0],
        method="slope of the entropy first zero between reference and typical distance, replica-symmetric",
        note="Other estimators of the same idea give other loads; the notes say that the right one needs another measure over references.",
        **LARGEST,
    ),
    Entry(
        id="fp-overlap-gap-margin",
        quantity="Binary weights: load from which that entropy is negative in an interval of distances",
        symbol="α_OGP (κ_max)",
        published="0.748",
        where="Fig. 7 of the lecture notes, reprinted",
        compute=lambda: _thresholds()[1],
        method="local minimum of the entropy at zero, replica-symmetric",
        **LARGEST,
    ),
    Entry(
        id="fp-typical-distance",
        quantity="Binary weights: typical distance of two solutions at capacity",
        symbol="d = (1-q)/2",
        published="0.218",
        paper="malatesta2023high",
        where="text",
        known=READ,
        conventions="κ = 0; " + BINARY,
        compute=_typical_distance,
        method="replica-symmetric",
        chapter="isolated-solutions",
        result="krauth-mezard",
    ),
    Entry(
        id="fp-shell",
        quantity="Binary weights: width of the empty shell around a typical solution at α = 0.6",
        symbol="d_0",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions="κ = 0; " + BINARY,
        compute=_shell,
        method="zero of the Franz-Parisi entropy",
        chapter="isolated-solutions",
        result="empty-shell",
        tolerance=1e-8,
    ),
)
