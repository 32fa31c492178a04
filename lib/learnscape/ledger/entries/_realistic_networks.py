"""Networks that learn digits: widths where searches begin to succeed, and a barrier after matching. Chapter *realistic-networks*."""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.ledger.entries._words import UNPUBLISHED
from learnscape.ledger.entry import Entry


def _half(solver: str) -> float:
    """Width at which half of the splits are learned without an error, interpolated."""
    from learnscape.data import stored

    rows = [r for r in stored("realistic_networks")["continuous"]["rows"] if r["solver"] == solver]
    widths = np.array([r["width"] for r in rows])
    fits = np.array([np.mean(np.array(r["n_errors"]) == 0) for r in rows])
    k = int(np.argmax(fits >= 0.5))
    return float(widths[k - 1] + (0.5 - fits[k - 1]) / (fits[k] - fits[k - 1]) * (widths[k] - widths[k - 1]))


def _barrier() -> float:
    from learnscape.data import stored

    rows = stored("realistic_networks")["paths"]["rows"]
    row = next(r for r in rows if r["solver"] == "sgd" and r["width"] == 80)
    return float(np.mean(row["geodesic"]["barrier"]) / np.mean(row["geodesic_unmatched"]["barrier"]))


SETTING: dict[str, Any] = {
    "known": UNPUBLISHED,
    "conventions": "one hidden layer of relu units, even against odd digits of 8 x 8 pixels, ten principal components, 1000 images",
    "chapter": "realistic-networks",
}
PAPER_A = SETTING | {
    "paper": "baldassi2022learning",
    "where": "realistic networks are mentioned in the abstract; figures not read",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="digits-patient-width",
        quantity="Digits: width at which full-batch Adam with the hinge learns half of the splits",
        symbol="h",
        compute=lambda: _half("adam"),
        method="ten splits, 20 000 steps; interpolated between widths",
        result="digits-widths",
        tolerance=0.5,
        **PAPER_A,
    ),
    Entry(
        id="digits-hasty-width",
        quantity="Digits: width at which 500 epochs of plain descent learn half of the splits",
        symbol="h",
        compute=lambda: _half("sgd"),
        method="ten splits; interpolated between widths",
        result="digits-widths",
        tolerance=0.5,
        note="Ten times the epochs need about the width of the row above: a threshold of time.",
        **PAPER_A,
    ),
    Entry(
        id="digits-barrier",
        quantity="Digits: barrier on the geodesic between two networks after matching units, over that before",
        symbol="ratio, h = 80",
        compute=_barrier,
        method="mean of ten pairs from plain descent",
        result="digits-paths",
        tolerance=0.005,
        paper="pittorino2022toroids",
        where="stated in words in the abstract",
        note="Abstract: after removal of symmetries, barriers along geodesics between flat minima are small.",
        **SETTING,
    ),
)
