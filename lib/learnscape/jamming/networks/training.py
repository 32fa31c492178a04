r"""Training a hinge network on the full batch until nothing is left to learn, or until it is stuck.

The loss vanishes exactly where every pattern is satisfied, and training stops there (N_Delta = 0). Otherwise there are two cases that look
alike for a long time: a minimum with unsatisfied patterns, and a loss that still decays towards zero. We therefore report the decay
exponent

    - d ln Loss / d ln step

over the second half of the run: near 0 the run is *stuck*; otherwise it is *undecided*, and more steps are needed.

*A shorter way to a decision.* Multiplying the last layer by c multiplies every y f by c. So as soon as no pattern is misclassified, that is
y_mu f(x_mu) > 0 or Delta_mu < eps for all mu, a large enough c satisfies all of them: the run is decided although N_Delta > 0. Conversely,
at a minimum of the loss along this direction sum_mu Delta_mu (eps - Delta_mu) = 0 over the unsatisfied patterns, which is impossible
if all of them have Delta < eps. A loss below eps^2 / (2 P) leaves room for no error, so it always ends at zero. ``rescale=True`` uses this.
Without it the factor is used only at a loss below 1e-24 eps^2, where a minimiser sits on the boundary of the satisfied region and cannot
step inside: it then differs from 1 by rounding errors.

Methods: ``"adam"`` (D. P. Kingma and J. Ba, ICLR 2015; the method of paper B), ``"gradient_flow"`` (steepest descent in continuous time),
``"fire"`` (E. Bitzek et al., Physical Review Letters 97, 170201 (2006), the minimiser of the packings). Chapter: ``jamming/deep-networks``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import require
from learnscape.jamming.networks import _kernels
from learnscape.jamming.networks.model import HingeNetwork, random_data  # noqa: F401  (random_data: the doctest)
from learnscape.networks import orthogonal_parameters
from learnscape.numerics.fire import ALPHA_START, DT_MAX, DT_START

__all__ = ["Trace", "Training", "annealed", "stepwise", "train"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Schedule = Callable[[IntArray], FloatArray]

STUCK = 0.05  # decay exponent below which a run counts as stuck
MARGIN_FOR_ROUNDING = 1e-9  # the factor may be large and multiplies the rounding errors of f, so it gets a little more than needed
ROUNDING = 1e-24  # loss in units of margin^2 that is zero to rounding error: all Delta below about 1e-12


@dataclass(frozen=True, eq=False)
class Trace:
    """The course of a training run at points spaced by ten per cent, each entry taken before the step of that number."""

    step: IntArray
    """Steps made."""
    loss: FloatArray
    """The loss."""
    n_unsatisfied: IntArray
    """N_Delta."""


@dataclass(frozen=True, eq=False)
class Training:
    """Where a training run ended, from :func:`train`."""

    network: HingeNetwork
    """The trained network (the one given to :func:`train` is left as it was)."""
    loss: float
    """Loss at the end; exactly 0 when every pattern is satisfied."""
    n_unsatisfied: int
    """N_Delta at the end."""
    deltas: FloatArray
    """Shape (P,): Delta_mu at the end, positive for unsatisfied patterns."""
    outcome: Literal["satisfied", "stuck", "undecided"]
    """``"satisfied"`` (N_Delta = 0), ``"stuck"`` (the loss no longer decays) or ``"undecided"`` (it still does)."""
    decay: float
    """-d ln Loss / d ln step over the second half of the run; inf when satisfied."""
    gradient_norm: float
    """|grad Loss| at the end. It need not be small where a run is stuck: on a kink the loss has a minimum without a vanishing gradient."""
    steps: int
    """Steps made."""
    trace: Trace
    """Loss and N_Delta along the way."""

    @property
    def converged(self) -> bool:
        """Whether the run is decided: satisfied or stuck."""
        return self.outcome != "undecided"


def stepwise(rate: float, *, every: int, factor: float = 0.1, floor: float = 0.0) -> Schedule:
    """Learning rate multiplied by ``factor`` after every ``every`` steps, never below ``floor``.

    Examples
    --------
    Paper B: 1e-4, divided by 10 every 250 000 steps, at least 1e-7.

    >>> stepwise(1e-4, every=250_000, floor=1e-7)(np.array([0, 300_000, 9_999_999])).tolist()
    [0.0001, 1e-05, 1e-07]
    """
    _positive("rate", rate)
    require(isinstance(every, int | np.integer) and every >= 1, "every", every, "an integer >= 1")
    require(0 < factor <= 1, "factor", factor, "a number in (0, 1]")
    require(floor >= 0, "floor", floor, "a number >= 0")

    def schedule(step: IntArray) -> FloatArray:
        return np.maximum(rate * float(factor) ** (step // every), floor)

    return schedule


def annealed(rate: float, *, steps: int, final: float, hold: float = 0.5) -> Schedule:
    """Learning rate constant during the fraction ``hold`` of ``steps``, then falling exponentially to ``final``.

    Examples
    --------
    >>> annealed(1e-2, steps=1000, final=1e-4)(np.array([0, 500, 750, 1000])).tolist()
    [0.01, 0.01, 0.001, 0.0001]
    """
    _positive("rate", rate)
    _positive("final", final)
    require(isinstance(steps, int | np.integer) and steps >= 1, "steps", steps, "an integer >= 1")
    require(0 <= hold < 1, "hold", hold, "a number in [0, 1)")
    start = hold * steps

    def schedule(step: IntArray) -> FloatArray:
        return rate * (final / rate) ** np.clip((step - start) / (steps - start), 0.0, 1.0)

    return schedule


def train(
    network: HingeNetwork,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rng: int | np.random.Generator | None = None,
    method: Literal["adam", "fire", "gradient_flow"] = "adam",
    steps: int = 50_000,
    learning_rate: float | Schedule | None = None,
    rescale: bool = False,
    progress: Callable[[int, float, int], bool | None] | None = None,
) -> Training:
    """Train on the full batch until every pattern is satisfied or ``steps`` are made.

    Parameters
    ----------
    network : HingeNetwork
        The start, left unchanged.
    x : array_like, shape (P, d)
        Patterns, see :func:`learnscape.jamming.networks.model.random_data` and
        :func:`learnscape.jamming.networks.model.normalised` for the normalisation of paper B.
    y : array_like, shape (P,)
        Labels +1 and -1.
    rng : int or numpy.random.Generator, optional
        With it, training starts from fresh initial parameters drawn from this seed, otherwise from those of ``network``.
    method : {"adam", "fire", "gradient_flow"}
        The training itself uses no random numbers.
    steps : int
        Give up after so many steps.
    learning_rate : float or callable, optional
        Adam: a number, or a schedule such as :func:`annealed` or :func:`stepwise` that maps step numbers to rates; by default
        annealed from 3e-3 to 3e-6. Gradient flow: the time step in units of 1 / (largest eigenvalue of H0), 0.2. FIRE: the longest
        time step in units of its inverse square root, 0.5.
    rescale : bool
        Stop also as soon as no pattern is misclassified, and multiply the last layer so that all are satisfied (see the module). This decides
        many runs in a fraction of the steps. Paper B trains on until N_Delta = 0.
    progress : callable, optional
        Called as ``progress(step, loss, n_unsatisfied)`` now and then; returning True stops the run.

    Returns
    -------
    Training
        ``.outcome`` says whether the run ended satisfied, stuck or undecided; an undecided run is no evidence for a minimum.

    Notes
    -----
    The verdict is about this run, not about the data. A falling learning rate first freezes out the noise, so the loss decays, and then
    freezes everything, so it stops: whether a network could still learn its patterns is shown by a longer run that does, and never proved
    by one that does not.

    Examples
    --------
    Fewer patterns than weights are learned by heart, ten times as many are not:

    >>> network = HingeNetwork(8, 8, 2, rng=1)
    >>> few = train(network, *random_data(70, 8, rng=2), steps=3000)
    >>> few.outcome, few.n_unsatisfied
    ('satisfied', 0)
    >>> many = train(network, *random_data(1360, 8, rng=2), steps=3000)
    >>> many.n_unsatisfied > network.n_weights
    True
    """
    require(isinstance(network, HingeNetwork), "network", network, "a HingeNetwork")
    valid = isinstance(steps, int | np.integer) and not isinstance(steps, bool) and steps >= 1
    require(valid, "steps", steps, "an integer >= 1")
    methods: dict[str, type[_Method]] = {"adam": _Adam, "gradient_flow": _GradientFlow, "fire": _Fire}
    require(method in methods, "method", method, f"one of {', '.join(sorted(methods))}")
    trained = network.copy()
    if rng is not None:
        trained.parameters = orthogonal_parameters(trained.sizes, gain=trained.margin, rng=rng)
    run = methods[method](trained, x, y, learning_rate, int(steps), bool(rescale))

    points: list[tuple[int, float, int]] = []
    done = 0
    while done < steps:
        made, loss, unsatisfied = run.advance(done, min(max(1, done // 10), int(steps) - done))
        done += made
        points.append((done, loss, unsatisfied))
        at_boundary = loss <= ROUNDING * trained.margin**2
        if run.finished or at_boundary or (progress is not None and progress(done, loss, unsatisfied)):
            break

    deltas = trained.delta(x, y)
    at_boundary = np.square(np.maximum(deltas, 0.0)).mean() / 2 <= ROUNDING * trained.margin**2
    if (rescale or at_boundary) and 0 < deltas.max() < trained.margin:
        trained.layers()[-1][:] *= (
            (1 + MARGIN_FOR_ROUNDING) * trained.margin / (trained.margin - deltas.max())
        )
        deltas = trained.delta(x, y)
    loss = float(np.square(np.maximum(deltas, 0.0)).mean() / 2)
    step, losses, counts = (np.array(column) for column in zip(*points, strict=True))
    decay = _decay(step, losses) if loss > 0 else math.inf
    unsatisfied = int((deltas > 0).sum())
    outcome: Literal["satisfied", "stuck", "undecided"]
    outcome = "satisfied" if unsatisfied == 0 else "stuck" if decay < STUCK else "undecided"
    return Training(
        network=trained,
        loss=loss,
        n_unsatisfied=unsatisfied,
        deltas=deltas,
        outcome=outcome,
        decay=decay,
        gradient_norm=float(np.linalg.norm(trained.gradient(x, y))),
        steps=done,
        trace=Trace(step=step, loss=losses, n_unsatisfied=counts),
    )


def _decay(step: IntArray, loss: FloatArray) -> float:
    """-d ln loss / d ln step between half the last step and the last one; inf for a run too short to tell."""
    half = int(np.searchsorted(step, step[-1] / 2))
    if len(step) < 20 or half >= len(step) - 1 or loss[-1] <= 0:
        return math.inf
    return float(-np.log(loss[-1] / loss[half]) / np.log(step[-1] / step[half]))


def _positive(name: str, value: float) -> None:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    require(number and math.isfinite(value) and value > 0, name, value, "a finite number > 0")


class _Method:
    """State of a minimiser between two calls of its compiled loop."""

    def __init__(
        self,
        network: HingeNetwork,
        x: ArrayLike,
        y: ArrayLike,
        rate: float | Schedule | None,
        steps: int,
        separated: bool,
    ) -> None:
        blocks, labels, p = network.prepare(x, y)
        self.problem = (network.parameters, np.array(network.sizes), blocks, labels, p, network.margin)
        self.network, self.x, self.y = (
            network,
            np.asarray(x, dtype=np.float64),
            np.asarray(y, dtype=np.float64),
        )
        self.n = network.n_parameters
        self.separated = separated
        self.finished = False
        self.set_rate(rate, steps)

    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        raise NotImplementedError

    def advance(self, done: int, steps: int) -> tuple[int, float, int]:
        """Make steps; returns how many, and loss and N_Delta at the last evaluation."""
        raise NotImplementedError


class _Adam(_Method):
    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        self.moments = np.zeros((2, self.n))
        self.powers = np.ones(2)
        self.slope = np.empty(self.n)
        if rate is None:
            self.schedule = annealed(3e-3, steps=steps, final=3e-6)
        elif callable(rate):
            self.schedule = rate
        else:
            _positive("learning_rate", rate)
            self.schedule = lambda step: np.full(len(step), float(rate))

    def advance(self, done: int, steps: int) -> tuple[int, float, int]:
        rates = np.ascontiguousarray(self.schedule(np.arange(done, done + steps)), dtype=np.float64)
        valid = rates.shape == (steps,) and bool(np.isfinite(rates).all() and (rates >= 0).all())
        require(valid, "learning_rate(steps)", rates, "an array of finite rates >= 0, one for each step")
        made, loss, unsatisfied = _kernels.adam(
            *self.problem, rates, self.moments[0], self.moments[1], self.powers, self.slope, self.separated
        )
        self.finished = made < steps
        return int(made), float(loss), int(unsatisfied)


class _Descent(_Method):
    """A method whose time step is bounded by the largest eigenvalue of H0, measured again every 100 steps.

    A time step controlled by the change of the gradient would shrink to nothing wherever the descent slides along a kink: there the gradient
    jumps however short the step.
    """

    fraction = 0.2  # of what is stable in a smooth landscape, or less

    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        require(not callable(rate), "learning_rate", rate, "a number in (0, 1]: see the docstring")
        if rate is not None:
            self.fraction = float(rate)  # type: ignore[arg-type]
        require(0 < self.fraction <= 1, "learning_rate", rate, "a number in (0, 1]")
        self.slope = np.empty(self.n)
        self.direction = np.random.default_rng(0).standard_normal(self.n)
        self.left, self.eigenvalue = 0, 0.0

    def largest_eigenvalue(self) -> float:
        """Of H0, by power iteration from the last direction found; 0 if no unsatisfied pattern has a gradient."""
        rows = self.network.jacobian(self.x)[self.network.delta(self.x, self.y) > 0]
        value = 0.0
        for _ in range(10):
            image = rows.T @ (rows @ self.direction) / len(self.x)
            value = float(np.linalg.norm(image))
            if value == 0.0:
                break
            self.direction = image / value
        return value

    def advance(self, done: int, steps: int) -> tuple[int, float, int]:
        total, loss, unsatisfied = 0, 0.0, 0
        while total < steps and not self.finished:
            if self.left == 0:
                self.eigenvalue, self.left = self.largest_eigenvalue(), 100
            some = min(self.left, steps - total)
            made, loss, unsatisfied = self.step(some)
            total += int(made)
            self.left -= some
            self.finished = made < some or self.eigenvalue == 0.0
        return total, float(loss), int(unsatisfied)

    def step(self, steps: int) -> tuple[int, float, int]:
        """Make steps with the present eigenvalue."""
        raise NotImplementedError


class _GradientFlow(_Descent):
    """Euler's method, stable up to 2 / eigenvalue."""

    def step(self, steps: int) -> tuple[int, float, int]:
        dt = self.fraction / self.eigenvalue if self.eigenvalue > 0 else 0.0
        answer: tuple[int, float, int] = _kernels.descend(
            *self.problem, dt, steps, self.slope, self.separated
        )
        return answer


class _Fire(_Descent):
    """FIRE in units in which its longest time step is ``fraction`` over the largest frequency, the root of the eigenvalue."""

    fraction = 0.5

    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        super().set_rate(rate, steps)
        self.velocity = np.zeros(self.n)
        self.state = np.array([DT_START, ALPHA_START, 0.0])

    def step(self, steps: int) -> tuple[int, float, int]:
        unit = (self.fraction / DT_MAX) ** 2 / self.eigenvalue if self.eigenvalue > 0 else 0.0
        answer: tuple[int, float, int] = _kernels.fire(
            *self.problem, self.velocity, self.state, unit, steps, self.slope, self.separated
        )
        return answer
