"""Jamming of ellipses. Chapter *ellipses*. Both are counted anew on small packings."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from learnscape.ledger.entry import Entry


@cache
def _packings() -> Any:
    from learnscape.jamming import ellipses

    return [ellipses.jam(24, 1.4, rng=seed, pressure=1e-7) for seed in range(4)]


def _exponent() -> float:
    """Power of the energy along the softest mode, between displacements of 0.01 and 0.02; mean over four packings."""
    from learnscape.jamming import ellipses

    powers = []
    for packing in _packings():
        mode = ellipses.vibrations(packing).modes[:, 0]
        near, far = ellipses.energy_along(packing, mode, [0.01, 0.02])
        powers.append(math.log2(far / near))
    return sum(powers) / len(powers)


def _ratio() -> float:
    """Modes without stiffness over missing contacts, all four packings together."""
    from learnscape.jamming import ellipses

    modes = sum(ellipses.vibrations(packing).quartic for packing in _packings())
    return modes / sum(packing.missing_contacts for packing in _packings())


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="ellipses-quartic",
        quantity="Power of the energy along the softest mode of jammed ellipses",
        symbol="V ~ t^4",
        published="4",
        paper="mailman2009jamming",
        where="abstract",
        conventions="zero compression; ours: harmonic repulsion, N = 24, aspect ratio 1.4, p = 1e-7",
        known="read in a source",
        compute=_exponent,
        method="four packings, displacements 0.01 and 0.02 along a straight line",
        rigour="heuristic",
        chapter="ellipses",
        exact=True,
        tolerance=0.15,
        note="At a finite displacement the power is not exactly 4: higher orders, and the remaining pressure.",
    ),
    Entry(
        id="ellipses-missing",
        quantity="Modes without stiffness per missing contact",
        symbol="modes / M",
        published="1",
        paper="schreck2012constraints",
        where="abstract",
        conventions="M = 3 N_s - 1 - N_c",
        known="read in a source",
        compute=_ratio,
        method="rank of the stiffness matrix, four packings",
        rigour="exact identity",
        chapter="ellipses",
        exact=True,
        tolerance=1e-12,
    ),
)
