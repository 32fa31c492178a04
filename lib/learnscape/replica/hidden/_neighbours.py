r"""Who lives next door? The entropy of students at a distance from a typical student (Franz and Parisi), in the hidden-teacher model.

*Problem.* The reference is a typical student, or one of a larger margin; the probes have the overlap t with it. With the log-determinant of probes in the presence of references

.. math::
    L(a,b,c,e,f,g)=\ln(f-g)+\frac{g-k}{f-g},\qquad k=\frac{c^2(a-2b)+2bce-ae^2}{(a-b)^2}

(a, b: overlap of a reference with itself and with another; c, e: of a probe with the reference and with another one; f, g: of a probe with itself and with another), and the
overlaps C = (1, q~, t, s, 1, q) of the weights, P of their projections and P' = P minus the products of the overlaps with the teacher,

.. math::
    S=-\tfrac12\hat q(1-q)-\hat tt+\hat ss+\langle\ln2\cosh h\rangle+\frac{\alpha}{2\alpha_T}\bigl[L(P')-L(C)-dL(C)[P]+1\bigr]+\alpha\,G_E .

Stationarity with respect to P solves for P' in closed form, as in the typical case. Chapter *overparameterization*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learnscape.activations import Activation
from learnscape.errors import ConvergenceError, as_finite, is_finite, require
from learnscape.numerics import fixed_point
from learnscape.replica.hidden._neighbour_terms import Fields, Reference, Sites, conjugate, fields, sites
from learnscape.replica.hidden._rs_kernels import Typical
from learnscape.replica.hidden._typical import MARGINS, ActivationLike, angle, checked, saddle

__all__ = ["Neighbours", "franz_parisi"]

Array = NDArray[np.float64]
NEAREST = 3e-3  # smallest distance at which the quadrature was refined
TOLERANCE, ROUGH = 1e-9, 1e-4  # of the unknowns, and of those on the way to a point
ITERATIONS = 120
START, STRIDE = (
    0.45,
    0.5,
)  # fraction of the largest distance where we begin, and steps from there, if the direct way fails
WILD = 400.0  # q_hat; at solutions it is below 50
LIFT = 0.2  # of what probes share at the start, above what copies of the reference do


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Students at a distance from a reference student."""

    activation: Activation
    """Of the features."""
    alpha: float
    """Load P/N."""
    alpha_teacher: float
    """P/D."""
    margin: float
    """Smallest stability of the students that are counted."""
    reference_margin: float
    """Smallest stability of the reference."""
    distance: float
    """From the reference, (1 - t)/2."""
    entropy: float
    """ln(number of students at this distance)/N; negative where there are none, so that the reference is isolated."""
    slope: float
    """Its derivative with respect to the distance."""
    q: float
    """Overlap of two of these students."""
    generalization_error: float
    """Of one of them."""
    reference_error: float
    """Of the reference."""
    residual: float
    """How well the saddle equations hold."""


class _Overlaps(NamedTuple):
    """The arguments of L."""

    a: float
    b: float
    c: float
    e: float
    f: float
    g: float


class _Known(NamedTuple):
    """k of L with the derivatives that are used."""

    k: float
    """k itself."""
    by_c: float
    """dk/dc."""
    by_e: float
    """dk/de."""
    along: float
    """Its change dk[P] along the overlaps P."""
    along_by_c: float
    """d(dk[P])/dc."""
    along_by_e: float
    """d(dk[P])/de."""


def _known(o: _Overlaps, p: _Overlaps) -> _Known:
    a, b, c, e = o.a, o.b, o.c, o.e
    d = a - b
    n = c * c * (a - 2 * b) + 2 * b * c * e - a * e * e
    n_c, n_e = 2 * c * (a - 2 * b) + 2 * b * e, 2 * b * c - 2 * a * e
    k_a = (c * c - e * e) / d**2 - 2 * n / d**3
    k_b = (-2 * c * c + 2 * c * e) / d**2 + 2 * n / d**3
    along = k_a * p.a + k_b * p.b + (n_c * p.c + n_e * p.e) / d**2
    twist = (p.b - p.a) / d**3 * 2
    along_c = (
        2 * c * p.a + (-4 * c + 2 * e) * p.b + 2 * (a - 2 * b) * p.c + 2 * b * p.e
    ) / d**2 + twist * n_c
    along_e = (-2 * e * p.a + 2 * c * p.b + 2 * b * p.c - 2 * a * p.e) / d**2 + twist * n_e
    return _Known(n / d**2, n_c / d**2, n_e / d**2, along, along_c, along_e)


def _log_det(f_minus_g: float, g: float, k: float) -> float:
    return math.log(f_minus_g) + (g - k) / f_minus_g


class _State(NamedTuple):
    """Everything at one set of unknowns."""

    new: Array
    """The unknowns after one update."""
    entropy: float
    """S."""
    slope: float
    """dS/dt."""
    error: float
    """Generalization error of a probe."""


