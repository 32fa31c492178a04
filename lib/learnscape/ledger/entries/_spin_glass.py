"""The Sherrington-Kirkpatrick model: ground-state energies by levels of breaking, and where quenches end. Chapter *sherrington-kirkpatrick*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from learnscape.data import stored
from learnscape.ledger.entries._words import READ, RECALLED
from learnscape.ledger.entry import Entry

MODEL: dict[str, Any] = {
    "conventions": "E = -Σ J_ij s_i s_j over pairs i < j, couplings Gaussian with variance 1/N; energy per spin",
    "chapter": "sherrington-kirkpatrick",
}


def _energy(steps: float) -> Callable[[], float]:
    def compute() -> float:
        from learnscape.spin_glass import sk

        return sk.ground_state_energy(steps)

    return compute


def _cold(name: str, power: int) -> Callable[[], float]:
    """A replica-symmetric quantity at T -> 0, from T = 0.001 and 0.002 if it differs from its limit by T^power."""

    def compute() -> float:
        from learnscape.spin_glass import sk

        near, far = (float(getattr(sk.solve(t, steps=0), name)) for t in (0.001, 0.002))
        return (2**power * near - far) / (2**power - 1)

    return compute


def _quench(rule: str) -> Callable[[], float]:
    return lambda: float(stored("spin_glass")["quenches"]["920"][rule]["energy"])


def _quench_entry(rule: str, published: str, error: float) -> Entry:
    ours = {"greedy": 0.00046, "random": 0.00043, "reluctant": 0.00082}[rule]
    return Entry(
        id=f"sk-quench-{rule}",
        quantity=f"SK model: energy per spin after a {rule} descent, N = 920",
        symbol="e",
        published=published,
        paper="erba2024quenches",
        where="average of the data files in the paper's repository",
        known=READ,
        compute=_quench(rule),
        method="mean over descents from random spins, chapters/data/spin_glass.py",
        result="sk-quenches",
        tolerance=2.0 * math.hypot(error, ours),
        note="The tolerance is two standard errors of the difference.",
        **MODEL,
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="sk-ground-state",
        quantity="SK model: energy of the ground state",
        symbol="e",
        published="[-0.763167, -0.763166]",
        relation="interval",
        paper="basso2022quantum",
        where="introduction, printed as 0.763166 . . . with the opposite sign",
        known=READ,
        compute=_energy(math.inf),
        method="Parisi's functional at zero temperature, extrapolated from eight steps",
        result="sk-parisi",
        tolerance=1e-7,
        note="The digits are cut, not rounded, hence an interval.",
        **MODEL,
    ),
    Entry(
        id="sk-one-step",
        quantity="SK model: ground state with one step of breaking, q₀ > 0",
        symbol="e",
        recalled="-0.765",
        paper="parisi1979infinite",
        where="not known",
        known=RECALLED,
        compute=_energy(1),
        method="minimum of the functional at zero temperature",
        rigour="RSB",
        tolerance=1e-7,
        note="Below the ground state, as every value with finitely many steps.",
        **MODEL,
    ),
    Entry(
        id="sk-rs-ground-state",
        quantity="SK model: energy at T = 0 with equal overlaps",
        symbol="e",
        recalled="-√(2/π)",
        formula=lambda: -math.sqrt(2.0 / math.pi),
        paper="sherrington1975solvable",
        where="not known",
        known=RECALLED,
        compute=_cold("energy", 2),
        method="replica-symmetric equations at T = 0.001 and 0.002, extrapolated",
        rigour="heuristic",
        tolerance=1e-6,
        note="Beyond the AT line.",
        **MODEL,
    ),
    Entry(
        id="sk-rs-entropy",
        quantity="SK model: entropy at T = 0 with equal overlaps",
        symbol="s",
        recalled="-1/(2π)",
        formula=lambda: -0.5 / math.pi,
        paper="sherrington1975solvable",
        where="not known",
        known=RECALLED,
        compute=_cold("entropy", 1),
        method="replica-symmetric equations at T = 0.001 and 0.002, extrapolated",
        rigour="heuristic",
        tolerance=1e-5,
        note="Impossible for a number of configurations.",
        **MODEL,
    ),
    _quench_entry("greedy", "-0.68182", 0.00014),
    _quench_entry("random", "-0.68781", 0.00013),
    _quench_entry("reluctant", "-0.72939", 0.00014),
)
