"""The minimisers of a hinge network's training: Adam, gradient flow and FIRE, each as a state that a compiled loop advances."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import is_number, real_array, require
from learnscape.fully_connected import training
from learnscape.jamming.networks.model import HingeNetwork
from learnscape.jamming.networks.schedules import Schedule, annealed, positive
from learnscape.numerics.fire import ALPHA_START, DT_MAX, DT_START

__all__ = ["METHODS", "Minimiser"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Minimiser:
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

    def state(self) -> tuple[FloatArray, ...]:
        """The minimiser's own arrays."""
        raise NotImplementedError

    def sound(self) -> bool:
        """Whether parameters and state are finite. An infinite second moment, say, stops Adam as if the loss had no slope."""
        return all(bool(np.isfinite(array).all()) for array in (self.network.parameters, *self.state()))


class Adam(Minimiser):
    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        self.moments = np.zeros((2, self.n))
        self.powers = np.ones(2)
        self.slope = np.empty(self.n)
        if rate is None:
            self.schedule = annealed(3e-3, steps=steps, final=3e-6)
        elif callable(rate):
            self.schedule = rate
        else:
            positive("learning_rate", rate)
            self.schedule = lambda step: np.full(len(step), float(rate))

    def state(self) -> tuple[FloatArray, ...]:
        return (self.moments,)

    def advance(self, done: int, steps: int) -> tuple[int, float, int]:
        rates = np.ascontiguousarray(
            real_array("learning_rate(steps)", self.schedule(np.arange(done, done + steps)))
        )
        valid = rates.shape == (steps,) and bool(np.isfinite(rates).all() and (rates >= 0).all())
        require(valid, "learning_rate(steps)", rates, "an array of finite rates >= 0, one for each step")
        made, loss, unsatisfied = training.adam(
            *self.problem, rates, self.moments[0], self.moments[1], self.powers, self.slope, self.separated
        )
        self.finished = made < steps
        return int(made), float(loss), int(unsatisfied)


class Descent(Minimiser):
    """A method whose time step is bounded by the largest eigenvalue of H0, measured again every 100 steps.

    A time step controlled by the change of the gradient would shrink to nothing wherever the descent slides along a kink: there the gradient
    jumps however short the step.
    """

    fraction = 0.2  # of what is stable in a smooth landscape, or less

    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        require(not callable(rate), "learning_rate", rate, "a number in (0, 1]: see the docstring")
        if rate is not None:
            require(is_number(rate), "learning_rate", rate, "a number in (0, 1]")
            self.fraction = float(rate)  # type: ignore[arg-type]
        require(0 < self.fraction <= 1, "learning_rate", rate, "a number in (0, 1]")
        self.slope = np.empty(self.n)
        self.direction = np.random.default_rng(0).standard_normal(self.n)
        self.left, self.eigenvalue = 0, 0.0

    def state(self) -> tuple[FloatArray, ...]:
        return (np.array([self.eigenvalue]),)

    def largest_eigenvalue(self) -> float:
        """Of H0, by power iteration from the last direction found; 0 if no unsatisfied pattern has a gradient, inf if one overflows."""
        try:
            rows = self.network.jacobian(self.x)[self.network.delta(self.x, self.y) > 0]
        except ValueError:
            return math.inf
        if len(rows) and np.abs(rows).max() > 1e70:  # the square of its square is no number
            return math.inf
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
            self.finished = made < some or self.eigenvalue == 0.0 or not self.sound()
        return total, float(loss), int(unsatisfied)

    def step(self, steps: int) -> tuple[int, float, int]:
        """Make steps with the present eigenvalue."""
        raise NotImplementedError


class GradientFlow(Descent):
    """Euler's method, stable up to 2 / eigenvalue."""

    def step(self, steps: int) -> tuple[int, float, int]:
        dt = self.fraction / self.eigenvalue if self.eigenvalue > 0 else 0.0
        answer: tuple[int, float, int] = training.descend(
            *self.problem, dt, steps, self.slope, self.separated
        )
        return answer


class Fire(Descent):
    """FIRE in units in which its longest time step is ``fraction`` over the largest frequency, the root of the eigenvalue."""

    fraction = 0.5

    def set_rate(self, rate: float | Schedule | None, steps: int) -> None:
        super().set_rate(rate, steps)
        self.velocity = np.zeros(self.n)
        self.progress = np.array([DT_START, ALPHA_START, 0.0])

    def state(self) -> tuple[FloatArray, ...]:
        return (*super().state(), self.velocity, self.progress)

    def step(self, steps: int) -> tuple[int, float, int]:
        unit = (self.fraction / DT_MAX) ** 2 / self.eigenvalue if self.eigenvalue > 0 else 0.0
        answer: tuple[int, float, int] = training.fire(
            *self.problem, self.velocity, self.progress, unit, steps, self.slope, self.separated
        )
        return answer


METHODS: dict[str, type[Minimiser]] = {"adam": Adam, "gradient_flow": GradientFlow, "fire": Fire}