class _Problem:
    """One reference; the unknowns are ln(1 - q), s, and of P' ln(f - g), c, e, the overlap r with the teacher, and g."""

    def __init__(
        self, typical: Typical, alpha: float, alpha_t: float, share: float, margin: float, ref_margin: float
    ) -> None:
        self.typical, self.alpha, self.alpha_t, self.share, self.margin = (
            typical,
            alpha,
            alpha_t,
            share,
            margin,
        )
        rest = 1.0 - share
        self.p = typical.r**2 + typical.c
        self.p_d = self.p + typical.v * typical.e
        self.reference = Reference(
            share * self.p + rest * typical.q,
            typical.v * (share * typical.e + rest),
            math.sqrt(share) * typical.r,
            ref_margin,
        )
        self.q_hat = self.s_hat = self.t_hat = typical.q_hat
        self.t = 0.0

    def copies(self, t: float) -> Array:
        """Probes that copy each weight of the reference with some probability and are typical otherwise."""
        ref = self.typical
        part = (t - ref.q) / ref.v
        inside = ref.v * ref.e
        common = part**2 * (1.0 + LIFT * (1.0 - part**2))
        q, p = ref.q + common * ref.v, self.p + common * inside
        p_d = self.p_d
        square = ref.r**2
        return np.array(
            [
                math.log(1.0 - q),
                ref.q,
                math.log(p_d - p),
                self.p + part * inside - square,
                self.p - square,
                ref.r,
                p - square,
            ]
        )

    def _plain(self, x: Array) -> tuple[_Overlaps, _Overlaps, _Overlaps]:
        """C, P and P'."""
        log_v, s, log_delta, c, e, r, g = x.tolist()
        ref, q, delta = self.typical.r, -math.expm1(log_v), math.exp(log_delta)
        reduced = _Overlaps(self.p_d - ref**2, self.p - ref**2, c, e, g + delta, g)
        full = _Overlaps(self.p_d, self.p, c + ref * r, e + ref * r, g + delta + r * r, g + r * r)
        return _Overlaps(1.0, self.typical.q, self.t, s, 1.0, q), full, reduced

    def at(self, x: Array) -> _State:
        weights, full, reduced = self._plain(x)
        share, alpha_t = self.share, self.alpha_t
        rest, t_linear = 1.0 - share, alpha_t * share
        log_v, s, log_delta, _, _, r, _ = x.tolist()
        v, delta = math.exp(log_v), math.exp(log_delta)
        q = 1.0 - v
        inside = share * delta + rest * v
        mean: Fields = fields(
            self.reference,
            inside,
            share * full.g + rest * q,
            share * full.e + rest * s,
            share * full.c + rest * self.t,
            math.sqrt(share) * r,
            self.margin,
        )
        at_c = _known(weights, full)
        # the projected overlaps
        new_delta = 1.0 / (1.0 / v - t_linear * mean.curvature)
        by_c = new_delta * (at_c.by_c / v + 2.0 * t_linear * mean.by_t)
        by_e = new_delta * (at_c.by_e / v + 2.0 * t_linear * mean.by_s)
        a, b = reduced.a, reduced.b
        # (by_c, by_e) = 2 [[a - 2b, b], [b, -a]] (c, e) / (a - b)^2, whose determinant is -4/(a - b)^2
        new_c, new_e = 0.5 * (a * by_c + b * by_e), 0.5 * (b * by_c - (a - 2.0 * b) * by_e)
        new_r = 0.5 * self.typical.r * (by_c + by_e) + alpha_t * math.sqrt(share) * new_delta * mean.by_r
        n = q - at_c.k
        shared = 0.5 * (new_c * by_c + new_e * by_e)
        new_g = shared + new_delta**2 * (n / v**2 + t_linear * mean.g2)
        # the conjugates, from the new overlaps: with the old ones they would be off by (their change)/alpha_teacher
        new = np.array([x[0], s, math.log(new_delta), new_c, new_e, new_r, new_g])
        _, full, reduced = self._plain(new)
        at_c, at_p = _known(weights, full), _known(reduced, full)
        spread = full.f - full.g
        tilt = full.g - at_c.along
        q_hat = self.alpha * (((n + tilt) / v**2 - 2.0 * n * spread / v**3) / alpha_t + rest * mean.g2)
        pull_s = 0.5 * (at_c.by_e + at_c.along_by_e - at_c.by_e * spread / v) / v
        pull_t = 0.5 * (at_c.by_c + at_c.along_by_c - at_c.by_c * spread / v) / v
        s_hat = -self.alpha * (pull_s / alpha_t + rest * mean.by_s)
        q_hat = max(q_hat, s_hat**2 / self.typical.q_hat)
        if not q_hat < WILD:
            raise ValueError("a wild step: the sums over weights would not end")
        self.t_hat = conjugate(self.typical.q_hat, q_hat, s_hat, self.t, self.t_hat)
        self.q_hat, self.s_hat = q_hat, s_hat
        site: Sites = sites(self.typical.q_hat, q_hat, s_hat, self.t_hat)
        change = spread / v + tilt / v - n * spread / v**2
        volume = 0.5 * (_log_det(new_delta, new_g, at_p.k) - _log_det(v, q, at_c.k) - change + 1.0)
        entropy = -0.5 * q_hat * v - self.t_hat * self.t + s_hat * s + site.log_z
        entropy += self.alpha * (volume / alpha_t + mean.f)
        slope = -self.t_hat + self.alpha * (pull_t / alpha_t + rest * mean.by_t)
        total = share * full.f + rest
        along = math.sqrt(share) * new_r
        new[0], new[1] = math.log(site.v), site.s
        return _State(new, float(entropy), float(slope), angle(along, total - along**2))

    def settle(self, t: float, x: Array, tolerance: float) -> fixed_point.FixedPoint:
        """The saddle at overlap t, from x, by Anderson's method."""
        self.t = t
        return fixed_point.solve(
            lambda x: self.at(x).new,
            x,
            method="anderson",
            damping=0.5,
            tol=tolerance,
            max_iterations=ITERATIONS,
            on_failure="return",
        )

    def find(self, distance: float) -> fixed_point.FixedPoint:
        """The saddle at a distance: directly, else step by step from a larger one."""
        target = 1.0 - 2.0 * distance
        try:
            found = self.settle(target, self.copies(target), TOLERANCE)
            if found.converged:
                return found
        except ValueError:  # a logarithm of what is not positive: too far away
            pass
        here = 1.0 - START * self.typical.v
        x, last = self.copies(here), math.nan
        while True:
            try:
                found = self.settle(here, x, TOLERANCE if here == target else ROUGH)
                converged, residual = found.converged, found.residual
            except ValueError:
                converged, residual = False, math.inf
            if not converged:
                message = f"neighbours at distance {0.5 * (1.0 - here):.6g}: no solution"
                message += "" if math.isnan(last) else f"; the last good distance is {last:.6g}"
                raise ConvergenceError(message, [residual])
            if here == target:
                return found
            last, before = 0.5 * (1.0 - here), self.copies(here)
            here = min(target, 1.0 - STRIDE * (1.0 - here))
            x = found.x + self.copies(here) - before


