r"""Packings of soft ellipses at a small pressure.

The energy is :math:`V=\sum_{i<j}\frac12(1-g_{ij})^2` over overlapping pairs, g the contact function of `contact_function`: for circles the harmonic
discs of `packings`. The pressure is :math:`p=\sum(1-g)g/(2L^2)`, since g is proportional to the separation. ``jam`` compresses random ellipses
to a high density, relaxes, and lets the box grow until the pressure is as small as wanted. FIRE comes close to the minimum, Newton's
method with the exact second derivatives finishes: near jamming the softest directions have a stiffness of order p, and
first-order methods hardly feel it. Protocol and potential follow Schreck, Mailman, Chakraborty, O'Hern, Phys. Rev. E 85, 061305 (2012) in spirit, with a
different overlap energy. Chapter: jamming/ellipses.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import ConvergenceError, as_real, is_integer, is_number, raises_on_failure, require
from learnscape.jamming.ellipses._kernels import relax
from learnscape.jamming.ellipses._state import (
    PHI_MAX,
    EllipsePacking,
    bidisperse,
    box_side,
    checked_axes,
    checked_density,
    derivatives,
    described,
    flat,
    rho_of,
)
from learnscape.jamming.periodic import minimum_image
from learnscape.numerics.rng import generator
from learnscape.numerics.threads import one_thread

__all__ = ["jam", "minimise", "to_pressure"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SKIN = 0.3
COINCIDE = 1e-12  # of the smallest semi-axis: centres closer than this are at one place, to rounding
LOOSE = 1e-3  # residual at which Newton's method takes over from FIRE


def _newton(
    x: FloatArray, ab: FloatArray, box: float, tolerance: float, rounds: int = 25
) -> tuple[FloatArray, float]:
    """Newton's method with |eigenvalues| (downhill also past saddles) and halved steps; returns the best point and its residual."""
    energy, gradient, hessian, residual = derivatives(x, ab, box)
    for _ in range(rounds):
        if residual < tolerance:
            break
        values, modes = np.linalg.eigh(hessian)
        size = np.abs(values)
        keep = size > 1e-9 * size[-1]
        step = -modes[:, keep] @ ((modes[:, keep].T @ gradient) / size[keep])
        step *= min(1.0, 0.1 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(12):
            new = derivatives(x + step, ab, box)
            if new[3] > 0 and (new[0] < energy or new[3] < 0.5 * residual):
                break
            step = 0.5 * step
        else:
            break
        x = x + step
        energy, gradient, hessian, residual = new
    return x, residual


def _relaxed(
    x: FloatArray, ab: FloatArray, box: float, tolerance: float, max_steps: int
) -> tuple[FloatArray, int, float]:
    """FIRE, then Newton, again with a smaller residual of FIRE where Newton got stuck (contacts that open and close)."""
    a, b = np.ascontiguousarray(ab[:, 0]), np.ascontiguousarray(ab[:, 1])
    x, steps, goal = x.copy(), 0, max(LOOSE, tolerance)
    while True:
        used, residual = relax(x, a, b, box, goal, max_steps - steps, SKIN)
        steps += used
        if residual < 0.0 or residual < tolerance:
            return x, steps, residual
        x, residual = _newton(x, ab, box, tolerance)
        if residual < tolerance or steps >= max_steps:
            return x, steps, residual
        goal = max(0.1 * min(goal, residual), 0.5 * tolerance)


@one_thread
def minimise(
    positions: ArrayLike,
    angles: ArrayLike,
    axes: ArrayLike,
    phi: float,
    *,
    tolerance: float = 1e-8,
    max_steps: int = 200_000,
    on_failure: str = "raise",
) -> EllipsePacking:
    """Follow the energy downhill at a fixed density.

    Parameters
    ----------
    positions : array_like, shape (N, 2)
        In units of the box's side.
    angles : array_like, shape (N,)
    axes : array_like, shape (N, 2)
        Semi-axes a >= b > 0, of order one, because the minimiser's time step is.
    phi : float
        Density in (0, 1.3].
    tolerance : float
        On the largest net force or torque over the mean contact force.
    max_steps : int
        Of FIRE.
    on_failure : {"raise", "return"}

    Returns
    -------
    EllipsePacking

    Raises
    ------
    ValueError
        For invalid input, for two centres at one place, and for a box so small that two ellipses could touch twice.
    ConvergenceError
        If the forces do not balance within ``max_steps``.

    Examples
    --------
    >>> grid = [[x / 4, y / 4] for x in range(4) for y in range(4)]
    >>> minimise(grid, [0.0] * 16, bidisperse(16), 0.3).jammed
    False
    """
    ab = checked_axes(axes)
    points, turn = as_real("positions", positions), as_real("angles", angles)
    require(
        points.shape == ab.shape and bool(np.isfinite(points).all()),
        "positions",
        points.shape,
        "finite, shape (N, 2)",
    )
    require(
        turn.shape == (len(ab),) and bool(np.isfinite(turn).all()), "angles", turn.shape, "finite, shape (N,)"
    )
    require(is_number(tolerance) and tolerance > 0, "tolerance", tolerance, "> 0")
    require(is_integer(max_steps) and max_steps >= 1, "max_steps", max_steps, "an integer >= 1")
    raises_on_failure(on_failure)
    box = box_side(ab, checked_density(phi))
    whole = points - np.floor(points)
    i, j = np.triu_indices(len(ab), 1)
    closest = box * float(np.abs(minimum_image(whole[i] - whole[j], 1.0)).max(axis=1).min())
    require(
        closest > COINCIDE * float(ab.min()),
        "positions",
        f"two centres {closest:g} apart",
        "different from each other: a force between coinciding centres has no direction",
    )
    x = np.concatenate([*(box * points.T), rho_of(ab) * np.mod(turn, math.pi)])
    x, steps, residual = _relaxed(x, ab, box, tolerance, max_steps)
    packing = described(x, ab, box, steps, residual, tolerance)
    if not packing.converged and on_failure == "raise":
        raise ConvergenceError(
            f"forces do not balance after {steps} steps: residual {residual:.2e}", [residual]
        )
    return packing


@one_thread
def to_pressure(
    packing: EllipsePacking,
    pressure: float,
    *,
    tolerance: float = 1e-8,
    max_steps: int = 200_000,
    on_failure: str = "raise",
) -> EllipsePacking:
    """Let the box of a jammed packing grow (or shrink) in small steps until the pressure is within 20 per cent of the one wanted.

    The pressure is nearly linear in the density, so each step aims, by the slope seen so far, at a pressure at most five times smaller. If
    the packing falls apart, it goes back half of the step; if it does so again and again, the fallen packing is compressed until it holds.

    Parameters
    ----------
    packing : EllipsePacking
        Jammed.
    pressure : float
        In [1e-7, 0.1]; below, rounding errors of the forces exceed the tolerance.
    tolerance, max_steps, on_failure
        As in `minimise`, for each relaxation.

    Returns
    -------
    EllipsePacking

    Raises
    ------
    ValueError
        For an unjammed packing or a pressure outside the range.
    ConvergenceError
        If the forces do not balance or the pressure is not reached in 200 steps.

    Examples
    --------
    >>> tight = jam(16, 1.5, rng=2, pressure=1e-2)
    >>> loose = to_pressure(tight, 1e-4)
    >>> loose.phi < tight.phi, 0.8e-4 < loose.pressure < 1.2e-4
    (True, True)
    """
    require(packing.jammed, "packing", "unjammed", "jammed: without contacts there is no pressure")
    require(is_number(pressure) and 1e-7 <= pressure <= 0.1, "pressure", pressure, "in [1e-7, 0.1]")
    raises_on_failure(on_failure)
    ab, now, slope, shrink = packing.axes, packing, 0.4, 1.0
    trace = [now.pressure]

    def moved_to(old: EllipsePacking, phi: float) -> EllipsePacking:
        box, n = box_side(ab, phi), len(ab)
        x = flat(old)
        x[: 2 * n] *= box / old.box
        x, steps, residual = _relaxed(x, ab, box, tolerance, max_steps)
        trace.append(0.0)
        return described(x, ab, box, old.steps + steps, residual, tolerance)

    for _ in range(200):
        if abs(now.pressure / pressure - 1) < 0.2 and now.converged:
            return now
        aim = min(max(pressure, now.pressure / 5), 5 * now.pressure)
        new = moved_to(now, now.phi + shrink * (aim - now.pressure) / slope)
        trace[-1] = new.pressure
        if new.phi == now.phi:
            break
        if shrink < 0.02 and not new.jammed:
            # It fell apart at a finite pressure, in a rearrangement: compress what it has become until it holds again.
            step = 1e-6
            while not new.jammed and new.phi + step < PHI_MAX:
                new = moved_to(new, new.phi + step)
                step *= 2.0
            trace[-1] = new.pressure
            now, slope, shrink = new, 0.4, 1.0
            continue
        if not new.jammed or new.pressure < 0.1 * aim:
            shrink *= 0.5
            continue
        seen = (new.pressure - now.pressure) / (new.phi - now.phi)
        # A packing that rearranged shows a slope that means nothing for the next step.
        slope, shrink = min(max(seen, 0.1), 2.0), 1.0
        now = new
    if on_failure == "raise":
        raise ConvergenceError(
            f"pressure {now.pressure:.2e} instead of {pressure:.2e} after 200 steps of the box", trace
        )
    return replace(now, converged=False)


def jam(
    n: int,
    aspect_ratio: float = 1.5,
    *,
    rng: np.random.Generator | int | None = None,
    pressure: float = 1e-6,
    phi: float = 0.95,
    tolerance: float = 1e-8,
    max_steps: int = 200_000,
    on_failure: str = "raise",
) -> EllipsePacking:
    """Jam n bidisperse ellipses (50:50, sizes 1 : 1.4): relax random ones at the density ``phi``, then decompress to a small pressure.

    Parameters
    ----------
    n : int
        Number of ellipses; the box must be wider than four long semi-axes of the larger kind.
    aspect_ratio : float
        a / b in [1, 10].
    rng : Generator or int
    pressure : float
        In [1e-7, 0.1].
    phi : float
        Density of the first relaxation, at most 1.3. The density at which a packing jams depends on it (protocol).
    tolerance, max_steps, on_failure
        As in `minimise`.

    Returns
    -------
    EllipsePacking

    Raises
    ------
    ValueError
        For invalid input, or if the first relaxation ends without contacts (``phi`` below jamming).
    ConvergenceError
        If a relaxation fails.

    Examples
    --------
    >>> packing = jam(24, 1.3, rng=1, pressure=1e-5)
    >>> packing.converged, packing.missing_contacts > 0
    (True, True)
    """
    ab = bidisperse(n, aspect_ratio)
    draw = generator(rng)
    points, angles = draw.random((n, 2)), math.pi * draw.random(n)
    first = minimise(
        points,
        angles,
        ab,
        checked_density(phi),
        tolerance=max(tolerance, 1e-4),
        max_steps=max_steps,
        on_failure=on_failure,
    )
    require(first.jammed, "phi", phi, "a density above jamming: the first relaxation ended without contacts")
    return to_pressure(first, pressure, tolerance=tolerance, max_steps=max_steps, on_failure=on_failure)
