r"""Hard particles jammed exactly, by a chain of linear programs.

Let all radii grow by a common factor :math:`\sqrt\Gamma` while the particles move by small steps :math:`s_i`. No overlap means
:math:`|r_{ij}+s_{ij}|^2\ge\Gamma\sigma_{ij}^2`. Leaving out :math:`|s_{ij}|^2\ge0` gives the linear condition

.. math:: r_{ij}^2+2\,r_{ij}\cdot s_{ij}\ge\Gamma\,\sigma_{ij}^2,

which is stricter, so that every step is allowed for hard particles. Maximise :math:`\Gamma` with :math:`|s_i|` bounded, move, grow, repeat:
at :math:`\Gamma=1` nothing can move. The multipliers of the tight conditions are then the contact forces, and their number is the
isostatic one. Torquato and Jiao, Phys. Rev. E 82, 061302 (2010); Charbonneau, Corwin, Dennis, Díaz Hernández Rojas, Ikeda, Parisi,
Ricci-Tersenghi, Phys. Rev. E 104, 014102 (2021). Chapter: jamming/packings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from learnscape.errors import ConvergenceError, as_real, is_integer, is_number, require
from learnscape.jamming.packings.contacts import gaps as near_gaps
from learnscape.jamming.packings.contacts import near_pairs, separations
from learnscape.jamming.packings.soft import PHI_MAX, _check, _volume, quench, unit_of
from learnscape.jamming.rattlers import find_rattlers
from learnscape.numerics.rng import generator

__all__ = ["HardPacking", "jam_hard"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FORCE_ZERO = 1e-9  # a multiplier below this fraction of the mean is no contact; the true ones are far above


@dataclass(frozen=True, eq=False)
class HardPacking:
    """A jammed configuration of hard discs or spheres; fields as in ``Packing``."""

    positions: FloatArray
    radii: FloatArray
    """Grown: at these radii the contacts touch."""
    box: float
    phi: float
    contacts: IntArray
    forces: FloatArray
    """The multipliers of the last linear program, mean 1; shape (m,)."""
    gaps: FloatArray
    rattlers: NDArray[np.bool_]
    programs: int
    """Linear programs solved."""
    growth: float
    """sqrt(Gamma) - 1 of the last program."""
    displacement: float
    """Largest step of a non-rattler in the last program, in units of the mean diameter."""
    overlap: float
    """Largest relative overlap of any pair: 1 - r/s; 0 up to rounding."""

    @property
    def n_stable(self) -> int:
        """Particles that are no rattlers."""
        return int(np.count_nonzero(~self.rattlers))

    @property
    def excess_contacts(self) -> int:
        """Contacts beyond the isostatic number d (N_s - 1) + 1."""
        return len(self.contacts) - (self.positions.shape[1] * (self.n_stable - 1) + 1)


def _program(
    points: FloatArray, radii: FloatArray, box: float, reach: float
) -> tuple[FloatArray, float, IntArray, FloatArray]:
    """One linear program: steps (N, d), Gamma, the pairs considered and their multipliers."""
    n, d = points.shape
    bound = reach / (
        4.0 * math.sqrt(d)
    )  # two particles at most reach / 2 nearer: nobody out of reach comes in touch
    pairs = near_pairs(points, radii, box, reach)
    distance, normal = separations(points, box, pairs)
    sums = radii[pairs].sum(axis=1)
    scale = 1.0 / sums**2
    m = len(pairs)
    rows = np.repeat(np.arange(m), 2 * d + 1)
    columns = np.empty((m, 2 * d + 1), dtype=np.int64)
    values = np.empty((m, 2 * d + 1))
    for k in range(d):
        columns[:, k], columns[:, d + k] = pairs[:, 0] * d + k, pairs[:, 1] * d + k
        values[:, k] = -2.0 * distance * normal[:, k] * scale
        values[:, d + k] = -values[:, k]
    columns[:, -1], values[:, -1] = n * d, 1.0
    matrix = csr_array((values.ravel(), (rows, columns.ravel())), shape=(m, n * d + 1))
    # Gamma = 1 + g: the unknown g becomes tiny, and its precision is then relative to itself.
    cost = np.zeros(n * d + 1)
    cost[-1] = -1.0
    limits = [(-bound, bound)] * (n * d) + [(None, None)]
    answer = linprog(
        cost,
        A_ub=matrix,
        b_ub=distance**2 * scale - 1.0,
        bounds=limits,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if answer.status != 0:
        raise ConvergenceError(f"the linear program was not solved: {answer.message}")
    return answer.x[:-1].reshape(n, d), float(answer.x[-1]), pairs, -answer.ineqlin.marginals


def jam_hard(
    n: int = 0,
    dimension: int = 2,
    *,
    rng: int | np.random.Generator | None = None,
    positions: ArrayLike | None = None,
    radii: ArrayLike | None = None,
    box: float | None = None,
    phi0: float | None = None,
    tolerance: float = 1e-11,
    max_programs: int = 300,
) -> HardPacking:
    """Jam hard discs or spheres by linear programs, to the contact.

    Parameters
    ----------
    n, dimension, rng
        As in :func:`jam <learnscape.jamming.packings.protocols.jam>`: the start is then made of soft particles that just do not touch, at
        density ``phi0`` (by default 0.80 for discs, 0.60 for spheres).
    positions, radii, box : optional
        Start from these; overlapping particles are shrunk by a common factor first.
    phi0 : float, optional
    tolerance : float
        Stop when the particles could grow by less than this fraction and those that bear forces move by less than 1e-6 diameters.
    max_programs : int

    Returns
    -------
    HardPacking

    Raises
    ------
    ValueError
        For wrong shapes, NaN, radii <= 0, a box that is too small.
    ConvergenceError
        If ``max_programs`` do not suffice, with the growth of every program.

    Examples
    --------
    >>> packing = jam_hard(40, rng=2)
    >>> packing.excess_contacts, bool((packing.forces > 0).all()), packing.overlap < 1e-9
    (0, True, True)
    """
    require(
        is_integer(max_programs) and max_programs >= 1,
        "max_programs",
        max_programs,
        "an integer >= 1",
    )
    require(is_number(tolerance) and 0.0 < tolerance < 0.1, "tolerance", tolerance, "in (0, 0.1)")
    if positions is None:
        require(is_integer(dimension) and dimension in (2, 3), "dimension", dimension, "2 or 3")
        start = {2: 0.80, 3: 0.60}[dimension] if phi0 is None else phi0
        soft = quench(n, start, dimension=dimension, radii=radii, rng=generator(rng))
        points, sizes, side = soft.positions.copy(), soft.radii.copy(), soft.box
    else:
        require(radii is not None and box is not None, "radii, box", (radii, box), "given with positions")
        points, sizes, side = (
            as_real("positions", positions),
            as_real("radii", radii if radii is not None else ()),
            box if box is not None else 0.0,
        )
        _check(points, sizes, side, "harmonic")
    d = points.shape[1]
    require(_volume(sizes, d) / side**d <= PHI_MAX[d], "phi", _volume(sizes, d) / side**d, f"<= {PHI_MAX[d]}")
    unit = unit_of(sizes)  # lengths of order one for the linear program
    points, sizes, side = points / unit, sizes / unit, side / unit
    touching = near_pairs(points, sizes, side, 0.0)
    if len(touching):
        distance, _ = separations(points, side, touching)
        sizes *= min(1.0, float((distance / sizes[touching].sum(axis=1)).min()))
    trace: list[float] = []
    for _ in range(max_programs):
        mean = 2.0 * float(sizes.mean())
        last = trace[-1] if trace else math.inf
        reach = min(0.8 * mean, side / 2 - 2 * float(sizes.max()) if side > 5 * sizes.max() else 0.3 * mean)
        reach = reach if last > 1e-3 else min(reach, 0.4 * mean)
        steps, gain, pairs, multipliers = _program(points, sizes, side, reach)
        growth = math.sqrt(1.0 + gain) - 1.0
        trace.append(growth)
        bearing = multipliers > FORCE_ZERO * max(
            multipliers.sum() / max(1, np.count_nonzero(multipliers)), 1e-300
        )
        rattlers, remain = find_rattlers(pairs[bearing], len(points), d + 1)
        if not rattlers.all():
            steps = steps - steps[~rattlers].mean(
                axis=0
            )  # a translation of everything costs nothing: take it out
        moved = float(np.abs(steps[~rattlers]).max()) / mean if not rattlers.all() else math.inf
        points = np.mod(points + steps, side)
        sizes = sizes * (1.0 + growth)
        if abs(growth) < tolerance and moved < 1e-6:
            break
    else:
        raise ConvergenceError(
            f"{max_programs} linear programs did not jam the particles: growth {trace[-1]:.2g}", trace
        )
    contacts, weights = pairs[bearing][remain], multipliers[bearing][remain]
    distance, _ = separations(points, side, pairs)
    # The multiplier of r^2/s^2 >= Gamma times the derivative 2 r / s^2 is the force along the contact.
    sums = sizes[contacts].sum(axis=1)
    weights = weights / sums
    every = near_gaps(points, sizes, side, rattlers, largest=0.3)
    in_touch = np.sort(separations(points, side, contacts)[0] / sums - 1.0)
    return HardPacking(
        positions=points * unit,
        radii=sizes * unit,
        box=side * unit,
        phi=_volume(sizes, d) / side**d,
        contacts=contacts,
        forces=weights / weights.mean(),
        gaps=every[np.searchsorted(every, max(in_touch[-1], 0.0), side="right") :],
        rattlers=rattlers,
        programs=len(trace),
        growth=trace[-1],
        displacement=moved,
        overlap=max(0.0, float((1.0 - distance / sizes[pairs].sum(axis=1)).max())),
    )
