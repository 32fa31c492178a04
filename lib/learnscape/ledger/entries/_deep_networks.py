"""Deep networks that jam: load, jump and exponents at the transition. Chapter *deep-networks*.

Ours are means over the networks trained by ``chapters/data/deep_jamming.py``, read from its stored result.
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


def _jump() -> float:
    """N_Delta / N at the last stage of the decompression that is still jammed, two and three layers."""
    rows = [r for r in stored("deep_jamming")["decompression"]["rows"] if len(r["stage_density"]) > 1]
    return float(sum(r["stage_density"][-2] for r in rows) / len(rows))


def _exponent(name: str, low: float, high: float) -> float:
    fits = stored("deep_jamming")["decompression"]["deltas"][name]["fits"]
    return float(next(f["exponent"] for f in fits if (f["low"], f["high"]) == (low, high)))


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="deep-load",
        quantity="Random patterns per weight at the transition",
        symbol="P/N*",
        published="3",
        where="figure, recalled as a line",
        known=RECALLED,
        compute=_load,
        method="bisection in the width, two layers, P = 2000, 4·10⁵ steps of Adam, two draws; the error is half a step of the width",
        tolerance=0.18,
        note="Shorter training gives less: at 528 weights, none of three draws at a load of 3 was learned in 2·10⁴ steps, one in 8·10⁴. The paper trained for 2·10⁶ steps.",
        **SHARED,
    ),
    Entry(
        id="deep-jump",
        quantity="Unsatisfied patterns per weight just above the transition",
        symbol="N_Δ/N",
        published="0.75",
        where="figure, recalled from a summary",
        known=RECALLED,
        compute=_jump,
        method="patterns taken away step by step from jammed networks of 528 and 602 weights",
        tolerance=0.06,
        note="Two and three layers together; the three-layer networks, which are narrower, lie lower.",
        **SHARED,
    ),
    Entry(
        id="deep-gamma",
        quantity="Exponent of small gaps of satisfied patterns",
        symbol="γ",
        published="0.2",
        where="abstract",
        known=READ,
        compute=lambda: -_exponent("negative", 0.01, 0.3),
        method="maximum likelihood in [0.01, 0.3], networks of 528 and 602 weights at the end of decompression",
        tolerance=0.06,
        note="Between 0.20 and 0.23 in eight of nine windows; the ninth, [0.01, 0.03], holds too few values.",
        **SHARED,
    ),
    Entry(
        id="deep-theta",
        quantity="Exponent of weak forces of unsatisfied patterns",
        symbol="θ",
        published="0.3",
        where="abstract",
        known=READ,
        compute=lambda: _exponent("positive", 0.0, 0.1),
        method="maximum likelihood below 0.1 (in units of the root of the loss), the same networks",
        discrepancy="Not reproduced. The fit depends on its window (0.13 below 0.1, negative in wide windows). Perhaps our networks are too small, or not close "
        "enough to the transition, for the power law to be seen.",
        **SHARED,
    ),
)
