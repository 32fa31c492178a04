r"""The p-spin model with one step of replica symmetry breaking: transitions, the frozen phase, complexity.

*Problem.* :math:`H=-\sum_{i_1<\dots<i_p}J_{i_1\dots i_p}s_{i_1}\cdots s_{i_p}` with Gaussian couplings of variance :math:`p!/2N^{p-1}`, so that two configurations
of overlap q have energies of covariance :math:`Nq^p/2`. p = 2 is the SK model, :math:`p\to\infty` the random energy model of variance N/2. Spins are
``"ising"`` (+-1) or ``"spherical"`` (|s|^2 = N; entropy 0 for the uniform sphere).

For p > 2 the transition is discontinuous. Below the *dynamic* temperature the paramagnet consists of exponentially many states, whose number
e^(N Sigma) vanishes at the *static* temperature; there m = 1, and below it m < 1 and the system is frozen. Below *Gardner's* temperature the Ising model needs more steps.

*Complexity.* m copies of the system held in one state select states of free energy f: with phi(m) the free energy per copy,
:math:`\Sigma=m^2\partial_m(\beta\phi)`, :math:`f=\partial_m(m\phi)` (Monasson 1995).

Gross and Mezard (1984); Gardner (1985); Crisanti and Sommers (1992). Chapter *replica-trick*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.optimize import brentq

from learnscape.errors import is_finite, is_integer, require
from learnscape.spin_glass.pspin import _ising, _spherical

__all__ = [
    "Complexity", "Solution", "Transitions", "complexity", "energy_complexity", "ground_state", "solve", "threshold_energy", "transitions",
]  # fmt: skip

Spins = Literal["ising", "spherical"]
LARGEST_P = 100
SMALLEST_M = 0.02


@dataclass(frozen=True)
class Transitions:
    """Where the phases of the model end."""

    dynamic: float
    """Temperature below which the paramagnet is made of many states."""
    static: float
    """Temperature of the thermodynamic transition, below which it is frozen."""
    gardner: float | None
    """Temperature below which one step is not enough; None for spherical spins, where one step is exact, and for p > 6, where it is so low that m < 0.05."""
    q_dynamic: float
    """Overlap inside a state at the dynamic temperature."""
    q_static: float
    """At the static one."""


@dataclass(frozen=True)
class Solution:
    """Equilibrium at one temperature, within one step."""

    free_energy: float
    """Per spin."""
    annealed: float
    """The paramagnet's: the replica-symmetric answer."""
    energy: float
    """Per spin."""
    entropy: float
    """Per spin."""
    q: float
    """Overlap inside a state; 0 above the dynamic temperature."""
    m: float
    """Block parameter: 1 above the static temperature."""
    complexity: float
    """(1/N) ln of the number of equilibrium states: positive between the dynamic and the static temperature only."""
    replicon: float
    """Of a state; negative for Ising spins below Gardner's temperature."""


@dataclass(frozen=True)
class Complexity:
    """The states that m copies select."""

    q: float
    """Overlap inside them."""
    free_energy: float
    """Their free energy per spin."""
    complexity: float
    """(1/N) ln of their number; negative: no such states in a typical sample."""
    replicon: float
    """Negative: the states are unstable, and one step is not right for them."""


def _check(p: int, spins: str) -> bool:
    require(
        is_integer(p) and 3 <= p <= LARGEST_P,
        "p",
        p,
        f"an integer from 3 to {LARGEST_P} (p = 2 is sk, p = infinity rem)",
    )
    require(
        isinstance(spins, str) and spins in ("ising", "spherical"), "spins", spins, '"ising" or "spherical"'
    )
    return spins == "ising"


def _temperature(value: float, lowest: float) -> float:
    require(is_finite(value) and value >= lowest, "temperature", value, f"a finite number >= {lowest:g}")
    return float(value)


def transitions(p: int, spins: Spins = "ising") -> Transitions:
    """The temperatures of the model.

    Parameters
    ----------
    p : int
        Spins in an interaction, 3 to 100.
    spins : {"ising", "spherical"}
        What a spin is.

    Examples
    --------
    >>> found = transitions(3)
    >>> round(found.dynamic, 4), round(found.static, 4), round(found.gardner, 4)
    (0.6816, 0.6514, 0.2403)
    >>> found = transitions(3, "spherical")
    >>> round(found.dynamic, 6), round(found.static, 6)
    (0.612372, 0.586054)
    """
    if _check(p, spins):
        dynamic, static = _ising.dynamic(p), _ising.frozen(1.0, p)
        return Transitions(
            1.0 / dynamic.beta(p), 1.0 / static.beta(p), _ising.gardner(p), dynamic.q, static.q
        )
    (t_d, q_d), (t_s, q_s) = _spherical.dynamic(p), _spherical.static(p)
    return Transitions(t_d, t_s, None, q_d, q_s)


