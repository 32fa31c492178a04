"""What surrounds the solutions that searches find. Chapter *dense-algorithms*."""

from __future__ import annotations

from learnscape.ledger.entries._words import BINARY, UNPUBLISHED
from learnscape.ledger.entry import Entry

LOAD, DISTANCE = 0.6, 0.1


def _largest_margin() -> float:
    from learnscape import Binary, Margin
    from learnscape.replica import franz_parisi

    margin = franz_parisi.kappa_max(Binary(), LOAD)
    return franz_parisi.entropy(Binary(), Margin(0.0), LOAD, DISTANCE, reference_margin=0.999 * margin)


def _found() -> float:
    from learnscape import stored

    data = stored("found_solutions")
    at = data["distances"].index(DISTANCE)
    for group in data["profiles"]["groups"]:
        if (group["search"], group["n"], group["load"]) == ("focusing", 1001, LOAD):
            return float(group["entropy"]["mean"][at])
    raise LookupError("focusing BP at N = 1001")


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="da-around-margin",
        quantity="Binary weights: entropy at distance 0.1 from solutions of the largest margin, α = 0.6",
        symbol="S(0.1)",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions="κ = 0 around solutions of 0.999 of the largest margin; " + BINARY,
        compute=_largest_margin,
        method="Franz-Parisi entropy, replica-symmetric",
        chapter="dense-algorithms",
        result="margin-thresholds",
        tolerance=1e-7,
    ),
    Entry(
        id="da-around-found",
        quantity="Binary weights: entropy at distance 0.1 from solutions found by focusing BP, α = 0.6",
        symbol="S(0.1)",
        paper="",
        where="own value",
        known=UNPUBLISHED,
        conventions="κ = 0, N = 1001; " + BINARY,
        compute=_found,
        method="Bethe's entropy, mean over forty stored problems",
        note="Malatesta's lecture notes (2023) say of a figure that the local entropy around solutions of focusing BP is close to that around "
        "solutions of maximal margin.",
        chapter="dense-algorithms",
        result="found-solutions",
        tolerance=5e-3,
    ),
)
