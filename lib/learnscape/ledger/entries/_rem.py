"""The random energy model. Chapter *replica-trick*."""

from __future__ import annotations

from typing import Any

from learnscape.ledger.entries._words import RECALLED
from learnscape.ledger.entry import Entry


def _critical_temperature() -> float:
    from learnscape.spin_glass import rem

    return rem.critical_temperature()


def _ground_state() -> float:
    from learnscape.spin_glass import rem

    return rem.ground_state()


MODEL: dict[str, Any] = {
    "paper": "derrida1981random",
    "where": "not known",
    "conventions": "2^N independent Gaussian energies of variance N/2 (J = 1)",
    "known": RECALLED,
    "result": "rem",
    "chapter": "replica-trick",
}
ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="rem-critical-temperature",
        quantity="Random energy model: freezing temperature, 1/(2 √ln 2)",
        symbol="T_c",
        recalled="0.6006",
        compute=_critical_temperature,
        method="closed form, from the zero of the entropy",
        **MODEL,
    ),
    Entry(
        id="rem-ground-state",
        quantity="Random energy model: energy per spin of the ground state, -√ln 2",
        symbol="e_0",
        recalled="-0.8326",
        compute=_ground_state,
        method="closed form, from the zero of the entropy",
        **MODEL,
    ),
)