def solve(temperature: float, p: int, spins: Spins = "ising") -> Solution:
    """Equilibrium with one step of breaking.

    Parameters
    ----------
    temperature : float
        At least 0.02 times the static one.
    p, spins
        As for :func:`transitions`.

    Examples
    --------
    >>> cold = solve(0.4, 3, "spherical")
    >>> round(cold.free_energy, 6), round(cold.q, 6), round(cold.m, 6)
    (-0.581755, 0.779614, 0.51363)
    """
    ising = _check(p, spins)
    top = _ising.frozen(1.0, p) if ising else None
    static = 1.0 / top.beta(p) if top is not None else _spherical.static(p)[0]
    t = _temperature(temperature, 0.02 * static)
    paramagnet = -1.0 / (4.0 * t) - (t * math.log(2.0) if ising else 0.0)
    if t >= static:
        energy = -1.0 / (2.0 * t)
        found = complexity(t, p, 1.0, spins) if t <= dynamic_temperature(p, ising) else None
        q, sigma, replicon = (found.q, found.complexity, found.replicon) if found else (0.0, 0.0, 1.0)
        return Solution(paramagnet, paramagnet, energy, (energy - paramagnet) / t, q, 1.0, sigma, replicon)
    if ising:
        lowest = 0.5 * t / static
        m = float(
            brentq(lambda x: 1.0 / _ising.frozen(x, p).beta(p) - t, lowest, 1.0, xtol=1e-14, rtol=1e-13)
        )
        state = _ising.frozen(m, p)
        q, free, replicon = state.q, state.free_energy(p), state.replicon(p)
    else:
        z = _spherical.frozen_ratio(p)
        root = _spherical.outer_root(p, 2.0 * z * t * t / p, 2)
        assert root is not None
        q = root
        m = (1.0 - q) * (1.0 - z) / (z * q)
        free, replicon = _spherical.functional(t, p, q, m), _spherical.replicon(t, p, q)
    energy = -(1.0 - (1.0 - m) * q**p) / (2.0 * t)
    return Solution(free, paramagnet, energy, (energy - free) / t, q, m, 0.0, replicon)


def dynamic_temperature(p: int, ising: bool) -> float:
    """The dynamic temperature alone."""
    return 1.0 / _ising.dynamic(p).beta(p) if ising else _spherical.dynamic(p)[0]


def complexity(temperature: float, p: int, m: float = 1.0, spins: Spins = "ising") -> Complexity:
    """The states that m copies select at a temperature, and the logarithm of their number.

    Parameters
    ----------
    temperature : float
        At least 0.05.
    p, spins
        As for :func:`transitions`.
    m : float
        In [0.02, 1]: 1 selects equilibrium states above the static temperature, the m with zero complexity those below.

    Raises
    ------
    ValueError
        Where no states exist, above the dynamic temperature at this m.

    Examples
    --------
    >>> found = complexity(0.6, 3, 1.0, "spherical")
    >>> round(found.q, 6), round(found.complexity, 6)
    (0.6, 0.008145)
    """
    ising = _check(p, spins)
    t = _temperature(temperature, 0.05)
    require(is_finite(m) and SMALLEST_M <= m <= 1.0, "m", m, f"in [{SMALLEST_M:g}, 1]")
    if ising:
        state = _ising.at_temperature(t, p, float(m))
        require(state is not None, "temperature", temperature, f"one at which states exist for m = {m:g}")
        assert state is not None
        q, phi, slope, replicon = state.q, state.free_energy(p), state.slope_m, state.replicon(p)
    else:
        overlap = _spherical.overlap(t, p, float(m))
        require(overlap is not None, "temperature", temperature, f"one at which states exist for m = {m:g}")
        assert overlap is not None
        q = overlap
        phi, slope = _spherical.functional(t, p, q, float(m)), _spherical.slope_m(t, p, q, float(m))
        replicon = _spherical.replicon(t, p, q)
    # d(m phi)/dm = phi - m T d(-beta phi)/dm
    return Complexity(q, phi - m * t * slope, -m * m * slope, replicon)


def threshold_energy(p: int) -> float:
    """Energy per spin of the highest minima of the spherical model, -sqrt(2 (p - 1) / p): those that a quench from high temperature reaches.

    Examples
    --------
    >>> round(threshold_energy(3), 6)
    -1.154701
    """
    _check(p, "spherical")
    return -math.sqrt(2.0 * (p - 1) / p)


def ground_state(p: int) -> float:
    """Energy per spin of the ground state of the spherical model.

    Examples
    --------
    >>> round(ground_state(3), 6)
    -1.171675
    """
    _check(p, "spherical")
    return _spherical.ground_state(p)


def energy_complexity(energy: float, p: int) -> float:
    """(1/N) ln of the number of minima of the spherical model at an energy per spin, from the ground state to the threshold.

    Examples
    --------
    >>> round(energy_complexity(threshold_energy(3), 3), 6)
    0.01324
    """
    lowest, highest = ground_state(p), threshold_energy(p)
    good = is_finite(energy) and lowest - 1e-12 <= energy <= highest + 1e-12
    require(good, "energy", energy, f"between the ground state {lowest:.6f} and the threshold {highest:.6f}")
    z = (-energy - math.sqrt(max(energy**2 - highest**2, 0.0))) / (p - 1)
    return 0.5 * ((2.0 - p) / p - math.log(0.5 * p * z * z) + 0.5 * (p - 1) * z * z - 2.0 / (p * p * z * z))
