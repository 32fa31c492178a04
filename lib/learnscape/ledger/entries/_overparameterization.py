"""The hidden-teacher model of paper A: two transitions and the errors, each with its estimator. Chapter *overparameterization*."""

from __future__ import annotations

import math
from typing import Any

from learnscape.ledger.entries._words import UNPUBLISHED
from learnscape.ledger.entry import Entry


def _interpolation() -> float:
    from learnscape.replica import hidden

    return 1.0 / hidden.interpolation_point(3.0)


def _local_entropy() -> float:
    from learnscape.replica import hidden

    return 1.0 / hidden.local_entropy_point(3.0, y=math.inf).alpha


def _ratio() -> float:
    from learnscape.replica import hidden

    return float(hidden.phase_diagram([3.0]).ratio[0])


def _typical_error() -> float:
    from learnscape.replica import hidden

    return hidden.solve(0.25, 3.0).generalization_error


def _dense_error() -> float:
    from learnscape.replica import hidden

    return hidden.dense(0.25, 3.0, 0.02).generalization_error


def _found(search: str, p: int | None = None) -> dict[str, Any]:
    """Stored solutions of one search at P/D = 3; left out, at the largest size."""
    from learnscape import stored

    rows = [
        row
        for row in stored("overparameterized_searches")["searched"]
        if row["search"] == search
        and row["alpha_t"] == 3.0
        and row["instances"] >= 3
        and p in (None, row["p"])
    ]
    return dict(max(rows, key=lambda row: int(row["p"])))


def _first_width() -> float:
    """Mean N/P at which the search begins to succeed: the area above the curve of successes, near the transition."""
    import numpy as np

    row = _found("sbpi", 1200)
    x = np.array(row["n"][::-1]) / row["p"]
    failed = np.mean(np.array(row["errors"])[:, ::-1] != 0, axis=0)
    near = x < 1.4 * _local_entropy()
    x, failed = x[near], failed[near]
    return float(x[0] + np.sum(0.5 * (failed[1:] + failed[:-1]) * np.diff(x)))


def _found_error() -> float:
    import numpy as np

    return float(np.nanmean([float(errors[0] or math.nan) for errors in _found("sbpi", 600)["equivalent"]]))


def _found_energy() -> float:
    return float(_found("focusing_bp", 600)["energy"][0][0][1])


HIDDEN: dict[str, Any] = {
    "paper": "baldassi2022learning",
    "where": "stated in words in the abstract; figures not read",
    "known": UNPUBLISHED,
    "conventions": "binary teacher and student, centred sign features of Gaussian inputs, P/D = 3, κ = 0",
    "chapter": "overparameterization",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="hidden-interpolation",
        quantity="Hidden teacher: weights per pattern at the interpolation point",
        symbol="N/P",
        compute=_interpolation,
        method="zero of the replica-symmetric entropy",
        result="hidden-interpolation",
        note="Abstract: a first transition, where solutions begin to exist.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-local-entropy",
        quantity="Hidden teacher: weights per pattern from which the local entropy grows at every distance",
        symbol="N/P (y → ∞)",
        compute=_local_entropy,
        method="one step of breaking with y → ∞; external entropy negative there",
        result="hidden-local-entropy",
        tolerance=1e-6,
        note="Abstract: after a gap, a second, discontinuous transition. Other estimators would give other digits.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-ratio",
        quantity="Hidden teacher: ratio of the loads of the two transitions",
        symbol="α_LE/α_c (y → ∞)",
        compute=_ratio,
        method="quotient of the two rows above",
        result="hidden-local-entropy",
        tolerance=1e-6,
        **HIDDEN,
    ),
    Entry(
        id="hidden-typical-error",
        quantity="Hidden teacher: error of a typical student at N/P = 4",
        symbol="ε_g",
        compute=_typical_error,
        method="replica-symmetric",
        result="hidden-interpolation",
        **HIDDEN,
    ),
    Entry(
        id="hidden-dense-error",
        quantity="Hidden teacher: error of a student in the densest regions, at mutual distance 0.02, N/P = 4",
        symbol="ε_g (y → ∞)",
        compute=_dense_error,
        method="one step of breaking with y → ∞",
        result="hidden-local-entropy",
        note="Abstract: the wide regions have good generalization properties.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-search-width",
        quantity="Hidden teacher: mean number of weights per pattern at which SBPI begins to succeed, P = 1200",
        symbol="N/P",
        compute=_first_width,
        method="stored runs on data that stay the same while the student gets wider",
        result="hidden-searches",
        tolerance=1e-9,
        note="Abstract: efficient algorithms find the atypical solutions. One run of at most 4000 sweeps a width; not extrapolated.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-search-error",
        quantity="Hidden teacher: error of students found by SBPI at N/P = 4, P = 600",
        symbol="ε_g",
        compute=_found_error,
        method="stored runs, Gaussian-equivalent error",
        result="hidden-searches",
        tolerance=1e-9,
        note="To be held against the typical and the dense student of the rows above.",
        **HIDDEN,
    ),
    Entry(
        id="hidden-search-energy",
        quantity="Hidden teacher: training error of students found by focusing BP after 5 % of the weights were flipped, N/P = 4, P = 600",
        symbol="δE(0.05)",
        compute=_found_energy,
        method="stored runs, 20 sets of flips each",
        result="hidden-searches",
        tolerance=1e-9,
        note="Abstract: solutions in wide regions. A typical student there errs on more than one pattern in ten.",
        **HIDDEN,
    ),
)
