r"""Beyond capacity with k steps of breaking: the perceptron that minimises the squares of its violated demands.

*Problem.* The replica-symmetric answer of :mod:`learnscape.replica.unsat` is unstable for kappa < 0. At zero temperature :math:`q_k\to1` with
:math:`\chi=\beta(1-q_k)` and :math:`\beta m_i=\chi y_i` finite, and the energy per weight is

.. math:: e_k=\max_{\chi,q,y}\Bigl[\frac{\alpha}{1+\chi}\,C\Bigl(q,\frac{\chi y}{1+\chi}\Bigr)-\frac1\chi S(q,y)\Bigr],

with the entropy S of the sphere and the cost C of :mod:`learnscape.replica._limit`. At capacity :math:`\chi\to\infty`, and what is left of :math:`e>0` is
:math:`\alpha C>S`. The energy rises with k. A pattern that would have the gap x < 0 ends with :math:`x/(1+\chi)`.

*Rigour.* Exact within replicas at each k; a lower bound on the energy of full breaking. Franz, Parisi, Sevelev, Urbani and Zamponi (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from learnscape.ansatz import Tree, average
from learnscape.constraints import Margin
from learnscape.errors import ConvergenceError, as_finite, require
from learnscape.replica import rs, unsat
from learnscape.replica._compiled import compiled
from learnscape.replica._limit import SPHERE, along_free, distance_cost, pack, sphere, unpack
from learnscape.replica.rsb._capacity import capacity
from learnscape.replica.rsb._solve import check_steps
from learnscape.weights import Spherical

__all__ = ["GroundState", "ground_state"]

Array = NDArray[np.float64]
GRADIENT = 1e-8
REACHED = 1e-5  # of the gradient, in units of the energy
STILL = 0.7  # of the symmetric replicon: a minimum is far more stable
GROWTH = 1.3  # of alpha / capacity, from one solution to the next
FARTHEST = 60.0  # logarithms


@dataclass(frozen=True, eq=False)
class GroundState:
    """The UNSAT phase at zero temperature, from :func:`ground_state`."""

    alpha: float
    """Load."""
    kappa: float
    """Margin."""
    energy: float
    """e, half the sum of the squares of the negative gaps, per weight."""
    pressure: float
    """p = de/dkappa, minus the sum of the negative gaps per weight."""
    contacts: float
    """c, unsatisfied patterns per weight."""
    chi: float
    """beta (1 - q_k): response of the weights inside a state."""
    q: Array
    """Overlaps q_0, ..., q_{k-1} of different states, outermost first (within a state it is 1); (k,)."""
    y: Array
    """beta m_i; (k,); 0 where symmetry is not broken."""
    replicon: Array
    """For q_0, ..., q_k, positive where the block is stable; (k + 1,)."""
    broken: bool
    """False if replica symmetry is stable (kappa >= 0)."""
    residual: float
    """Largest derivative of e in logarithmic variables, in units of e."""

    @property
    def stable(self) -> bool:
        """True if no replicon is negative."""
        return bool(self.replicon.min() > -1e-9)


def minus_energy(kappa: float, alpha: float, v: Array) -> tuple[float, Array]:
    """-e and its gradient in the free variables of q and y, and in ln chi."""
    if np.abs(v).max() > FARTHEST:
        return math.inf, np.zeros(v.size)
    chi = math.exp(v[-1])
    q, y = unpack(v[:-1])
    if q[-1] >= 1.0 or y[-1] > 1e15:
        return math.inf, np.zeros(v.size)
    r = chi / (1.0 + chi)
    entropy, price = sphere(q, y), distance_cost(Margin(kappa), q, r * y)
    weight = alpha / (1.0 + chi)
    value = -weight * price.value - entropy.value / chi
    by_q = -weight * price.dq - entropy.dq / chi
    by_y = -weight * r * price.dy - entropy.dy / chi
    by_chi = (
        weight * r * price.value - weight * float(price.dy @ y) * chi / (1.0 + chi) ** 2 + entropy.value / chi
    )
    return -value, -np.append(along_free(v[:-1], by_q, by_y), by_chi)


def ground_state(kappa: float, alpha: float, *, steps: int = 1) -> GroundState:
    """The smallest quadratic cost of the spherical perceptron beyond its capacity, with one or two steps of breaking.

    Parameters
    ----------
    kappa : float
        Margin, in [-3, 30].
    alpha : float
        Load above the capacity with so many steps (:func:`learnscape.replica.rsb.capacity`).
    steps : int
        1 or 2.

    Returns
    -------
    GroundState
        For kappa >= 0 the replica-symmetric one, with ``broken = False``.

    Raises
    ------
    ValueError
        Bad input, or a load below the capacity, where the energy is 0.
    ConvergenceError
        The minimum was not reached, as for kappa between -0.3 and 0, where breaking gains little.

    Examples
    --------
    >>> answer = ground_state(-0.5, 8.0)
    >>> round(answer.energy, 6), answer.stable
    (0.044505, False)
    """
    margin = as_finite("kappa", kappa)
    load = as_finite("alpha", alpha)
    count = check_steps(steps)
    require(-3.0 <= margin <= unsat.LARGEST, "kappa", kappa, f"in [-3, {unsat.LARGEST:g}]")
    if margin >= 0.0:
        state = unsat.solve(Spherical(), Margin(margin), load)
        return GroundState(
            load, margin, state.energy, state.pressure, state.contacts, state.chi, np.ones(count), np.zeros(count),
            np.full(count + 1, state.replicon), False, 0.0,
        )  # fmt: skip
    limit = capacity(SPHERE, Margin(margin), steps=count)
    allowed = f"> {limit.alpha:.9g}, the capacity with {count} step(s) of breaking: below it the energy is 0"
    require(load > limit.alpha * (1.0 + 1e-6), "alpha", alpha, allowed)
    at, target = 1.0, load / limit.alpha
    v = np.append(pack(limit.q, limit.y), 0.0)
    residual = math.inf
    while True:
        new = min(target, at * GROWTH)
        v[-1] = (
            -math.log(math.sqrt(new) - 1.0)
            if at == 1.0
            else v[-1] - math.log((math.sqrt(new) - 1.0) / (math.sqrt(at) - 1.0))
        )
        v, value, residual = _climb(margin, new * limit.alpha, v)
        at = new
        if at == target:
            break
    if not residual < REACHED:
        raise ConvergenceError(
            f"no minimum of the energy with {count} step(s) at kappa = {margin!r}, alpha = {load!r}: gradient {residual:.2g} of the energy",
            [residual],
        )
    answer = _assemble(margin, load, v, value, residual)
    symmetric = rs.capacity_and_replicon(SPHERE, Margin(margin))[1]  # the same at all loads beyond
    if not answer.replicon.min() > STILL * symmetric:
        raise ConvergenceError(
            f"no minimum of the energy with {count} step(s) at kappa = {margin!r}, alpha = {load!r}: the overlaps ran to 1, where breaking gains nothing; "
            "a kappa farther from zero has one",
            [residual],
        )
    return answer


def _climb(kappa: float, alpha: float, v: Array) -> tuple[Array, float, float]:
    """The largest e near a start; its value, and the gradient in units of it."""
    size = max(abs(minus_energy(kappa, alpha, v)[0]), 1e-14)

    def scaled(v: Array) -> tuple[float, Array]:
        value, gradient = minus_energy(kappa, alpha, v)
        return value / size, gradient / size

    found = minimize(scaled, v, jac=True, method="BFGS", options={"gtol": GRADIENT, "maxiter": 300})
    top = -float(found.fun) * size
    return np.asarray(found.x), top, float(np.abs(found.jac).max()) * size / top


def _assemble(kappa: float, alpha: float, v: Array, value: float, residual: float) -> GroundState:
    """Moments of the last two levels, where one is known in closed form."""
    chi = math.exp(v[-1])
    q, y = unpack(v[:-1])
    r = chi / (1.0 + chi)
    inner = compiled(SPHERE, Margin(kappa)).innermost
    assert inner is not None
    gap, last = 1.0 - q[-1], r * y[-1]
    parts: list[Array] = []

    def leaf(h: Array) -> tuple[Array, Array, Array]:
        parts[:] = inner(Margin(kappa), h, last, gap)
        return parts[0], parts[1], parts[2]

    found = average(leaf, Tree(q, r * y[:-1]), edges=(kappa,), width=math.sqrt(gap), concave=True)
    level = found.levels[-1]
    square = -2.0 * (
        found.mean[-1] + last * float(level.measure @ parts[3])
    )  # of the distance, over all patterns
    violated = (
        last * (square - found.slope2[-1]) - found.bend[-1]
    )  # phi'' = y (<f'^2> - phi'^2) - P(violated)
    lam = np.append(1.0 + np.cumsum((y * np.diff(np.append(q, 1.0)))[::-1])[::-1], 1.0)
    bend2 = np.append(np.array(found.bend2), violated)
    return GroundState(
        alpha=alpha,
        kappa=kappa,
        energy=value,
        pressure=alpha / (1.0 + chi) * float(level.measure @ level.slope),
        contacts=float(alpha * violated),
        chi=chi,
        q=q,
        y=chi * y,
        replicon=1.0 - alpha * r**2 * lam**2 * bend2,
        broken=True,
        residual=residual,
    )
