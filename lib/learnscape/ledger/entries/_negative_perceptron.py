"""Spherical weights with a negative margin: capacity with one, two and three steps. Chapter *perceptron-replicas*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learnscape.ledger.entries._words import RECALLED, STORAGE, UNPUBLISHED
from learnscape.ledger.entry import Entry


def _capacity(kappa: float, steps: int) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Margin, Spherical
        from learnscape.replica import rsb

        return rsb.capacity(Spherical(), Margin(kappa), steps=steps).alpha

    return compute


OWN: dict[str, Any] = {
    "paper": "",
    "where": "own value",
    "conventions": STORAGE,
    "known": UNPUBLISHED,
    "method": "minimum of the functional at capacity, with derivatives",
    "result": "capacity-steps",
    "tolerance": 1e-9,
    "chapter": "perceptron-replicas",
}
LIFTED: dict[str, Any] = OWN | {
    "paper": "stojnic2023ultimate",
    "where": "not known",
    "known": RECALLED,
    "note": "There a level of lifting, by a comparison of Gaussian processes and not by replicas; we have read the abstract only.",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="one-step-capacity-minus-half",
        quantity="Capacity with one step of breaking, margin -1/2",
        symbol="α_1(-1/2)",
        compute=_capacity(-0.5, 1),
        **OWN,
    ),
    Entry(
        id="three-step-capacity-minus-half",
        quantity="Capacity with three steps of breaking, margin -1/2",
        symbol="α_3(-1/2)",
        compute=_capacity(-0.5, 3),
        **OWN,
    ),
    Entry(
        id="one-step-capacity-minus-one",
        quantity="Capacity with one step of breaking, margin -1",
        symbol="α_1(-1)",
        compute=_capacity(-1.0, 1),
        **OWN,
    ),
    Entry(
        id="three-step-capacity-minus-one",
        quantity="Capacity with three steps of breaking, margin -1",
        symbol="α_3(-1)",
        compute=_capacity(-1.0, 3),
        note="The values fall with each step; their limit is full replica symmetry breaking.",
        **OWN,
    ),
    Entry(
        id="one-step-capacity-minus-three-halves",
        quantity="Capacity with one step of breaking, margin -3/2",
        symbol="α_1(-3/2)",
        recalled="36.57",
        compute=_capacity(-1.5, 1),
        **LIFTED,
    ),
    Entry(
        id="two-step-capacity-minus-three-halves",
        quantity="Capacity with two steps of breaking, margin -3/2",
        symbol="α_2(-3/2)",
        recalled="36.40",
        compute=_capacity(-1.5, 2),
        **LIFTED,
    ),
)