def franz_parisi(
    alpha: float,
    alpha_teacher: float,
    distance: float,
    activation: ActivationLike = "sign",
    margin: float = 0.0,
    *,
    reference_margin: float | None = None,
) -> Neighbours:
    """Entropy of the students at a distance from a typical student, or from a typical one of those with a larger margin.

    Parameters
    ----------
    alpha : float
        Load P/N.
    alpha_teacher : float
        P/D.
    distance : float
        From the reference, from 0.003 to 98 per cent of the distance of two references.
    activation, margin
        As in `solve`; the margin of the students that are counted.
    reference_margin : float, optional
        Of the reference; as ``margin`` if left out.

    Returns
    -------
    Neighbours

    Raises
    ------
    ValueError
        Bad input, or no reference of such a margin at this load.
    ConvergenceError
        If the saddle is lost; the message names the last good distance.

    Notes
    -----
    Entropies are right to 1e-9, by refinement of the quadrature. A point takes 0.1 to 0.5 seconds.

    Examples
    --------
    >>> round(franz_parisi(0.9, 3.0, 0.1).entropy, 4)
    0.0848
    """
    found, alpha_teacher, margin = checked(alpha_teacher, activation, margin)
    require(is_finite(alpha) and alpha > 0, "alpha", alpha, "a finite number > 0")
    kept = margin if reference_margin is None else as_finite("reference_margin", reference_margin)
    require(abs(kept) <= MARGINS, "reference_margin", kept, f"between {-MARGINS:g} and {MARGINS:g}")
    share = found.linear_share
    typical = saddle(float(alpha), alpha_teacher, share, kept)
    largest = 0.49 * typical.v
    good = is_finite(distance) and NEAREST <= distance <= largest
    require(good, "distance", distance, f"in [{NEAREST:g}, {largest:.6g}] for this reference")
    problem = _Problem(typical, float(alpha), alpha_teacher, share, margin, kept)
    saddle_point = problem.find(float(distance))
    state = problem.at(saddle_point.x)
    field = math.sqrt(share) * typical.r
    across = share * typical.c + (1.0 - share) * typical.q + problem.reference.v
    return Neighbours(
        found,
        float(alpha),
        alpha_teacher,
        margin,
        kept,
        float(distance),
        state.entropy,
        -2.0 * state.slope,
        -math.expm1(saddle_point.x[0]),
        state.error,
        angle(field, across),
        saddle_point.residual,
    )
