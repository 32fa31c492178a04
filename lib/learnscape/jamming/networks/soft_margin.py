r"""Raise the smallest margin of a network by Newton's method, at a temperature that goes to zero.

Every neuron's incoming weights (with its bias) lie on the unit sphere, the last layer's too: this fixes the scale of the output, and no weight can run away. On this product
of spheres we maximise

.. math:: F_T(\theta)=-T\ln\sum_\mu e^{-y_\mu f(x_\mu)/T},\qquad \kappa-T\ln P\le F_T\le\kappa=\min_\mu y_\mu f(x_\mu),

so F_T becomes the smallest margin as T goes to zero. The weights of the sum, :math:`\lambda_\mu\propto e^{-y_\mu f_\mu/T}`, become the contact forces. A ReLU is a softplus whose
sharpness grows as 1/T; a neuron whose slope stays strictly between 0 and 1 ends on its kink.

At each T a trust region is moved uphill with exact second derivatives along the spheres: where the curvature is positive in some direction the step goes there, so the end is a maximum, not a
saddle. (With the rms of the output fixed instead of the last layer's length there is no maximum: pairs of neurons become parallel and their weights grow without bound.)

The trust-region step is that of J. J. Moré and D. C. Sorensen, SIAM J. Sci. Stat. Comput. 4, 553 (1983). Chapter ``jamming/deep-networks``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape import fully_connected
from learnscape.jamming.networks.curvature import (
    Activation,
    forward,
    output_gradients,
    second_derivatives,
    softplus,
    tangents,
    tanh,
)
from learnscape.results import by_identity

__all__ = ["SoftMaximum", "activation_at", "maximise", "on_spheres", "sphere_curvature", "sphere_normals"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SHARPNESS = 2.0  # of the softplus, in units of 1/T
NEGLIGIBLE = 1e-13  # weight below which a pattern is left out of the second derivatives
STATIONARY = 1e-9  # length of the gradient along the spheres where a stage ends
FLAT = 1e-11  # of the largest curvature: rounding


@by_identity
class SoftMaximum(NamedTuple):
    """A maximum of F_T."""

    parameters: FloatArray
    temperature: float
    value: float
    """F_T."""
    margins: FloatArray
    """y f, shape (P,)."""
    weights: FloatArray
    """lambda, shape (P,), with sum 1."""
    gradient_norm: float
    """Length of the gradient along the spheres."""
    iterations: int
    """Steps tried."""


def activation_at(kind: str, temperature: float) -> Activation:
    """The activation that is used at a temperature."""
    return tanh if kind == "tanh" else softplus(SHARPNESS / temperature)


def on_spheres(parameters: FloatArray, sizes: IntArray) -> FloatArray:
    """Every neuron's incoming weights and bias divided by their length, shape (n,)."""
    moved = parameters.copy()
    for matrix in fully_connected.layers(moved, sizes):
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return moved


def sphere_normals(parameters: FloatArray, sizes: IntArray) -> FloatArray:
    """Normals of the spheres as rows, shape (neurons, n)."""
    rows = []
    start = 0
    for matrix in fully_connected.layers(parameters, sizes):
        for neuron in matrix:
            row = np.zeros(parameters.size)
            row[start : start + neuron.size] = neuron
            rows.append(row)
            start += neuron.size
    return np.array(rows)


def sphere_curvature(multipliers: FloatArray, sizes: IntArray) -> FloatArray:
    """Second derivatives of sum_i multipliers_i |row_i|^2 / 2: a diagonal, shape (n,)."""
    lengths = np.repeat(sizes[:-1] + 1, sizes[1:])
    return np.repeat(multipliers, lengths)


