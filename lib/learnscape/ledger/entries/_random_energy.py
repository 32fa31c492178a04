"""The random energy model and the spherical p-spin model. Chapter *replica-trick*."""

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


def _dynamic() -> float:
    from learnscape.spin_glass import pspin

    return pspin.transitions(3, "spherical").dynamic


def _static() -> float:
    from learnscape.spin_glass import pspin

    return pspin.transitions(3, "spherical").static


SPHERICAL: dict[str, Any] = {
    "paper": "crisanti1992spherical",
    "where": "not known",
    "conventions": "p = 3, couplings of variance p!/2N^(p-1), spins of length √N",
    "known": RECALLED,
    "chapter": "replica-trick",
}
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
    Entry(
        id="pspin-dynamic",
        quantity="Spherical 3-spin model: dynamic transition, √(3/8)",
        symbol="T_d",
        recalled="0.612",
        compute=_dynamic,
        method="one step of breaking at m = 1, closed form",
        result="pspin-dynamic",
        **SPHERICAL,
    ),
    Entry(
        id="pspin-static",
        quantity="Spherical 3-spin model: static transition",
        symbol="T_s",
        recalled="0.586",
        compute=_static,
        method="one step of breaking at m = 1, zero of the complexity",
        result="pspin-static",
        **SPHERICAL,
    ),
)
