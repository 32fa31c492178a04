r"""The SK model with k steps of replica symmetry breaking, and with infinitely many.

*Problem.* :math:`H=-\sum_{i<j}J_{ij}s_is_j-H\sum_is_i` with Gaussian couplings of variance 1/N. The free energy is
the minimum over the functions x(q) of Parisi's functional (Talagrand 2006), the minimiser is unique (Auffinger and Chen 2015), and k steps
minimise among functions with k + 1 values: every k gives a lower bound on the free energy, and more steps a larger one. The values approach the limit like
:math:`k^{-4}`, which is how the limit is taken.

*What the levels know.* On the continuous part :math:`\int P\,(\partial_hm)^2=1` for the local magnetisation m(q, h) (fields in units of J), so that

.. math:: x(q)=\frac{\int P\,(\partial_h^2m)^2}{2\beta\int P\,(\partial_hm)^3} .

On a solution with few steps this already gives the continuous function to three digits. Chapters *sherrington-kirkpatrick* and *full-rsb*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from learnscape.errors import (
    as_finite,
    is_finite,
    is_integer,
    is_number,
    raises_on_failure,
    real_array,
    require,
)
from learnscape.spin_glass.sk import _minimiser
from learnscape.spin_glass.sk._functional import evaluate
from learnscape.spin_glass.sk._minimiser import Point, Problem
from learnscape.spin_glass.sk.replica_symmetric import at_temperature_kernel, rs_kernel, rs_moments

__all__ = [
    "GroundState",
    "Solution",
    "at_line",
    "functional",
    "ground_state_energy",
    "solve",
    "zero_temperature",
]

Array = npt.NDArray[np.float64]
LARGEST_STEPS = 12
LEVELS = 8  # of which the limit is taken
LOWEST_TEMPERATURE = 0.05
STRONGEST_FIELD = 8.0  # the line is at T = 1e-14 there
ROUNDING = 2e-10  # of the functional, beta f
MARGINAL = 1e-4  # a replicon nearer to 0 leaves a gain of 1e-12, which can't be told from rounding


@dataclass(frozen=True, eq=False)
class Solution:
    """A stationary point of the functional at finite temperature; levels outermost first."""

    temperature: float
    """T."""
    field: float
    """H."""
    steps: float
    """k, or infinity."""
    q: Array
    """Overlaps q_0 < ... < q_k; with infinitely many steps those of the largest tree that was solved. (k + 1,)."""
    m: Array
    """Block parameters m_1 < ... < m_k; (k,)."""
    free_energy: float
    """Per spin; with infinitely many steps extrapolated."""
    energy: float
    """Per spin."""
    entropy: float
    """Per spin."""
    magnetisation: float
    """Per spin."""
    replicons: Array
    """Of each level, 1 - beta^2 int P_i phi_i''^2; negative: one more step is needed. (k + 1,)."""
    x: Array
    """The continuous function x at the overlaps q, from the formula of the module; zeros where replica symmetry holds. (k + 1,)."""
    breaking_point: float
    """x at the largest overlap: 1 - breaking_point is the weight of the atom of P(q). 0 where replica symmetry holds."""
    q_max: float
    """The largest overlap (Edwards and Anderson's order parameter); with infinitely many steps extrapolated."""
    error: float
    """Estimated error of the free energy: rounding, and for infinitely many steps what is left of the extrapolation."""
    broken: bool
    """Whether this is a solution with broken symmetry. False where replica symmetry is stable, and always with steps = 0, where a negative replicon
    tells that it is not."""
    converged: bool
    """Whether the minimiser ended at a stationary point."""

    @property
    def weights(self) -> Array:
        """Probabilities of the overlaps q_0, ..., q_k: the differences of the block parameters. (k + 1,)."""
        return np.diff(np.concatenate([[0.0], self.m, [1.0]]))

    def overlap(self, x: npt.ArrayLike) -> Array:
        """The continuous q(x), for x in [0, 1]: a monotone curve through the levels, constant beyond the breaking point."""
        values = real_array("x", x)
        require(bool(np.all((values >= 0.0) & (values <= 1.0))), "x", x, "in [0, 1]")
        if not self.broken:
            return np.full_like(values, self.q_max)
        at, of = self._curve()
        return np.asarray(PchipInterpolator(at, of)(np.clip(values, at[0], at[-1])))

    def density(self, q: npt.ArrayLike) -> Array:
        """The continuous part of P(q), dx/dq, for overlaps q between the smallest and the largest; 0 elsewhere.

        P(|q|) has two more parts: an atom of weight 1 - breaking_point at q_max and, in a field, one of weight x(q_0) at the smallest overlap.
        """
        values = real_array("q", q)
        if not self.broken:
            return np.zeros_like(values)
        at, of = self._curve()
        inside = (values >= of[0]) & (values <= of[-1])
        return np.where(inside, PchipInterpolator(of, at).derivative()(np.clip(values, of[0], of[-1])), 0.0)

    def _curve(self) -> tuple[Array, Array]:
        at, of = np.append(self.x[:-1], self.breaking_point), np.append(self.q[:-1], self.q_max)
        if self.field == 0.0 and of[0] > 0.0:
            at, of = np.append(0.0, at), np.append(0.0, of)
        return at, of


@dataclass(frozen=True, eq=False)
class GroundState:
    """The functional at zero temperature."""

    energy: float
    """Per spin; with infinitely many steps extrapolated."""
    error: float
    """Estimated error: rounding, and for infinitely many steps what is left of the extrapolation."""
    q: Array
    """Overlaps q_0, ..., q_{k-1}; the innermost is 1. (k,)."""
    y: Array
    """beta m_i; (k,)."""
    replicons: Array
    """Of the levels 0 to k - 1; (k,)."""
    converged: bool
    """Whether the minimiser ended at a stationary point."""


def _steps(steps: float) -> int:
    good = (is_number(steps) and steps == math.inf) or (is_integer(steps) and 0 <= steps <= LARGEST_STEPS)
    require(good, "steps", steps, f"an integer from 0 to {LARGEST_STEPS}, or math.inf")
    return LEVELS if steps == math.inf else int(steps)


def at_line(field: float) -> float:
    """The temperature below which replica symmetry is unstable in a field H (de Almeida and Thouless 1978).

    Parameters
    ----------
    field : float
        |H| <= 8, in units of the couplings.

    Examples
    --------
    >>> at_line(0.0), round(at_line(0.5), 6)
    (1.0, 0.535105)
    """
    h = as_finite("field", field)
    require(abs(h) <= STRONGEST_FIELD, "field", field, f"in [-{STRONGEST_FIELD:g}, {STRONGEST_FIELD:g}]")
    return at_temperature_kernel(abs(h))


def _limit(
    points: list[Point], values: list[float], plateau: bool, powers: tuple[int, ...]
) -> tuple[float, float]:
    """The limit of many steps by a polynomial in the inverse number of steps, and by how much one level fewer changes it."""
    k = np.array([point.m.size for point in points]) + (0.5 if plateau else 0.0)
    found = []
    for last in (len(values), len(values) - 1):
        part = slice(max(0, last - len(powers) - 1), last)
        n = k[part].size
        design = np.stack([np.ones(n), *(k[part] ** -p for p in powers[: n - 1])], axis=1)
        found.append(float(np.linalg.solve(design, np.array(values)[part])[0]))
    return found[0], abs(found[0] - found[1])


def _observables(point: Point, t: float, field: float) -> tuple[float, float, float, float]:
    """Free energy, energy, entropy, magnetisation."""
    free = -t * point.at.value
    magnetisation = float(point.at.slope[-1])
    weights = np.diff(np.concatenate([[0.0], point.m, [1.0]]))
    energy = -(1.0 - float(weights @ point.q**2)) / (2.0 * t) - field * magnetisation
    return free, energy, (energy - free) / t, magnetisation


def _symmetric(t: float, h: float, steps: float) -> Solution:
    q, replicon = rs_kernel(t, abs(h))
    at = rs_moments(1.0 / t, q, h)
    free = -((1.0 - q) ** 2) / (4.0 * t) - t * at.log_2cosh
    energy = -(1.0 - q * q) / (2.0 * t) - h * at.t
    k = 0 if steps == math.inf else int(steps)
    overlaps, zeros = np.full(k + 1, q), np.zeros(k + 1)
    replicons = np.full(k + 1, replicon)
    entropy = (energy - free) / t
    return Solution(
        t, h, steps, overlaps, zeros[1:], free, energy, entropy, at.t, replicons, zeros, 0.0, q, 1e-14, False, True
    )  # fmt: skip


def solve(
    temperature: float,
    field: float = 0.0,
    steps: float = 1,
    *,
    plateau: bool = True,
    on_failure: Literal["raise", "return"] = "raise",
) -> Solution:
    """The SK model at finite temperature.

    Parameters
    ----------
    temperature : float
        At least 0.05 (0.001 with steps = 0); for lower ones use :func:`ground_state_energy`.
    field : float
        |H| <= 8.
    steps : int or math.inf
        0 is replica symmetry, up to 12; ``math.inf`` extrapolates from 1 to 8 steps.
    plateau : bool
        Whether the outermost overlap q_0 may be positive without a field; it is, at the minimum. ``False`` keeps q_0 = 0, a family that approaches the
        same limit.
    on_failure : {"raise", "return"}
        What to do if the minimiser stops early; "return" hands back where it stopped, with ``converged`` False.

    Returns
    -------
    Solution
        Where replica symmetry is stable, that solution, with ``broken`` False; also where its replicon lies between -1e-4 and 0, where breaking lowers
        the functional by less than its rounding.

    Notes
    -----
    At T = 0.5 one step takes 0.02 s and the limit 1 s; colder is slower. The limit has an error of a few 1e-10 for T >= 0.2 and of 1e-8 at 0.05; q_max is
    good to about 1e-4 and the breaking point to 1e-3. Near the line of de Almeida and Thouless fewer steps are visible: the limit ends where a further one
    lowers the functional by less than 3e-11.

    Raises
    ------
    ValueError
        Bad input.
    ConvergenceError
        The minimiser stopped; its trace holds the gradients.

    Examples
    --------
    >>> one = solve(0.5)
    >>> round(one.free_energy, 7), one.q.round(4), one.m.round(4)
    (-0.7912088, array([0.2146, 0.6192]), array([0.2818]))
    >>> round(solve(0.5, steps=math.inf).breaking_point, 4)
    0.4816
    """
    require(is_finite(temperature) and temperature > 0.0, "temperature", temperature, "a finite number > 0")
    t, h = float(temperature), as_finite("field", field)
    require(abs(h) <= STRONGEST_FIELD, "field", field, f"in [-{STRONGEST_FIELD:g}, {STRONGEST_FIELD:g}]")
    k = _steps(steps)
    require(isinstance(plateau, bool | np.bool_), "plateau", plateau, "True or False")
    require(plateau or h == 0.0, "plateau", plateau, "True in a field: q_0 > 0 there")
    raises = raises_on_failure(on_failure)
    low = LOWEST_TEMPERATURE if k else 1e-3
    require(t >= low, "temperature", temperature, f"at least {low:g}; at T = 0 use ground_state_energy")
    q_rs, replicon = rs_kernel(t, abs(h))
    if k == 0 or replicon > -MARGINAL:
        return _symmetric(t, h, steps)
    problem = Problem(t, h, bool(plateau))
    points = _minimiser.solve(k, problem, _minimiser.first_start(problem, q_rs), raises, steps == math.inf)
    last = points[-1]
    free, energy, entropy, magnetisation = _observables(last, t, h)
    x = np.where(last.q > 0.0, t * last.at.third2 / (2.0 * last.at.bend3), 0.0)
    breaking, q_max, error = float(x[-1]), float(last.q[-1]), ROUNDING * t
    if steps == math.inf and last.converged:
        families = zip(*(_observables(point, t, h) for point in points), strict=True)
        (free, left), (energy, _), (entropy, _), (magnetisation, _) = (
            _limit(points, list(values), problem.plateau, (4, 5, 6)) for values in families
        )
        innermost = [t * float(p.at.third2[-1] / (2.0 * p.at.bend3[-1])) for p in points]
        breaking = _limit(points, innermost, problem.plateau, (2, 3, 4))[0]
        q_max = _limit(points, [float(p.q[-1]) for p in points], problem.plateau, (2, 3, 4))[0]
        error += left
    return Solution(
        t, h, steps, last.q, last.m, free, energy, entropy, magnetisation, 1.0 - last.at.bend2, x, breaking, q_max,
        error, True, last.converged,
    )  # fmt: skip


def zero_temperature(
    steps: float = math.inf,
    *,
    field: float = 0.0,
    plateau: bool = True,
    on_failure: Literal["raise", "return"] = "raise",
) -> GroundState:
    """The functional at T = 0, with its overlaps and block parameters.

    Parameters
    ----------
    steps : int or math.inf
        0 to 12; ``math.inf`` extrapolates from 1 to 8 steps, with an error of about 1e-7.
    field : float
        |H| <= 2 (beyond, the effect of breaking is lost in rounding).
    plateau : bool
        Two families of trees approach the same limit: with a plateau q_0 > 0 at small x (the minimum), or with q_0 = 0.
    on_failure : {"raise", "return"}
        What to do if the minimiser stops early.

    Examples
    --------
    >>> one = zero_temperature(1)
    >>> round(one.energy, 6), one.q.round(4), one.y.round(4)
    (-0.765259, array([0.4768]), array([1.3608]))
    """
    k, h = _steps(steps), as_finite("field", field)
    require(abs(h) <= 2.0, "field", field, "in [-2, 2]")
    require(isinstance(plateau, bool | np.bool_), "plateau", plateau, "True or False")
    require(plateau or h == 0.0, "plateau", plateau, "True in a field: q_0 > 0 there")
    raises = raises_on_failure(on_failure)
    if k == 0:
        # int Dz |z + H|
        energy = -math.sqrt(2.0 / math.pi) * math.exp(-0.5 * h * h) - h * math.erf(h / math.sqrt(2.0))
        return GroundState(energy, 1e-16, np.empty(0), np.empty(0), np.empty(0), True)
    problem = Problem(0.0, h, bool(plateau))
    points = _minimiser.solve(k, problem, _minimiser.first_start(problem, 0.0), raises, steps == math.inf)
    last = points[-1]
    energy, error = -last.at.value, ROUNDING
    if steps == math.inf and last.converged:
        energy, left = _limit(points, [-p.at.value for p in points], problem.plateau, (4, 5, 6))
        error += 2.0 * left
    return GroundState(energy, error, last.q, last.m, 1.0 - last.at.bend2, last.converged)


def ground_state_energy(steps: float = math.inf, *, field: float = 0.0, plateau: bool = True) -> float:
    """The energy per spin of the ground state; see :func:`zero_temperature` for its error and its overlaps.

    Examples
    --------
    >>> [round(ground_state_energy(steps=k), 6) for k in (0, 1, 2)]
    [-0.797885, -0.765259, -0.763608]
    >>> round(ground_state_energy(steps=1, plateau=False), 6)
    -0.768828
    """
    return zero_temperature(steps, field=field, plateau=plateau).energy


def functional(q: npt.ArrayLike, m: npt.ArrayLike, temperature: float, field: float = 0.0) -> float:
    """-beta f of the Parisi functional at any overlaps and block parameters, for drawing it: the right ones minimise it.

    Parameters
    ----------
    q : array_like of shape (k + 1,)
        Overlaps, not decreasing, in [0, 1).
    m : array_like of shape (k,)
        Block parameters, not decreasing, in (0, 1).
    temperature : float
        At least 0.05.
    field : float
        |H| <= 8.

    Examples
    --------
    >>> round(functional([0.2146, 0.6192], [0.2818], 0.5), 7)
    1.5824177
    """
    overlaps, blocks = real_array("q", q, ndim=1), real_array("m", m, ndim=1)
    require(
        overlaps.size == blocks.size + 1, "q", q, f"one overlap more than the {blocks.size} block parameters"
    )
    rising = bool(np.all(np.diff(overlaps, prepend=0.0) >= 0.0) and overlaps[-1] < 1.0)
    require(rising, "q", q, "not decreasing, in [0, 1)")
    rising = bool(np.all(np.diff(blocks, prepend=0.0) >= 0.0) and np.all((blocks > 0.0) & (blocks < 1.0)))
    require(rising, "m", m, "not decreasing, in (0, 1)")
    good = is_finite(temperature) and temperature >= LOWEST_TEMPERATURE
    require(good, "temperature", temperature, f"a finite number >= {LOWEST_TEMPERATURE:g}")
    h = as_finite("field", field)
    require(abs(h) <= STRONGEST_FIELD, "field", field, f"in [-{STRONGEST_FIELD:g}, {STRONGEST_FIELD:g}]")
    return evaluate(overlaps, blocks, float(temperature), h).value
