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


def _half_solved(part: str) -> float:
    """Load at which half of the stored problems are solved, at the largest size whose loads lie on both sides of one half."""
    from learnscape import stored
    from learnscape.numerics.half_point import half_point

    sizes = stored("searches")[part]["reinforced-linear"]
    for n in sorted(sizes, key=int, reverse=True):
        try:
            return half_point(*([p[key] for p in sizes[n]] for key in ("alpha", "solved", "tried"))).load
        except ValueError:  # loads of one side only
            continue
    raise LookupError("reinforced BP, linear schedule")


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
        tolerance=1.3e-3,
    ),
    Entry(
        id="da-stops-linear",
        quantity="Binary weights: load up to which reinforced BP stores random patterns, linear schedule",
        symbol="α_alg",
        published="0.77",
        paper="lucibello2025belief",
        where="Fig. 4 of the lecture notes",
        known="read in a source",
        conventions="there N = 4000, r growing by 0.001 an iteration, definition not read; ours: half of the problems solved, largest N stored; "
        + BINARY,
        compute=lambda: _half_solved("success"),
        method="logistic curve by maximum likelihood, stored problems",
        note="At the published load some of our problems are solved, but fewer than half.",
        chapter="dense-algorithms",
        rigour="heuristic",
        tolerance=4e-3,
    ),
    Entry(
        id="da-stops-teacher",
        quantity="Binary teacher and student: load up to which reinforced BP satisfies all patterns, linear schedule",
        symbol="α_alg",
        published="1.1",
        paper="lucibello2025belief",
        where="Fig. 4 of the lecture notes",
        known="read in a source",
        conventions="there N = 4000, r growing by 0.001 an iteration, definition not read; ours: half of the problems solved, largest N stored; "
        + BINARY,
        compute=lambda: _half_solved("teacher"),
        method="logistic curve by maximum likelihood, stored problems",
        chapter="dense-algorithms",
        rigour="heuristic",
        tolerance=2e-2,
    ),
)
