"""The Sherrington-Kirkpatrick model: energies -sum_{i<j} J_ij s_i s_j - H sum_i s_i, couplings of variance 1/N, critical temperature 1."""

from __future__ import annotations

from learnscape.spin_glass.sk.breaking import (
    GroundState,
    Solution,
    at_line,
    functional,
    ground_state_energy,
    solve,
    zero_temperature,
)
from learnscape.spin_glass.sk.quenches import Quench, quench
from learnscape.spin_glass.sk.simulation import (
    Averages,
    Exact,
    Run,
    draw_couplings,
    enumerate_states,
    run,
    simulate,
)

__all__ = [
    "Averages",
    "Exact",
    "GroundState",
    "Quench",
    "Run",
    "Solution",
    "at_line",
    "draw_couplings",
    "enumerate_states",
    "functional",
    "ground_state_energy",
    "quench",
    "run",
    "simulate",
    "solve",
    "zero_temperature",
]
