"""A packing of soft ellipses: its fields, its coordinates (x, y, rho theta), energy, gradient and second derivatives.

Underneath ``packing.py``, which jams, and ``modes.py``, which lets it vibrate. The angle of an ellipse is multiplied by its rho, half the
root of a^2 + b^2, so that all 3N coordinates are lengths. Chapter: jamming/ellipses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_real, is_integer, is_number, require
from learnscape.jamming.ellipses._kernels import near_pairs, touching
from learnscape.jamming.ellipses.contact import contact_derivatives
from learnscape.jamming.rattlers import find_rattlers

__all__ = [
    "PHI_MAX",
    "EllipsePacking",
    "bidisperse",
    "box_side",
    "checked_axes",
    "checked_density",
    "contact_network",
    "contact_rows",
    "derivatives",
    "described",
    "flat",
    "rho_of",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RADII = (0.5, 0.7)
PHI_MAX = 1.3
MAX_RATIO = 10.0
MAX_AXIS = 100.0


@dataclass(frozen=True, eq=False)
class EllipsePacking:
    """A mechanically stable (or unjammed) configuration of soft ellipses."""

    positions: FloatArray
    """Centres, shape (N, 2), in [0, box)."""
    angles: FloatArray
    """Directions of the long axes, shape (N,), in [0, pi)."""
    axes: FloatArray
    """Semi-axes (a, b), shape (N, 2)."""
    box: float
    """Side of the periodic box."""
    phi: float
    """Area of the ellipses over that of the box (overlaps counted twice)."""
    energy: float
    """Mean energy a particle."""
    pressure: float
    """Sum of (1 - g) g over twice the area of the box; 0 if nothing touches."""
    contacts: IntArray
    """Pairs (i, j), i < j, of overlapping ellipses, both no rattlers; shape (m, 2)."""
    forces: FloatArray
    """1 - g of each contact, the force conjugate to g; shape (m,)."""
    rattlers: NDArray[np.bool_]
    """Ellipses with fewer than three contacts, removed again and again; shape (N,)."""
    residual: float
    """Largest component of a net force or torque over the mean of ``forces``; -1 if nothing touches."""
    steps: int
    """Steps of FIRE."""
    converged: bool
    """Whether the residual fell below the tolerance."""
    lambdas: FloatArray = field(repr=False)
    """Optimal lambda of each contact, shape (m,)."""

    @property
    def n_stable(self) -> int:
        """Ellipses that are no rattlers."""
        return int(np.sum(~self.rattlers))

    @property
    def jammed(self) -> bool:
        """Whether any force is borne."""
        return len(self.contacts) > 0

    @property
    def coordination(self) -> float:
        """z = 2 N_c / N_s, contacts of an ellipse that is no rattler; 0 if there is none."""
        return 2 * len(self.contacts) / self.n_stable if self.jammed else 0.0

    @property
    def is_circular(self) -> bool:
        """Whether all ellipses are discs, whose rotations do nothing."""
        return bool(np.all(self.axes[:, 0] == self.axes[:, 1]))

    @property
    def missing_contacts(self) -> int:
        """3 N_s - 1 - N_c (discs: 2 N_s - 1 - N_c): what is missing for isostaticity; 0 if unjammed."""
        return (2 if self.is_circular else 3) * self.n_stable - 1 - len(self.contacts) if self.jammed else 0


def bidisperse(n: int, aspect_ratio: float = 1.0) -> FloatArray:
    """Semi-axes (n, 2): one half with the area of a disc of radius 0.5, one half of radius 0.7; a / b is the aspect ratio.

    Examples
    --------
    >>> bidisperse(2, 4.0).tolist()
    [[1.0, 0.25], [1.4, 0.35]]
    """
    require(is_integer(n) and n >= 2, "n", n, "an integer >= 2")
    ratio = float(aspect_ratio) if is_number(aspect_ratio) else math.nan
    require(
        1.0 <= ratio <= MAX_RATIO,
        "aspect_ratio",
        aspect_ratio,
        f"a / b in [1, {MAX_RATIO:g}], long over short axis",
    )
    radius = np.where(np.arange(n) < n // 2, RADII[0], RADII[1])
    return np.stack([radius * math.sqrt(ratio), radius / math.sqrt(ratio)], axis=1)


def checked_axes(axes: ArrayLike, n: int | None = None) -> FloatArray:
    ab = as_real("axes", axes)
    require(
        ab.ndim == 2 and ab.shape[1] == 2 and (n is None or len(ab) == n) and len(ab) >= 2,
        "axes",
        ab.shape,
        "shape (N, 2), N >= 2",
    )
    require(bool(np.all(np.isfinite(ab) & (ab > 0))), "axes", axes, "positive, finite semi-axes")
    bad = ab[(ab < 1 / MAX_AXIS) | (ab > MAX_AXIS)]
    require(
        bad.size == 0,
        "axes",
        bad[:1].tolist(),
        f"of order one, as the minimiser's time step is: in [{1 / MAX_AXIS:g}, {MAX_AXIS:g}]",
    )
    require(bool(np.all(ab[:, 0] >= ab[:, 1])), "axes", axes, "a >= b in every row (aspect ratio >= 1)")
    return ab


def checked_density(phi: float, name: str = "phi") -> float:
    value = float(phi) if is_number(phi) else math.nan
    require(
        0.0 < value <= PHI_MAX,
        name,
        phi,
        f"a density in (0, {PHI_MAX}]: beyond, ellipses overlap with more than their neighbours",
    )
    return value


def box_side(ab: FloatArray, phi: float) -> float:
    box = math.sqrt(math.pi * float(np.sum(ab[:, 0] * ab[:, 1])) / phi)
    limit = 4.0 * float(ab[:, 0].max())
    require(
        box > limit,
        "n",
        len(ab),
        f"so large that the box ({box:.3g}) exceeds twice the longest contact ({limit:.3g}), or two ellipses touch twice",
    )
    return box


def rho_of(ab: FloatArray) -> FloatArray:
    answer: FloatArray = 0.5 * np.sqrt(np.sum(ab**2, axis=1))
    return answer


def contact_network(x: FloatArray, ab: FloatArray, box: float) -> tuple[IntArray, FloatArray]:
    a, b = np.ascontiguousarray(ab[:, 0]), np.ascontiguousarray(ab[:, 1])
    return touching(x, a, b, box, near_pairs(x, a, box, 0.0))


def contact_rows(
    x: FloatArray, ab: FloatArray, who: IntArray, what: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """g (m,), gradients (m, 6), second derivatives (m, 6, 6), in the coordinates ``places`` (m, 6) of the flat vector x (3N,)."""
    n, rho = len(ab), rho_of(ab)
    i, j = who[:, 0], who[:, 1]
    angles = x[2 * n :] / rho
    g, first, second = contact_derivatives(what[:, :2], ab[i], ab[j], angles[i], angles[j], what[:, 3])
    spread = np.zeros(
        (len(who), 4, 6)
    )  # d (dx, dy, angle i, angle j) / d (xi, xj, yi, yj, rho theta i, rho theta j)
    spread[:, 0, 0] = spread[:, 1, 2] = 1.0
    spread[:, 0, 1] = spread[:, 1, 3] = -1.0
    spread[:, 2, 4], spread[:, 3, 5] = 1.0 / rho[i], 1.0 / rho[j]
    places = np.stack([i, j, n + i, n + j, 2 * n + i, 2 * n + j], axis=1)
    return g, np.einsum("mk,mkl->ml", first, spread), spread.swapaxes(1, 2) @ second @ spread, places


def derivatives(x: FloatArray, ab: FloatArray, box: float) -> tuple[float, FloatArray, FloatArray, float]:
    """Energy, gradient (3N,), second derivatives (3N, 3N) and the residual."""
    who, what = contact_network(x, ab, box)
    if len(who) == 0:
        return 0.0, np.zeros(x.size), np.zeros((x.size, x.size)), -1.0
    g, first, second, places = contact_rows(x, ab, who, what)
    push = 1.0 - g
    gradient = np.zeros(x.size)
    np.subtract.at(gradient, places, push[:, None] * first)
    hessian = np.zeros((x.size, x.size))
    block = first[:, :, None] * first[:, None, :] - push[:, None, None] * second
    np.add.at(hessian, (places[:, :, None], places[:, None, :]), block)
    return 0.5 * float(push @ push), gradient, hessian, float(np.abs(gradient).max() / push.mean())


def described(
    x: FloatArray, ab: FloatArray, box: float, steps: int, residual: float, tolerance: float
) -> EllipsePacking:
    n = len(ab)
    who, what = contact_network(x, ab, box)
    force = 1.0 - what[:, 2]
    rattlers, remain = find_rattlers(who, n, fewest=3)
    jammed = residual >= 0.0 and bool(remain.any())
    if not jammed:  # overlaps of 1e-11 that FIRE left when the forces had gone are no contacts
        rattlers[:], remain[:] = True, False
    return EllipsePacking(
        positions=np.mod(np.stack([x[:n], x[n : 2 * n]], axis=1), box),
        angles=np.mod(x[2 * n :] / rho_of(ab), math.pi),
        axes=ab,
        box=box,
        phi=math.pi * float(np.sum(ab[:, 0] * ab[:, 1])) / box**2,
        energy=0.5 * float(force @ force) / n if jammed else 0.0,
        pressure=float(force @ what[:, 2]) / (2 * box**2) if jammed else 0.0,
        contacts=who[remain],
        forces=force[remain],
        rattlers=rattlers,
        residual=residual if jammed else -1.0,
        steps=steps,
        converged=residual < tolerance,
        lambdas=what[remain, 3],
    )


def flat(packing: EllipsePacking) -> FloatArray:
    """The coordinates x, y, rho theta as one vector (3N,)."""
    return np.concatenate([*packing.positions.T, rho_of(packing.axes) * packing.angles])