class _Climb:
    """F_T at one temperature, and uphill steps on it."""

    def __init__(self, sizes: IntArray, x: FloatArray, y: FloatArray, kind: str, temperature: float) -> None:
        self.sizes, self.x, self.y, self.temperature = sizes, x, y, temperature
        self.activation = activation_at(kind, temperature)

    def value(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """F_T, margins, weights."""
        done = forward(fully_connected.layers(parameters, self.sizes), self.x, self.activation)
        margins = self.y * done.output
        least = margins.min()
        parts = np.exp((least - margins) / self.temperature)
        total = parts.sum()
        return float(least - self.temperature * math.log(total)), margins, parts / total

    def slope_and_curvature(
        self, parameters: FloatArray, weights: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Gradient along the spheres, shape (n,); curvatures there, ascending, and their directions as columns."""
        matrices = fully_connected.layers(parameters, self.sizes)
        some = weights > NEGLIGIBLE
        done = forward(matrices, self.x[some], self.activation)
        share, signed = weights[some], (weights * self.y)[some]
        rows = self.y[some][:, None] * output_gradients(matrices, done)
        gradient = share @ rows
        seeds: list[FloatArray | None] = [None] * (len(matrices) - 1)
        second = second_derivatives(matrices, done, tangents(matrices, done), [*seeds, signed[:, None]])
        second -= ((rows * share[:, None]).T @ rows - np.outer(gradient, gradient)) / self.temperature
        normals = sphere_normals(parameters, self.sizes)
        multipliers = normals @ gradient
        second[np.diag_indices_from(second)] -= sphere_curvature(multipliers, self.sizes)
        second -= (second @ normals.T) @ normals
        second -= normals.T @ (normals @ second)
        second -= np.abs(second).max() * (normals.T @ normals)  # off the spheres: no direction to go
        return gradient - multipliers @ normals, *np.linalg.eigh((second + second.T) / 2)


def longest_step(slope: FloatArray, curvature: FloatArray, radius: float) -> FloatArray:
    r"""The s with \|s\| <= radius where slope.s + s.diag(curvature).s/2 is largest."""
    flat = FLAT * float(np.abs(curvature).max())
    least = max(float(curvature[-1]), 0.0) + flat

    def step(shift: float) -> FloatArray:
        return slope / (shift - curvature)

    if curvature[-1] < -flat and np.linalg.norm(step(0.0)) <= radius:
        return step(0.0)
    if (
        np.linalg.norm(step(least)) <= radius
    ):  # nothing pulls along the highest curvature: go there as far as allowed
        s = step(least)
        rest = math.sqrt(max(radius**2 - float(s @ s), 0.0))
        s[-1] += rest if curvature[-1] > flat else 0.0
        return s
    low, high = math.log(flat), math.log(flat) + 1.0
    while np.linalg.norm(step(least + math.exp(high))) > radius:
        low, high = high, high + 4.0
    while high - low > 0.01:
        middle = (low + high) / 2
        if np.linalg.norm(step(least + math.exp(middle))) > radius:
            low = middle
        else:
            high = middle
    return step(least + math.exp(high))


def maximise(
    start: FloatArray,
    sizes: IntArray,
    x: FloatArray,
    y: FloatArray,
    kind: str,
    temperature: float,
    radius: float,
    max_iterations: int,
) -> tuple[SoftMaximum, float]:
    """Climb F_T from the start; returns where it ended, and the radius for a next stage."""
    climb = _Climb(sizes, x, y, kind, temperature)
    at = on_spheres(start, sizes)
    value, margins, weights = climb.value(at)
    norm = math.inf
    made = 0
    while made < max_iterations and radius > 1e-14:
        gradient, curvature, directions = climb.slope_and_curvature(at, weights)
        norm = float(np.linalg.norm(gradient))
        if norm < STATIONARY and curvature[-1] < FLAT * float(np.abs(curvature).max()):
            break
        slope = gradient @ directions
        while radius > 1e-14:
            s = longest_step(slope, curvature, radius)
            promised = float(slope @ s + (curvature * s) @ s / 2)
            there = on_spheres(at + directions @ s, sizes)
            found = climb.value(there)
            made += 1
            kept = found[0] - value
            rounding = 1e-14 * max(abs(value), temperature)
            if kept > 0.1 * promised or (abs(kept) < rounding and promised < rounding):
                if kept > 0.75 * promised and np.linalg.norm(s) > 0.7 * radius:
                    radius *= 2.0
                at, (value, margins, weights) = there, found
                break
            radius = 0.3 * float(np.linalg.norm(s))
    return SoftMaximum(at, temperature, value, margins, weights, norm, made), radius
