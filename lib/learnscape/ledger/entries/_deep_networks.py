"""Deep networks that jam: the load at the transition, and what holds a jammed network. Chapter *deep-networks*.

Ours are read from the stored results of ``chapters/data/deep_jamming.py`` and ``chapters/data/jammed_networks.py``. Three values of a first edition are withdrawn: at
every stationary point with positive loss V = sum Delta^2 / (epsilon sum Delta) = 1 over the unsatisfied patterns, and the states on which they were measured had V from 0.26 to 0.46.
What stands in their place is measured on certified maxima of the smallest margin, and is another quantity: own values, compared with nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED, UNPUBLISHED
from learnscape.ledger.entry import Entry
from learnscape.numerics import power_law

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


LARGEST_LOAD = 2.5  # of the states with one hidden layer; at a given load the margin hardly matters
NEAR = 0.25  # margin, in units of the rms output, of the states that are used
RANKS = 3  # ratios of smallest values of a state


def _states() -> list[dict[str, Any]]:
    """Certified ReLU states of both kinds of start."""
    tables = stored("jammed_networks")
    states = [
        *tables["trained"]["states"],
        *(s for s in tables["random"]["states"] if s["activation"] == "relu"),
    ]
    return [s for s in states if s["margin"] < NEAR]


def _contacts() -> float:
    """Contacts per weight of networks with one hidden layer at the margin zero and the largest load: a plane through the states."""
    states = [s for s in _states() if s["depth"] == 1]
    load, margin = (np.array([s[name] for s in states]) for name in ("load", "margin"))
    plane = np.stack([np.ones(len(states)), load - LARGEST_LOAD, margin], axis=1)
    shares = [s["contacts"] / s["weights"] for s in states]
    return float(np.linalg.lstsq(plane, shares, rcond=None)[0][0])


def _power(what: str) -> float:
    """Power of the density of small values; forces of states with redundant contacts are not unique."""
    used = [np.unique(s[what]) for s in _states() if what == "gaps" or not s["redundant"]]
    return power_law.hill(used, RANKS).exponent


JAMMED: dict[str, Any] = {
    "paper": "",
    "conventions": "largest smallest margin with all rows of weights of length one; random labels; N counts the weights without biases",
    "where": "not known",
    "known": UNPUBLISHED,
    "chapter": "deep-networks",
    "result": "deep-shares",
}
WITHDRAWN = "withdrawn: measured on states whose training had not come to rest, so that they were not at a minimum of the loss; what certified states give stands below"
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
        note="P/N* rises from P = 500 to 1000; beyond, the brackets overlap. Shorter training gives less, and narrow networks of five layers store less. The paper trained for 2·10⁶ steps.",
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
    Entry(
        id="deep-contacts",
        quantity="Contacts per weight of a jammed ReLU network with one hidden layer, load 2.5, margin to zero",
        symbol="N_c/N",
        compute=_contacts,
        method="certified states of 54 and 130 weights, from random and from trained starts; a plane in load and margin",
        tolerance=0.03,
        note="Kinks make up for nearly all that is missing to one. Loads from 1.4 to 2.5; the number rises with the load, by 0.11(2) per unit, and depends on the margin by 0.03(10).",
        **JAMMED,
    ),
    Entry(
        id="deep-weak-forces",
        quantity="Exponent of weak forces of jammed ReLU networks at margins below 0.25",
        symbol="θ",
        compute=lambda: _power("forces"),
        method="Hill's estimator, four smallest forces of each certified state, 54 to 136 weights",
        tolerance=0.1,
        note="At a positive margin and a hundred weights: not the regime of the published value. On perceptrons of 64 weights the same estimator gives 0.48(2) at a "
        "critical load and 0.00(2) at a convex one: these states are like the convex one.",
        **JAMMED,
    ),
    Entry(
        id="deep-small-gaps",
        quantity="Exponent of small gaps of jammed ReLU networks at margins below 0.25",
        symbol="γ",
        compute=lambda: -_power("gaps"),
        method="Hill's estimator, four smallest gaps of each certified state, 54 to 136 weights",
        tolerance=0.1,
        note="At a positive margin and a hundred weights: not the regime of the published value. On perceptrons of 64 weights the same estimator gives 0.13(1) at a "
        "critical load, where large ones have 0.41, and -0.02(2) at a convex one: a value near zero does not tell what large networks have.",
        **JAMMED,
    ),
)
