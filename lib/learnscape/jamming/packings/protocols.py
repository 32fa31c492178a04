r"""Protocols: how the density of a soft packing is brought to where it just holds.

``to_pressure`` compresses or decompresses in small steps, relaxing after each, until the pressure is as small as wanted; ``jam`` does so
after a quench above jamming. The density is then that of jamming, up to a difference of the order of p. ``bisect`` brackets the density
instead: between a configuration in which nothing touches and one, a little denser, that bears a pressure. The density at jamming
depends on the protocol. Chapter: jamming/packings.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from learnscape.errors import ConvergenceError, is_integer, is_number, require
from learnscape.jamming.packings.soft import PHI_MAX, Packing, Potential, _box, minimise, quench

__all__ = ["bisect", "jam", "to_pressure"]

START = {2: 0.86, 3: 0.70}  # densities of the quench, 0.02 and 0.06 above those of jamming
PATIENCE = 10  # falls after which the packing is taken to have lost its stability
AGAIN = 0.002 / 256  # first compression of a packing that has
FLOOR = 0.05  # bisection: a loose state is looked for down to this density


def _at(packing: Packing, phi: float, tolerance: float, max_steps: int) -> Packing:
    """The packing with its box changed to another density, relaxed."""
    box = _box(packing.radii, phi, packing.dimension)
    points = packing.positions * (box / packing.box)
    return minimise(
        points, packing.radii, box, potential=packing.potential, tolerance=tolerance, max_steps=max_steps
    )


def to_pressure(
    packing: Packing,
    pressure: float,
    *,
    tolerance: float = 1e-6,
    max_steps: int = 400_000,
    max_rounds: int = 200,
) -> Packing:
    """Compress or decompress in small steps, relaxing after each, until the pressure is within a factor 1.5 of the one wanted.

    Every step aims at the target by the secant of the last two states, but takes no more than three quarters of the way to jamming;
    a step that loses the contacts is taken back and halved. A packing may also lose its stability on the way, at a pressure above the
    target: then the smallest step leads to a configuration in which nothing touches. After ten steps without half the pressure gone we take
    that configuration, and compress it until it jams again, at a density a little higher.

    Parameters
    ----------
    packing : Packing
    pressure : float
        Target, in (0, 1).
    tolerance, max_steps
        As in :func:`minimise <learnscape.jamming.packings.soft.minimise>`.
    max_rounds : int
        Changes of the box.

    Returns
    -------
    Packing
        ``steps`` counts all steps of the minimiser on the way.

    Raises
    ------
    ConvergenceError
        If ``max_rounds`` do not suffice, or the pressure is above that at the largest density allowed, with the pressures on the way.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> soft = packings.quench(64, 0.9, rng=3)
    >>> hard = to_pressure(soft, 1e-5)
    >>> bool(hard.phi < soft.phi), 0.6e-5 < hard.pressure < 1.6e-5
    (True, True)
    """
    require(isinstance(packing, Packing), "packing", packing, "a Packing")
    require(is_number(pressure) and 0.0 < pressure < 1.0, "pressure", pressure, "in (0, 1)")
    power = 1.0 if packing.potential == "harmonic" else 1.5  # p ~ (phi - phi_J)^power near jamming
    state, slope = packing, 0.5  # slope of p^(1/power) with phi; the first guess is replaced after one step
    total, trace, limit, largest = packing.steps, [packing.pressure], 0.05, PHI_MAX[packing.dimension]
    falls, since, again = 0, state.pressure, 0.002
    for _ in range(max_rounds):
        if state.jammed and 1 / 1.5 <= state.pressure / pressure <= 1.5:
            return replace(state, steps=total)
        if state.jammed:
            here, wanted = state.pressure ** (1 / power), pressure ** (1 / power)
            step = (wanted - here) / slope
            step = max(step, -0.75 * here / slope)
        else:
            step, again = min(again, 0.002), 2 * again
        step = max(-limit, min(step, limit, largest - state.phi))
        if step == 0.0:
            raise ConvergenceError(
                f"the pressure is only {state.pressure:.3g} at the largest density {largest:g}: {pressure:g} is too much",
                trace,
            )
        new = _at(state, state.phi + step, tolerance, max_steps)
        total += new.steps
        trace.append(new.pressure)
        if not new.jammed and step < 0:
            falls += 1
            if falls < PATIENCE:
                limit = -step / 2  # fell apart: go back, be more careful
                slope *= 2
                continue
            limit, slope, falls, again = 0.05, 0.5, 0, AGAIN  # lost its stability: make it jam anew
        if new.pressure < since / 2 or not state.jammed:
            falls, since = 0, new.pressure
        if new.jammed and state.jammed:
            change = new.pressure ** (1 / power) - state.pressure ** (1 / power)
            if change / step > 0:
                slope = min(max(change / step, 0.05), 5.0)
        state = new
    where = f"{'jammed' if state.jammed else 'still unjammed'} at density {state.phi:.4f}"
    hint = "" if state.jammed else ": start from a higher density"
    raise ConvergenceError(
        f"no pressure within a factor 1.5 of {pressure:g} after {max_rounds} changes of the box; the packing is {where}{hint}",
        trace,
    )


def bisect(
    packing: Packing,
    *,
    width: float = 1e-5,
    step: float = 0.01,
    tolerance: float = 1e-6,
    max_steps: int = 400_000,
    max_rounds: int = 200,
) -> Packing:
    """Bracket the density at jamming: athermal compression, with the step halved each time the particles jam.

    A compression that jams is taken back: the next one starts from the last configuration in which nothing touched, and is half as
    large. If the start is jammed, it is decompressed first until nothing touches.

    Parameters
    ----------
    packing : Packing
    width : float
        Last change: the jammed state is this much denser than the loose one it was made from. In [1e-8, 0.1].
    step : float
        First change of the density, in [width, 0.1].
    tolerance, max_steps
        As in :func:`minimise <learnscape.jamming.packings.soft.minimise>`.
    max_rounds : int
        Changes of the box.

    Returns
    -------
    Packing
        The jammed end of the bracket. ``steps`` counts all steps of the minimiser on the way.

    Raises
    ------
    ConvergenceError
        If a relaxation stalls or ``max_rounds`` do not suffice, with the densities on the way.

    References
    ----------
    Xu, Blawzdziewicz, O'Hern, Phys. Rev. E 71, 061306 (2005), for the idea; going back to the last loose state is our choice.

    Examples
    --------
    >>> from learnscape.jamming import packings
    >>> state = bisect(packings.quench(64, 0.80, rng=1))
    >>> state.jammed, bool(0 < state.pressure < 1e-4)
    (True, True)
    """
    require(is_number(width) and 1e-8 <= width <= 0.1, "width", width, "in [1e-8, 0.1]")
    require(is_number(step) and width <= step <= 0.1, "step", step, f"in [{width:g}, 0.1]")
    require(max_rounds >= 1, "max_rounds", max_rounds, ">= 1")
    loose = None if packing.jammed else packing
    state, total, trace = packing, packing.steps, [packing.phi]
    largest = PHI_MAX[packing.dimension]
    for _ in range(max_rounds):
        if loose is None:
            state = _at(state, max(state.phi - step, FLOOR), tolerance, max_steps)
        else:
            state = _at(loose, min(loose.phi + step, largest), tolerance, max_steps)
        total += state.steps
        trace.append(state.phi)
        if not state.jammed:
            loose = state
        elif loose is not None:
            if step <= width:
                return replace(state, steps=total)
            # Not the middle of the bracket: the jammed end was reached from another loose state, and need not jam again from this one.
            step = max(0.5 * step, width)
    raise ConvergenceError(f"no bracket of width {width:g} after {max_rounds} changes of the box", trace)


def jam(
    n: int,
    dimension: int = 2,
    *,
    rng: int | np.random.Generator | None = None,
    phi0: float | None = None,
    pressure: float = 1e-7,
    radii: ArrayLike | None = None,
    potential: Potential = "harmonic",
    tolerance: float = 1e-6,
    max_steps: int = 400_000,
) -> Packing:
    """A packing at the edge of jamming: a quench from random positions at ``phi0``, then decompression to a small pressure.

    Parameters
    ----------
    n : int
        Number of particles; enough for a box of two diameters.
    dimension : {2, 3}
    rng : int or numpy.random.Generator, optional
    phi0 : float, optional
        Density of the quench, by default 0.86 (discs) or 0.70 (spheres). The density at jamming depends on it: denser starts have more
        time to find a better packing.
    pressure : float
        Where to stop, in (0, 1); reached within a factor 1.5.
    radii, potential, tolerance, max_steps
        As in :func:`quench <learnscape.jamming.packings.soft.quench>`.

    Returns
    -------
    Packing

    Raises
    ------
    ValueError
        For bad input, as in :func:`quench <learnscape.jamming.packings.soft.quench>`.
    ConvergenceError
        If a relaxation or the decompression stalls.

    References
    ----------
    O'Hern, Silbert, Liu, Nagel, Phys. Rev. E 68, 011306 (2003); the protocol of decompression is ours.

    Examples
    --------
    >>> packing = jam(64, rng=1)
    >>> packing.excess_contacts, bool(0.80 < packing.phi < 0.87)
    (0, True)
    """
    require(is_number(pressure) and 0.0 < pressure < 1.0, "pressure", pressure, "in (0, 1)")
    require(is_integer(dimension) and dimension in (2, 3), "dimension", dimension, "2 or 3")
    start = START[dimension] if phi0 is None else phi0
    first = quench(
        n,
        start,
        dimension=dimension,
        radii=radii,
        rng=rng,
        potential=potential,
        tolerance=tolerance,
        max_steps=max_steps,
    )
    return to_pressure(first, pressure, tolerance=tolerance, max_steps=max_steps)
