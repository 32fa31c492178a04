"""One-spin-flip descents of the SK model at zero temperature: greedy, random, reluctant.

From random spins, as long as some spin lowers the energy by flipping, one such spin flips: the one that lowers it most (greedy), any (random), or
the one that lowers it least (reluctant). All end in states that no single flip improves. The reluctant one takes a number of steps that grows faster
than N, and ends lowest (Parisi 2003; Erba and others 2024). Chapter *sherrington-kirkpatrick*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from learnscape.errors import real_array, require
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator
from learnscape.spin_glass.sk.simulation import as_couplings, local_fields
from learnscape.spin_glass.xoshiro import state_from, uniform

__all__ = ["RULES", "Quench", "flip_once", "quench"]

Array = npt.NDArray[np.float64]
RULES = ("greedy", "random", "reluctant")
STABLE = 1e-13  # a local field below, with couplings of order N^(-1/2), is rounding: flipping such a spin would lead nowhere


@dataclass(frozen=True, eq=False)
class Quench:
    """Where a descent ended."""

    energy: float
    """Per spin."""
    flips: int
    """Number of flips."""
    spins: Array
    """The local minimum; (N,)."""
    fields: Array
    """Local fields times spins, none negative but for rounding; (N,)."""


@kernel
def flip_once(couplings: Array, rule: int, spins: Array, fields: Array, state: Array) -> float:
    """Flip one spin that lowers the energy, by the rule (0 greedy, 1 random, 2 reluctant); by how much, 0 in a minimum."""
    n = spins.size
    chosen, best, seen = -1, 0.0, 0
    for i in range(n):
        x = spins[i] * fields[i]
        if x < -STABLE:
            if rule == 1:
                seen += 1
            elif chosen < 0 or (x < best if rule == 0 else x > best):
                chosen, best = i, x
    if rule == 1 and seen > 0:
        left = int(uniform(state) * seen)
        for i in range(n):
            if spins[i] * fields[i] < -STABLE:
                if left == 0:
                    chosen = i
                    break
                left -= 1
    if chosen < 0:
        return 0.0
    gain = 2.0 * spins[chosen] * fields[chosen]
    spins[chosen] = -spins[chosen]
    twice = 2.0 * spins[chosen]
    for j in range(n):
        fields[j] += twice * couplings[chosen, j]
    return gain


@kernel
def _descend(couplings: Array, rule: int, spins: Array, fields: Array, state: Array) -> int:
    flips = 0
    while flip_once(couplings, rule, spins, fields, state) < 0.0:
        flips += 1
    return flips


def quench(
    couplings: npt.ArrayLike,
    rule: Literal["greedy", "random", "reluctant"] = "greedy",
    *,
    spins: npt.ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
) -> Quench:
    """Descend from random spins to a state that no single flip improves.

    Parameters
    ----------
    couplings : array_like of shape (N, N)
        Symmetric, zeros on the diagonal.
    rule : {"greedy", "random", "reluctant"}
        Which spin flips.
    spins : array_like of shape (N,), optional
        Where to start, +-1; random if left out.
    rng : int, Generator or None
        Seed.

    Examples
    --------
    >>> from learnscape.spin_glass.sk import draw_couplings
    >>> end = quench(draw_couplings(200, rng=1), "reluctant", rng=2)
    >>> bool(end.fields.min() > 0), -0.8 < end.energy < -0.6
    (True, True)
    """
    j = as_couplings(couplings)
    require(isinstance(rule, str) and rule in RULES, "rule", rule, f"one of {RULES}")
    random = generator(rng)
    if spins is None:
        s = random.choice([-1.0, 1.0], j.shape[0])
    else:
        s = np.array(real_array("spins", spins))
        good = s.shape == (j.shape[0],) and bool(np.all(np.abs(s) == 1.0))
        require(good, "spins", spins, f"{j.shape[0]} numbers +-1")
    fields = np.empty_like(s)
    # What is rounding is seen against the largest coupling; a power of two changes no digit.
    exponent = math.frexp(float(np.abs(j).max()) * math.sqrt(s.size))[1]
    unit = np.ldexp(j, -exponent)
    local_fields(unit, s, fields)
    flips = _descend(unit, RULES.index(rule), s, fields, state_from(random))
    energy = local_fields(j, s, fields)
    return Quench(energy / s.size, flips, s, s * fields)
