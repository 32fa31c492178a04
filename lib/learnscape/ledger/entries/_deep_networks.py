"""Deep networks that jam: the load at the transition. Chapter *deep-networks*.

Ours is a mean over the networks trained by ``chapters/data/deep_jamming.py``, read from its stored result. Three of our values are withdrawn: the output
is linear in its last layer, so at every stationary point with positive loss sum Delta^2 = epsilon sum Delta over the unsatisfied patterns, and the states on
which they were measured had a ratio of the two sides between 0.26 and 0.46.
"""

from __future__ import annotations

from typing import Any

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED
from learnscape.ledger.entry import Entry

HINGE = (
    "fully-connected ReLU network, quadratic hinge loss, random labels; N counts the weights without biases"
)
SHARED: dict[str, Any] = {
    "paper": "geiger2019jamming",
    "conventions": HINGE,
    "chapter": "deep-networks",
    "rigour": "heuristic",
}


def _load() -> float:
    """P over the mean of the largest size that fails and the smallest that learns, two layers, P = 2000."""
    rows = [r for r in stored("deep_jamming")["line"]["rows"] if r["depth"] == 2 and r["p"] == 2000]
    return float(sum(2 * r["p"] / (r["n_learns"] + r["n_fails"]) for r in rows) / len(rows))


WITHDRAWN = "withdrawn: measured on states whose training had not come to rest, so that they were not at a minimum of the loss"
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="deep-load",
        quantity="Random patterns per weight at the transition",
        symbol="P/N*",
        recalled="3",
        where="figure, recalled as a line",
        known=RECALLED,
        compute=_load,
        method="bisection in the width, two layers, P = 2000, 4·10⁵ steps of Adam, two draws; the error is half a step of the width",
        tolerance=0.18,
        note="Shorter training gives less: at 528 weights, none of three draws at a load of 3 was learned in 2·10⁴ steps, one in 8·10⁴. The paper trained for 2·10⁶ steps.",
        result="deep-load",
        **SHARED,
    ),
    Entry(
        id="deep-jump",
        quantity="Unsatisfied patterns per weight just above the transition",
        symbol="N_Δ/N",
        recalled="0.75",
        where="figure, recalled from a summary",
        known=RECALLED,
        compute=None,
        method=WITHDRAWN,
        **SHARED,
    ),
    Entry(
        id="deep-gamma",
        quantity="Exponent of small gaps of satisfied patterns",
        symbol="γ",
        published="0.2",
        where="abstract",
        known=READ,
        compute=None,
        method=WITHDRAWN,
        **SHARED,
    ),
    Entry(
        id="deep-theta",
        quantity="Exponent of weak forces of unsatisfied patterns",
        symbol="θ",
        published="0.3",
        where="abstract",
        known=READ,
        compute=None,
        method=WITHDRAWN,
        **SHARED,
    ),
)
