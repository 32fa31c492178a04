r"""A fixed-point iteration as a cobweb, with damping.

:math:`x_{t+1}=(1-\gamma)x_t+\gamma f(x_t)` with :math:`f(x)=\tanh(Jx+h)`, :math:`h=0.3`. Near the solution the error shrinks by the factor
:math:`1-\gamma+\gamma f'(x^*)` per step, which vanishes at :math:`\gamma=1/(1-f'(x^*))`. Chapter ``start/numerics``.
"""

from __future__ import annotations

import math

import numpy as np

from learnscape.explore.core import Explorable, FloatArray
from learnscape.explore.hosts import explorable
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Dot, Line, Note, Panel, Question, Readout
from learnscape.numerics.gaussian import tanh_kernel
from learnscape.numerics.jit import kernel

__all__ = ["fixed_point_cobweb"]

FIELD = 0.3
POINTS, STEPS, MOST = 161, 40, 5000
TOLERANCE = 1e-10
GRID = np.linspace(-1.3, 1.3, POINTS)
LAYOUT = layout(
    solution=1,
    slope=1,
    factor=1,
    best=1,
    iterations=1,
    failed=1,
    f=POINTS,
    damped=POINTS,
    web_x=2 * STEPS + 1,
    web_y=2 * STEPS + 1,
    error=STEPS,
)
OUT = LAYOUT.offsets


@kernel
def _map(x: float, j: float) -> float:
    return tanh_kernel(j * x + FIELD)


@kernel
def _solution(j: float, start: float) -> float:
    """The solution that the undamped map would find: by bisection for J <= 0, where there is one, else by monotone iteration."""
    if j <= 0.0:
        low, high = -1.0, 1.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            if _map(middle, j) > middle:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)
    x = start
    for _ in range(MOST):
        x = _map(x, j)
    return x


@kernel
def _kernel(inputs: FloatArray, outputs: FloatArray) -> None:
    """inputs: J, gamma, start."""
    j = inputs[0]
    gamma = inputs[1]
    start = inputs[2]

    x = start
    iterations = 0.0
    converged = False
    for t in range(MOST):
        change = _map(x, j) - x
        if math.fabs(change) < TOLERANCE:
            converged = True
            iterations = t * 1.0
            break
        x += gamma * change
    solution = x if converged else _solution(j, start)
    for _ in range(3):  # Newton: the last digits
        value = _map(solution, j)
        derivative = j * (1.0 - value * value)
        if math.fabs(1.0 - derivative) > 1e-3:
            solution += (value - solution) / (1.0 - derivative)
    value = _map(solution, j)
    derivative = j * (1.0 - value * value)

    outputs[OUT.solution] = solution
    outputs[OUT.slope] = derivative
    outputs[OUT.factor] = 1.0 - gamma + gamma * derivative
    outputs[OUT.best] = 1.0 / max(1.0 - derivative, 1e-3)
    outputs[OUT.iterations] = iterations if converged else 1.0 * MOST
    outputs[OUT.failed] = 0.0 if converged else 1.0
    for i in range(POINTS):
        position = -1.3 + 2.6 * i / (POINTS - 1)
        f = _map(position, j)
        outputs[OUT.f + i] = f
        outputs[OUT.damped + i] = (1.0 - gamma) * position + gamma * f
    x = start
    outputs[OUT.web_x] = x
    outputs[OUT.web_y] = x
    for t in range(STEPS):
        after = (1.0 - gamma) * x + gamma * _map(x, j)
        outputs[OUT.web_x + 2 * t + 1] = x
        outputs[OUT.web_x + 2 * t + 2] = after
        outputs[OUT.web_y + 2 * t + 1] = after
        outputs[OUT.web_y + 2 * t + 2] = after
        outputs[OUT.error + t] = max(math.fabs(x - solution), 1e-16)
        x = after


@explorable
def fixed_point_cobweb() -> Explorable:
    """The staircase of a damped fixed-point iteration, and how fast its error shrinks.

    Examples
    --------
    >>> answer = fixed_point_cobweb().evaluate(j=-2.0, gamma=1.0, start=0.9)
    >>> print(f"{answer['solution'][0]:.4f} {answer['slope'][0]:.4f} {answer['best'][0]:.4f}")
    0.0999 -1.9800 0.3356
    """
    web = Panel(
        x=Axis("*x*_t", (-1.3, 1.3)),
        y=Axis("*x*_{t+1}", (-1.3, 1.3)),
        marks=[
            Line(role="muted", x="grid", y="grid", width=1.25),
            Line(role="sat", x="grid", y="f", dash=True, label="*f*(*x*)", label_at=0.06),
            Line(role="theory", x="grid", y="damped", label="damped map", label_at=0.8),
            Line(role="simulation", x="web_x", y="web_y", width=1.25),
            Dot(role="theory", x="solution", y="solution", radius=5.5),
        ],
        alt="The map, the diagonal, and the staircase of the iteration between them; a dot marks the solution.",
        aspect=0.85,
    )
    errors = Panel(
        x=Axis("iteration *t*", (0.0, STEPS - 1.0)),
        y=Axis("error |*x*_t − *x**|", (1e-16, 3.0), scale="log", ticks=(1e-15, 1e-10, 1e-5, 1.0)),
        marks=[
            Line(role="simulation", x="times", y="error", width=1.25),
            Dot(role="simulation", x="times", y="error", radius=2.5),
        ],
        alt="The error against the number of iterations, on a logarithmic scale.",
        aspect=0.85,
    )
    return Explorable(
        "fixed_point_cobweb",
        _kernel,
        title="Does the staircase arrive?",
        controls=[
            Control("j", "coupling *J*", -4.0, 3.0, -2.0, 0.01, marks={"−1": -1.0, "1": 1.0}),
            Control("gamma", "step *γ*", 0.05, 1.5, 1.0, 0.01, marks={"best": "best", "1": 1.0}),
            Control("start", "start *x*_0", -1.0, 1.0, 0.9, 0.01),
        ],
        outputs=LAYOUT,
        constants={"grid": GRID, "times": np.arange(STEPS, dtype=np.float64)},
        picture=[web, errors],
        readouts=[
            Readout("slope", "slope *f*′ at the solution", 3, role="sat"),
            Readout("factor", "factor per iteration", 3, role="theory"),
            Readout("best", "best step *γ*", 3),
            Readout("iterations", "iterations to 10 digits, at most 5000", 0, role="simulation"),
        ],
        question=Question(
            "At *J* = −2 the staircase jumps back and forth for ever. Which step *γ* brings it to the solution fastest?",
            choices=("0.9", "0.5", "0.34", "0.05"),
            answer=2,
            reveal="The step 0.34: the slope at the solution is −1.98, and with *γ* = 1/(1 + 1.98) the damped map is flat there.",
        ),
        notes=[Note("No convergence within 5000 iterations.", when="failed")],
        announce="At J {j:.2f} and step {gamma:.2f} the error changes by the factor {factor:.3f} per iteration; the best step is {best:.3f}.",
        alt=(
            "Left: a falling S-shaped curve crosses the diagonal at 0.10; the staircase around the crossing settles on a large square and "
            "never reaches it. Right: the error stays near 0.9 for all 40 iterations."
        ),
    )
