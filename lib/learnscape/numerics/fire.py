r"""FIRE, the fast inertial relaxation engine: one inlined step of a minimiser that a small driver kernel repeats.

A particle of mass 1 slides downhill, :math:`\dot v=f`, and the velocity is turned towards the force. As long as it goes downhill
(:math:`f\cdot v>0`) the time step grows; as soon as it would go uphill it stops, goes back half a step, and starts again with
a smaller one. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006); the half step back and the order of the operations follow
Guénolé et al., Comput. Mater. Sci. 175, 109584 (2020). Chapter: jamming/packings.

*Units.* Choose them so that the stiffest mode has a frequency of about one to two. Semi-implicit Euler is stable for
:math:`\Delta t<2/\omega_{\max}`, so the largest step ``DT_MAX`` = 0.4 is safe up to :math:`\omega_{\max}=5`; larger ones are not
faster but erratic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from learnscape.numerics.jit import inlined

__all__ = ["ALPHA_START", "DT_MAX", "DT_START", "STATE", "fire_start", "fire_step"]

FloatArray = NDArray[np.float64]

STATE = 3
"""Numbers in the state: time step, mixing parameter, downhill steps in a row."""
DT_START, DT_MAX = 0.1, 0.4
ALPHA_START, ALPHA_FACTOR = 0.1, 0.99
GROW, SHRINK, PATIENCE = 1.1, 0.5, 5


@inlined
def fire_start(v: FloatArray, state: FloatArray) -> None:
    """Put velocities (n,) and state (``STATE``,) at rest; call it before the first step."""
    for i in range(v.size):
        v[i] = 0.0
    state[0] = DT_START
    state[1] = ALPHA_START
    state[2] = 0.0


@inlined
def fire_step(x: FloatArray, v: FloatArray, f: FloatArray, state: FloatArray) -> None:
    """Move the coordinates ``x`` (n,) one step, given the forces ``f`` (n,) there; ``v`` and ``state`` remember.

    The caller then computes the forces at the new ``x``, and calls again until they are small enough.

    Examples
    --------
    >>> import numpy as np
    >>> x, v, state = np.array([3.0, -2.0]), np.empty(2), np.empty(STATE)
    >>> fire_start(v, state)
    >>> for _ in range(300):
    ...     fire_step(x, v, -np.array([1.0, 4.0]) * x, state)
    >>> bool(np.abs(x).max() < 1e-8)
    True
    """
    power = 0.0
    for i in range(x.size):
        power += f[i] * v[i]
    dt, alpha = state[0], state[1]
    if power > 0.0:
        state[2] += 1.0
        if state[2] > PATIENCE:
            dt = min(GROW * dt, DT_MAX)
            alpha *= ALPHA_FACTOR
    else:
        state[2] = 0.0
        for i in range(x.size):
            x[i] -= 0.5 * dt * v[i]
            v[i] = 0.0
        dt *= SHRINK
        alpha = ALPHA_START
    speed = 0.0
    force = 0.0
    for i in range(x.size):
        v[i] += dt * f[i]
        speed += v[i] * v[i]
        force += f[i] * f[i]
    turn = 0.0
    if force > 0.0:
        turn = alpha * np.sqrt(speed / force)
    for i in range(x.size):
        v[i] = (1.0 - alpha) * v[i] + turn * f[i]
        x[i] += dt * v[i]
    state[0] = dt
    state[1] = alpha
