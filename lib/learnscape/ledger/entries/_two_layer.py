"""Tree committees: infinitely many units of any activation, and three sign units. Chapter *two-layer*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learnscape.ledger.entries._words import RECALLED, UNPUBLISHED
from learnscape.ledger.entry import Entry

TREE = "tree committee, |w_l|² = N/K in each unit, balanced output weights, random labels, κ = 0, α = P/N"


def _capacity(activation: str, *, binary: bool = False, **options: Any) -> Callable[[], float]:
    def compute() -> float:
        from learnscape import Binary, Spherical
        from learnscape.replica import two_layer

        weights = Binary() if binary else Spherical()
        return two_layer.capacity(activation, weights, **options).alpha

    return compute


def _limit() -> float:
    from learnscape.replica import two_layer

    return two_layer.ladder("relu", steps=3).limit


WIDE: dict[str, Any] = {"conventions": "infinitely many units; " + TREE, "chapter": "two-layer"}
RELU: dict[str, Any] = {"paper": "baldassi2019properties", "where": "not known", "known": RECALLED} | WIDE
THREE: dict[str, Any] = {
    "paper": "barkai1992broken",
    "where": "not known",
    "known": RECALLED,
    "conventions": "three sign units; " + TREE.replace("balanced output weights", "output weights 1"),
    "chapter": "two-layer",
}
OWN: dict[str, Any] = {"paper": "", "where": "own value", "known": UNPUBLISHED, "chapter": "two-layer"}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="relu-wide-rs",
        quantity="Wide relu tree: capacity in replica symmetry, 2π/(π-1)",
        symbol="α_RS",
        recalled="2.934",
        compute=_capacity("relu", steps=0),
        method="closed form",
        result="two-layer-symmetric",
        note="The replicon is -∞: an upper bound, not the capacity.",
        **RELU,
    ),
    Entry(
        id="relu-wide-one-step",
        quantity="Wide relu tree: capacity with one step of breaking",
        symbol="α_1",
        recalled="2.6643",
        compute=_capacity("relu", steps=1),
        method="minimum over the overlap and the block parameter",
        result="two-layer-steps",
        **RELU,
    ),
    Entry(
        id="relu-wide-full",
        quantity="Wide relu tree: capacity with full breaking, extrapolated from three steps",
        symbol="α_c",
        compute=_limit,
        method="the gains of the last two steps continued as a power",
        result="two-layer-limit",
        tolerance=2e-5,
        note="Annesi, Malatesta and Zamponi (2025) compute this number without extrapolation; we have read their abstract, which does not state it.",
        **OWN | {"conventions": WIDE["conventions"]},
    ),
    Entry(
        id="relu-wide-binary",
        quantity="Wide relu tree with weights ±1: capacity",
        symbol="α_c",
        recalled="0.9039",
        compute=_capacity("relu", binary=True),
        method="zero of the replica-symmetric entropy",
        result="two-layer-binary",
        note="Ours is 0.9040 in four digits; the value that we recall may have been cut off, not rounded.",
        **RELU,
    ),
    Entry(
        id="sign-three-rs",
        quantity="Three sign units: capacity in replica symmetry",
        symbol="α_RS",
        recalled="4.02",
        compute=_capacity("sign", units=3, steps=0),
        method="one over the mean squared distance to a majority",
        result="two-layer-symmetric",
        **THREE,
    ),
    Entry(
        id="sign-three-one-step",
        quantity="Three sign units: capacity with one step of breaking",
        symbol="α_1",
        recalled="3.0",
        compute=_capacity("sign", units=3, steps=1),
        method="minimum over the overlap and the block parameter, averages over three fields",
        result="two-layer-steps",
        note="Ours is five per cent above the value that we recall, if that has two digits; we do not know why, the paper was not read. Sampling agrees with our integrals.",
        **THREE,
    ),
)
