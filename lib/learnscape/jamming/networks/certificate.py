r"""From nearly jammed to exactly jammed: Newton's method on the conditions of a maximum, and the certificate that it is one.

At a jammed state the contacts (set C) share the smallest margin, the kinks (set K: a contact's preactivation that is zero, where a ReLU bends) stay zero, and forces balance:

.. math:: \sum_{\mu\in C}\lambda_\mu y_\mu\nabla f_\mu+\sum_{a\in K}\eta_a\nabla z_a=\sum_i\nu_i\nabla c_i,\qquad \sum_\mu\lambda_\mu=1,\qquad y_\mu f_\mu=\kappa,\quad z_a=0,\quad c_i=0,

with :math:`c_i` the spheres. As many equations as unknowns, and no threshold on margins or forces: what is in C and K is read off the warm state, and the certificate says whether it was right:

* every force positive, every other margin larger, every kink between the two slopes of its ReLU (:math:`0<\mathrm{slope}<1`) and such that bending lowers the margin;
* in the directions that contacts and kinks leave free to first order, the second derivatives of the Lagrangian negative: these directions are *held* by curvature.

A contact can pin a preactivation to zero without a kink of its own: where all else is off, :math:`y f=\kappa` says just that. Which side rounding leaves it on says nothing; bending must not
raise the margin there either, and then either slope bounds it from above.

Then the state is a strict local maximum of the smallest margin (but for the flat directions of neurons that are off for every contact). With D directions along the spheres

.. math:: \text{contacts}+\text{kinks}-\text{redundant}+\text{held}+\text{flat}=D+1,

where redundant ones depend on the others: all patterns for which a layer is off have one output. This sum follows from the certificate and is no measurement; how many there are of each kind is.

Paper B's question what holds a jammed network (its H_p against H_0): M. Geiger et al., Phys. Rev. E 100, 012115 (2019). Second-order conditions: J. Nocedal and S. J. Wright,
*Numerical Optimization* (2006), chapter 12. Chapter ``jamming/deep-networks``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape import fully_connected
from learnscape.jamming.networks.curvature import (
    Activation,
    forward,
    masked_relu,
    output_gradients,
    second_derivatives,
    slopes,
    softplus,
    tangents,
    tanh,
)
from learnscape.jamming.networks.soft_margin import (
    SHARPNESS,
    SoftMaximum,
    sphere_curvature,
    sphere_normals,
)
from learnscape.results import by_identity

__all__ = ["Certificate", "certify", "exact_activation", "unpolished"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PRESSED = (1e-7, 1e-6, 1e-5)  # weight of a contact in the warm state; the certificate says which was right
BENT = (1e-4, 1e-3, 1e-2)  # a slope this far from 0 and 1 in the warm state is a kink
PRECISION = 1e-10  # of the conditions
NEWTON = 12  # states visited
INDEPENDENT = 1e-9  # of the largest singular value
FLAT = 1e-9  # of the largest curvature


@by_identity
class Certificate(NamedTuple):
    """A polished state, and what is known of it."""

    parameters: FloatArray
    kappa: float
    contacts: IntArray
    forces: FloatArray
    kinks: IntArray
    """Shape (kinks, 3): hidden layer from 0, pattern, neuron."""
    slopes: FloatArray
    """Slope of the ReLU at each kink, which the forces choose."""
    curvature: FloatArray
    """Second derivatives of the Lagrangian on the directions that contacts and kinks leave, ascending."""
    redundant: int
    """Contacts and kinks less the directions they hold: where a layer is off altogether the output is the same for all such patterns."""
    flat: int
    """Directions of neurons that are off for every contact."""
    directions: int
    """D."""
    residual: float
    """Largest violation of the conditions."""
    margins: FloatArray
    """y f of every pattern, shape (P,)."""
    problem: str
    """Why it is no certificate, or nothing."""

    @property
    def held(self) -> int:
        """Directions held by curvature."""
        return int((self.curvature < -self.flat_below).sum())

    @property
    def flat_below(self) -> float:
        """Curvatures smaller than this are rounding."""
        return FLAT * float(np.abs(self.curvature).max(initial=0.0))


def certify(warm: SoftMaximum, sizes: IntArray, x: FloatArray, y: FloatArray, kind: str) -> Certificate:
    """Polish a maximum of F_T at a small temperature, and check what it is."""
    first: Certificate | None = None
    for pressed in PRESSED:
        for bent in BENT if kind == "relu" else BENT[:1]:
            found = _polished(warm, sizes, x, y, kind, pressed, bent)
            if not found.problem:
                return found
            first = first or found
    assert first is not None
    return first


def unpolished(
    warm: SoftMaximum, sizes: IntArray, x: FloatArray, y: FloatArray, kind: str, problem: str
) -> Certificate:
    """A warm state as it is: far from a maximum, all patterns may press, too many for the equations of a certificate."""
    contacts = np.flatnonzero(warm.weights > PRESSED[0])
    margins = y * forward(fully_connected.layers(warm.parameters, sizes), x, exact_activation(kind)).output
    return Certificate(
        parameters=warm.parameters,
        kappa=float(margins.min()),
        contacts=contacts,
        forces=warm.weights[contacts] / warm.weights[contacts].sum(),
        kinks=np.empty((0, 3), dtype=np.int64),
        slopes=np.empty(0),
        curvature=np.empty(0),
        redundant=0,
        flat=0,
        directions=warm.parameters.size - int(sizes[1:].sum()),
        residual=warm.gradient_norm,
        margins=margins,
        problem=problem,
    )


def _polished(
    warm: SoftMaximum,
    sizes: IntArray,
    x: FloatArray,
    y: FloatArray,
    kind: str,
    pressed: float,
    bent_by: float,
) -> Certificate:
    """The same with these thresholds."""
    contacts = np.flatnonzero(warm.weights > pressed)
    theta = warm.parameters.copy()
    patterns, labels = x[contacts], y[contacts]
    kinks: list[tuple[int, int, int]] = []
    activation: Activation = tanh
    masks: list[FloatArray] = []
    if kind == "relu":
        done = forward(fully_connected.layers(theta, sizes), patterns, softplus(SHARPNESS / warm.temperature))
        bent = [(slope > bent_by) & (slope < 1 - bent_by) for slope in done.slope]
        kinks = [(layer, int(a), int(i)) for layer, on in enumerate(bent) for a, i in np.argwhere(on)]
        masks = [np.asarray(z > 0, dtype=np.float64) for z in done.z[:-1]]
        activation = masked_relu(masks)
    n, n_contacts, n_kinks = theta.size, len(contacts), len(kinks)
    kappa = float(warm.margins.min())
    forces = warm.weights[contacts] / warm.weights[contacts].sum()
    eta, nu = np.zeros(n_kinks), np.empty(0)
    if kinks:  # what the warm state says: a fraction of the pull
        seeds: list[FloatArray | None] = [None] * len(masks)
        pulls = slopes(fully_connected.layers(theta, sizes), done, [*seeds, (forces * labels)[:, None]])[1]
        eta = np.array([(done.slope[l][a, i] - masks[l][a, i]) * pulls[l][a, i] for l, a, i in kinks])
    previous = np.inf
    for turn in range(NEWTON):
        matrices = fully_connected.layers(theta, sizes)
        done = forward(matrices, patterns, activation)
        tangent = tangents(matrices, done)
        of_contacts = labels[:, None] * output_gradients(matrices, done)
        of_kinks = np.array([tangent[l][a, i] for l, a, i in kinks]).reshape(n_kinks, n)
        normals = sphere_normals(theta, sizes)
        walls = np.vstack([of_contacts, of_kinks, -normals])
        if not nu.size:
            nu = normals @ (forces @ of_contacts + eta @ of_kinks)  # orthonormal
        conditions = np.concatenate(
            [
                np.concatenate([forces, eta, nu]) @ walls,
                [forces.sum() - 1.0],
                labels * done.output - kappa,
                [done.z[l][a, i] for l, a, i in kinks],
                (1.0 - np.square(normals).sum(axis=1)) / 2,
            ]
        )
        residual = float(np.abs(conditions).max())
        lagrangian = second_derivatives(matrices, done, tangent, _seeds(done.z, labels, forces, kinks, eta))
        lagrangian[np.diag_indices(n)] -= sphere_curvature(nu, sizes)
        stalled = residual >= 0.5 * previous and residual < PRECISION
        if (
            residual < 1e-14 or stalled or turn + 1 == NEWTON
        ):  # what is known is of this state, not of one step further
            break
        previous = residual
        step = _newton(lagrangian, walls, n_contacts, conditions)
        theta = theta + step[:n]
        kappa += float(step[n])
        moved = np.concatenate([forces, eta, nu]) + step[n + 1 :]
        forces, eta, nu = np.split(moved, [n_contacts, n_contacts + n_kinks])

    margins = y * forward(fully_connected.layers(theta, sizes), x, exact_activation(kind)).output
    first_order = np.vstack([of_contacts[1:] - of_contacts[0], of_kinks, normals])
    _, singular, right = np.linalg.svd(first_order)
    rank = int((singular > INDEPENDENT * singular[0]).sum())
    left = right[rank:].T
    curvature = np.linalg.eigvalsh(left.T @ lagrangian @ left)
    chosen = np.empty(0)
    problem = ""
    flat = 0
    if kind == "relu":
        by_value = slopes(matrices, done, _seeds(done.z, labels, forces, kinks, eta))[1]
        pull = np.array([by_value[l][a, i] for l, a, i in kinks])
        before = np.array([masks[l][a, i] for l, a, i in kinks])
        chosen = before + eta / pull
        kept = [np.ones(mask.shape, dtype=np.bool_) for mask in masks]
        for l, a, i in kinks:
            kept[l][a, i] = False
        exact = forward(matrices, patterns, exact_activation(kind))
        touching = [(np.abs(z) < PRECISION) & k for z, k in zip(exact.z[:-1], kept, strict=True)]
        changed = [
            ((z > 0) != (m > 0)) & k & ~touches
            for z, m, k, touches in zip(exact.z[:-1], masks, kept, touching, strict=True)
        ]
        if any(some.any() for some in changed):
            problem = "a neuron switched while the state was polished"
        elif not (pull < 0).all() or any(
            (force[touches] > 0).any() for force, touches in zip(by_value, touching, strict=True)
        ):
            problem = "a kink where bending raises the margin: no maximum"
        elif n_kinks and not ((chosen > 0) & (chosen < 1)).all():
            problem = "a kink outside the two slopes of its neuron"
        off = [~(mask > 0).any(axis=0) & k.all(axis=0) for mask, k in zip(masks, kept, strict=True)]
        flat = int(sum(mask.sum() * fan_in for mask, fan_in in zip(off, sizes[:-2], strict=True)))
    outside = np.delete(margins, contacts)
    found = Certificate(
        theta,
        kappa,
        contacts,
        forces,
        np.array([(l, contacts[a], i) for l, a, i in kinks], dtype=np.int64).reshape(n_kinks, 3),
        chosen,
        curvature,
        len(first_order) - rank,
        flat,
        n - len(normals),
        residual,
        margins,
        problem,
    )
    small = found.flat_below
    if not residual < PRECISION:
        problem = f"the conditions are violated by {residual:.0e}"
    elif not (forces > 0).all():
        problem = "a contact pulls"
    elif outside.size and not outside.min() > kappa:
        problem = "a pattern below the margin is no contact"
    elif curvature.size and curvature[-1] > small:
        problem = "the margin curves up in a free direction: a saddle"
    elif int((curvature >= -small).sum()) != flat:
        problem = "a free direction without curvature"
    return found._replace(problem=problem)


def exact_activation(kind: str) -> Activation:
    """The activation at temperature zero."""

    def relu(layer: int, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        on = np.asarray(z > 0, dtype=np.float64)
        return on * z, on, np.zeros_like(z)

    return tanh if kind == "tanh" else relu


def _seeds(
    z: list[FloatArray],
    labels: FloatArray,
    forces: FloatArray,
    kinks: list[tuple[int, int, int]],
    eta: FloatArray,
) -> list[FloatArray | None]:
    """The Lagrangian as a sum over preactivations."""
    seeds: list[FloatArray | None] = [np.zeros_like(values) for values in z[:-1]]
    for (layer, pattern, neuron), force in zip(kinks, eta, strict=True):
        seeds[layer][pattern, neuron] += force  # type: ignore[index]
    return [*seeds, (forces * labels)[:, None]]


def _newton(lagrangian: FloatArray, walls: FloatArray, n_contacts: int, conditions: FloatArray) -> FloatArray:
    """Step of (theta, kappa, forces) that solves the linearised conditions."""
    n, k = len(lagrangian), len(walls)
    system = np.zeros((n + 1 + k, n + 1 + k))
    system[:n, :n] = lagrangian
    system[:n, n + 1 :] = walls.T
    system[n, n + 1 : n + 1 + n_contacts] = 1.0
    system[n + 1 :, :n] = walls
    system[n + 1 : n + 1 + n_contacts, n] = -1.0
    return np.asarray(np.linalg.lstsq(system, -conditions, rcond=1e-13)[0], dtype=np.float64)
