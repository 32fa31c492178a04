r"""Soft packings: what a packing is, and the quench that makes one at a fixed density.

The energy is :math:`V=\sum_{i<j}\frac1a(1-r_{ij}/s_{ij})^a` over overlapping pairs, :math:`s_{ij}` the sum of the radii; the pressure is
:math:`p=\sum f_{ij}r_{ij}/(d\,\mathcal V)`. An *infinite quench* follows the energy downhill from random positions (O'Hern, Silbert,
Liu, Nagel, Phys. Rev. E 68, 011306, 2003). Chapter: jamming/packings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, as_real, is_integer, is_number, raises_on_failure, require
from learnscape.jamming.packings._kernels import forces, relax
from learnscape.jamming.packings.contacts import contact_network, gaps, near_pairs, separations
from learnscape.numerics.rng import generator

__all__ = ["Packing", "bidisperse", "minimise", "quench"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Potential = Literal["harmonic", "hertzian"]

SKIN = 0.3
PHI_MAX = {2: 1.5, 3: 1.2}
RATIO = 1.4
LARGEST = 1e80  # radius: its third power, and that of its inverse, are numbers
COINCIDE = 1e-12  # of the smallest radius: centres closer than this are at one place, to rounding


@dataclass(frozen=True, eq=False)
class Packing:
    """A mechanically stable (or unjammed) configuration of soft discs or spheres."""

    positions: FloatArray
    """Centres, shape (N, d), in [0, box)."""
    radii: FloatArray
    """Shape (N,)."""
    box: float
    """Side of the periodic box."""
    phi: float
    """Volume of the particles over that of the box (overlaps counted twice)."""
    potential: Potential
    energy: float
    """Mean energy a particle."""
    pressure: float
    """Sum of f_ij r_ij over d times the volume; 0 if nothing touches."""
    contacts: IntArray
    """Pairs (i, j), i < j, of overlapping particles, both no rattlers; shape (m, 2)."""
    forces: FloatArray
    """Repulsion of each contact, shape (m,)."""
    gaps: FloatArray
    """r_ij / s_ij - 1 > 0 of pairs of non-rattlers that nearly touch, ascending: all below 0.3 times the smallest radius over the largest, and some up to 0.3."""
    rattlers: NDArray[np.bool_]
    """Particles with fewer than d + 1 contacts (removed again and again), shape (N,)."""
    steps: int
    """Steps of the minimiser."""
    residual: float
    """Largest component of a net force over the mean contact force; -1 if nothing touches."""
    converged: bool
    """Whether the residual is below the tolerance asked for (also if nothing touches)."""

    @property
    def dimension(self) -> int:
        return int(self.positions.shape[1])

    @property
    def n_stable(self) -> int:
        """Particles that are no rattlers."""
        return int(np.count_nonzero(~self.rattlers))

    @property
    def jammed(self) -> bool:
        """Whether there is a network of contacts that bears a pressure."""
        return self.pressure > 0.0 and len(self.contacts) > 0

    @property
    def coordination(self) -> float:
        """Mean number of contacts of a non-rattler, Z = 2 N_c / N_s (0 if unjammed)."""
        return 2.0 * len(self.contacts) / self.n_stable if self.n_stable else 0.0

    @property
    def excess_contacts(self) -> int:
        """Contacts beyond the isostatic number d (N_s - 1) + 1."""
        return len(self.contacts) - (self.dimension * (self.n_stable - 1) + 1)


def bidisperse(n: int, ratio: float = RATIO) -> FloatArray:
    """Radii of a half-and-half mixture: the small ones 0.5, the large ones ``ratio`` times that.

    Parameters
    ----------
    n : int
        Number of particles, >= 2.
    ratio : float
        Large over small, finite and >= 1.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> bidisperse(4).tolist()
    [0.5, 0.5, 0.7, 0.7]
    """
    require(is_integer(n) and n >= 2, "n", n, "an integer >= 2")
    require(is_number(ratio) and math.isfinite(ratio) and ratio >= 1.0, "ratio", ratio, "finite and >= 1")
    radii = np.full(int(n), 0.5)
    radii[int(n) // 2 :] *= ratio
    return radii


def _check(positions: FloatArray, radii: FloatArray, box: float, potential: str) -> int:
    require(
        positions.ndim == 2 and positions.shape[1] in (2, 3),
        "positions.shape",
        positions.shape,
        "(N, 2) or (N, 3)",
    )
    require(len(positions) >= 2, "N", len(positions), ">= 2")
    require(radii.shape == (len(positions),), "radii.shape", radii.shape, f"({len(positions)},)")
    require(bool(np.isfinite(positions).all()), "positions", "an array with NaN or inf", "finite")
    checked_radii(radii)
    require(potential in ("harmonic", "hertzian"), "potential", potential, '"harmonic" or "hertzian"')
    require(is_number(box) and math.isfinite(box) and box > 0, "box", box, "finite and > 0")
    smallest = 4.0 * float(radii.max())
    require(
        box >= smallest,
        "box",
        box,
        f">= {smallest:g}, twice the largest diameter, so that no particle meets another one and its image: take more particles",
    )
    pairs = near_pairs(np.mod(positions, box), radii, box, 0.0)
    apart, _ = separations(positions, box, pairs)
    closest = float(apart.min()) if len(pairs) else math.inf
    require(
        closest > COINCIDE * float(radii.min()),
        "positions",
        f"two centres {closest:g} apart",
        "different from each other: a force between coinciding centres has no direction",
    )
    return int(positions.shape[1])


def checked_radii(radii: FloatArray) -> None:
    """``ValueError`` for radii whose powers could not be represented."""
    bad = radii[~((radii >= 1 / LARGEST) & (radii <= LARGEST))]
    require(bad.size == 0, "radii", bad[:1].tolist(), f"> 0, from {1 / LARGEST:g} to {LARGEST:g}")


def unit_of(radii: FloatArray) -> float:
    """A power of two of the size of the largest radius: 1 for radii below 1 and from 1/2 on."""
    return 2.0 ** int(np.frexp(radii.max())[1])


def _volume(radii: FloatArray, dimension: int) -> float:
    unit = math.pi if dimension == 2 else 4.0 * math.pi / 3.0
    return unit * float(np.sum(radii**dimension))


def _box(radii: FloatArray, phi: float, dimension: int) -> float:
    limit = PHI_MAX[dimension]
    require(is_number(phi) and 0.0 < phi <= limit, "phi", phi, f"in (0, {limit:g}]")
    return float((_volume(radii, dimension) / phi) ** (1.0 / dimension))


def minimise(
    positions: ArrayLike,
    radii: ArrayLike,
    box: float,
    *,
    potential: Potential = "harmonic",
    tolerance: float = 1e-6,
    max_steps: int = 400_000,
    on_failure: Literal["raise", "return"] = "raise",
) -> Packing:
    """Follow the energy downhill (FIRE) until the forces balance.

    Parameters
    ----------
    positions : array_like, shape (N, 2) or (N, 3)
    radii : array_like, shape (N,)
        Finite and > 0. In any unit: inside, lengths are divided by a power of two so that they are of order one, as the minimiser's
        time step is.
    box : float
        Side of the periodic box, at least twice the largest diameter.
    potential : {"harmonic", "hertzian"}
    tolerance : float
        Stop when no component of a net force exceeds this fraction of the mean contact force. An absolute bound would be met by every
        configuration at a small enough pressure.
    max_steps : int
    on_failure : {"raise", "return"}
        What to do if ``max_steps`` do not suffice.

    Returns
    -------
    Packing
        With ``pressure`` 0 and no contacts if the energy vanishes.

    Raises
    ------
    ValueError
        For wrong shapes, NaN, radii <= 0, a box that is too small, two particles at one place.
    ConvergenceError
        If the minimiser stalls, with the residuals on the way; whatever ``on_failure`` says if the forces overflow (radii too different).

    Examples
    --------
    >>> pair = minimise([[0.0, 0.0], [0.8, 0.0]], [0.5, 0.5], box=4.0)
    >>> pair.jammed, bool(abs(pair.positions[0, 0] - pair.positions[1, 0]) >= 1.0 - 1e-10)
    (False, True)
    """
    points, sizes = as_real("positions", positions), as_real("radii", radii)
    dimension = _check(points, sizes, box, potential)
    require(is_number(tolerance) and 0.0 < tolerance < 1.0, "tolerance", tolerance, "in (0, 1)")
    require(is_integer(max_steps) and max_steps >= 1, "max_steps", max_steps, "an integer >= 1")
    raises_on_failure(on_failure)
    unit = unit_of(sizes)  # a power of two changes no digit
    points, sizes, side = points / unit, sizes / unit, float(box) / unit
    x = points.flatten()
    trace = np.full(200, np.nan)
    hertzian = potential == "hertzian"
    steps, ratio = relax(x, sizes, side, dimension, hertzian, tolerance, int(max_steps), SKIN, trace)
    if not ratio < np.inf:
        raise ConvergenceError(
            f"the forces overflowed after {steps} steps: radii between {sizes.min() * unit:.3g} and {sizes.max() * unit:.3g} differ too much",
            trace[np.isfinite(trace)],
        )
    converged = ratio < tolerance
    if not converged and on_failure == "raise":
        raise ConvergenceError(
            f"the minimiser stalled: after {steps} steps the largest net force is {ratio:.2g} times the mean contact force, "
            f"more than the tolerance {tolerance:g}",
            trace[np.isfinite(trace)],
        )
    found = describe(x, sizes, side, dimension, potential, steps, ratio, converged)
    return _in_units(found, unit)


def _in_units(packing: Packing, unit: float) -> Packing:
    """The packing with lengths in another unit: a force is an inverse length, a pressure an inverse volume."""
    if unit == 1.0:
        return packing
    return replace(
        packing,
        positions=packing.positions * unit,
        radii=packing.radii * unit,
        box=packing.box * unit,
        pressure=packing.pressure / unit**packing.dimension,
        forces=packing.forces / unit,
    )


def describe(
    x: FloatArray,
    radii: FloatArray,
    box: float,
    dimension: int,
    potential: Potential,
    steps: int,
    ratio: float,
    converged: bool,
) -> Packing:
    n = radii.size
    points = np.mod(x.reshape(n, dimension), box)
    points[points >= box] = 0.0  # a tiny negative number modulo the box is the box
    pairs = near_pairs(points, radii, box, SKIN * 2 * float(radii.min()))
    first, second = np.ascontiguousarray(pairs.T)
    f = np.empty_like(x)
    energy, virial, _, _ = forces(x, radii, box, dimension, potential == "hertzian", first, second, f)
    exponent = 1.0 if potential == "harmonic" else 1.5
    network = contact_network(points, radii, box, pairs=pairs, exponent=exponent)
    touching = ratio >= 0.0 and len(network.pairs) > 0
    volume = box**dimension
    return Packing(
        positions=points,
        radii=radii,
        box=box,
        phi=_volume(radii, dimension) / volume,
        potential=potential,
        energy=energy / n if touching else 0.0,
        pressure=virial / (dimension * volume) if touching else 0.0,
        contacts=network.pairs if touching else np.empty((0, 2), dtype=np.int64),
        forces=network.forces if touching else np.empty(0),
        gaps=gaps(points, radii, box, network.rattlers, pairs=pairs) if touching else np.empty(0),
        rattlers=network.rattlers if touching else np.ones(n, dtype=bool),
        steps=steps,
        residual=ratio,
        converged=converged,
    )


def quench(
    n: int,
    phi: float,
    *,
    dimension: int = 2,
    radii: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
    potential: Potential = "harmonic",
    tolerance: float = 1e-6,
    max_steps: int = 400_000,
    on_failure: Literal["raise", "return"] = "raise",
) -> Packing:
    """An infinite quench: uniformly random positions at density ``phi``, then downhill.

    Parameters
    ----------
    n : int
        Number of particles.
    phi : float
        Density, in (0, 1.5] for discs and (0, 1.2] for spheres.
    dimension : {2, 3}
    radii : array_like, shape (n,), optional
        By default half small (0.5), half large (0.7) discs; spheres all have 0.5.
    rng : int or numpy.random.Generator, optional
    potential, tolerance, max_steps, on_failure
        As in :func:`minimise`.

    Examples
    --------
    >>> quench(64, 0.80, rng=1).jammed, quench(64, 0.90, rng=1).jammed
    (False, True)
    """
    require(is_integer(dimension) and dimension in (2, 3), "dimension", dimension, "2 or 3")
    require(is_integer(n) and n >= 2, "n", n, "an integer >= 2")
    default = bidisperse(n) if dimension == 2 else np.full(int(n), 0.5)
    sizes = default if radii is None else as_real("radii", radii)
    require(sizes.shape == (n,), "radii.shape", sizes.shape, f"({n},)")
    checked_radii(sizes)
    box = _box(sizes, phi, dimension)
    points = generator(rng).random((int(n), dimension)) * box
    return minimise(
        points,
        sizes,
        box,
        potential=potential,
        tolerance=tolerance,
        max_steps=max_steps,
        on_failure=on_failure,
    )
