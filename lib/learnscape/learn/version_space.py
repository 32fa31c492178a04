r"""Random students: uniform samples from the weights that satisfy all patterns.

The *version space* of P patterns is the part of the sphere |w|^2 = N on which w . xi^mu >= 0 for every mu, the region whose volume is
Gardner's. To sample it uniformly we walk on great circles ("hit and run"; R. L. Smith, Operations Research 32, 1296 (1984)):

1. draw a direction v at random, orthogonal to w, |v|^2 = N; the great circle is w cos t + v sin t;
2. pattern mu allows the half circle cos(t - phi_mu) >= 0 with phi_mu = atan2(v.xi^mu, w.xi^mu), so all patterns together allow the arc
   from max_mu phi_mu - pi/2 to min_mu phi_mu + pi/2, which contains t = 0;
3. draw t uniformly from this arc and go there.

A random great circle through a uniform point carries uniform points, so the uniform measure on the version space is stationary. No
step is ever refused. The region is convex, so that the walk reaches all of it, but slowly where the region is long and thin.

At another margin kappa each pattern allows the arc |t - phi_mu| <= arccos(kappa sqrt N / A_mu), A_mu^2 = (w.xi)^2 + (v.xi)^2, and all of the circle where kappa sqrt N < -A_mu.
For kappa < 0 the arcs that all patterns allow may be several, and t is uniform on their union: the walk jumps over forbidden
parts. The region is no longer convex, and nothing guarantees that the walk reaches all of it.

For patterns labelled by a teacher, the teacher is itself a uniform draw from the version space: a walk started there is stationary from
its first step, and the only question is how soon it forgets.

Chapters: ``capacity/teacher-student``, ``dense/geometry``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learnscape.errors import as_finite, real_array, require
from learnscape.learn._input import as_patterns, as_positive_integer
from learnscape.learn.margin import max_margin
from learnscape.numerics.jit import kernel
from learnscape.numerics.rng import generator

__all__ = ["sample_version_space"]

FloatArray = NDArray[np.float64]


@kernel
def _turn(patterns: Any, weights: Any, direction: Any, changes: Any) -> float:
    """Make the direction orthogonal to the weights and find the fields of it at length sqrt(N). The factor to that length; 0 on a line."""
    n = weights.size
    along = 0.0
    norm2 = 0.0
    for i in range(n):
        along += direction[i] * weights[i]
        norm2 += weights[i] * weights[i]
    along /= norm2
    length2 = 0.0
    for i in range(n):
        direction[i] -= along * weights[i]
        length2 += direction[i] * direction[i]
    if length2 <= 1e-20 * n:  # N = 1: there is nowhere to go
        return 0.0
    scale = math.sqrt(n / length2)
    for mu in range(changes.size):
        total = 0.0
        for i in range(n):
            total += patterns[mu, i] * direction[i]
        changes[mu] = scale * total
    return scale


@kernel
def _walk(patterns: Any, weights: Any, fields: Any, directions: Any, uniforms: Any, changes: Any) -> None:
    """Take one step for each row of ``directions``; ``weights`` (N,) and ``fields`` = patterns @ weights change in place."""
    n = weights.size
    for step in range(uniforms.size):
        scale = _turn(patterns, weights, directions[step], changes)
        if scale == 0.0:
            continue
        largest = -math.inf  # of the ratios v.xi / w.xi, whose arc tangents are the phi_mu
        smallest = math.inf
        for mu in range(fields.size):
            ratio = changes[mu] / max(fields[mu], 1e-300)
            largest = max(largest, ratio)
            smallest = min(smallest, ratio)
        low = math.atan(largest) - 0.5 * math.pi
        high = math.atan(smallest) + 0.5 * math.pi
        angle = low + (high - low) * uniforms[step]
        c = math.cos(angle)
        s = math.sin(angle)
        for i in range(n):
            weights[i] = c * weights[i] + s * scale * directions[step, i]
        for mu in range(fields.size):
            fields[mu] = max(c * fields[mu] + s * changes[mu], 0.0)


@kernel
def _walk_at_margin(
    patterns: Any, weights: Any, fields: Any, directions: Any, uniforms: Any, changes: Any, least: float
) -> None:
    """The same where every field must be at least ``least``: angles are drawn from what the forbidden arcs leave of (0, 2 pi)."""
    n = weights.size
    starts, ends = np.empty(fields.size), np.empty(fields.size)
    for step in range(uniforms.size):
        scale = _turn(patterns, weights, directions[step], changes)
        if scale == 0.0:
            continue
        count = 0
        for mu in range(fields.size):
            size = math.hypot(fields[mu], changes[mu])
            if least > -size:
                half = math.acos(min(least / size, 1.0))
                # 0 is allowed, so that the forbidden arc lies within (0, 2 pi), but for rounding
                start = max(math.atan2(changes[mu], fields[mu]) + half, 0.0)
                starts[count], ends[count] = start, min(start + 2.0 * (math.pi - half), 2.0 * math.pi)
                count += 1
        order = np.argsort(starts[:count])
        free, reached = 0.0, 0.0
        for k in order:
            free += max(starts[k] - reached, 0.0)
            reached = max(reached, ends[k])
        left = uniforms[step] * (free + 2.0 * math.pi - reached)
        reached = 0.0
        for k in order:
            gap = max(starts[k] - reached, 0.0)
            if left < gap:
                break
            left -= gap
            reached = max(reached, ends[k])
        c = math.cos(reached + left)
        s = math.sin(reached + left)
        for i in range(n):
            weights[i] = c * weights[i] + s * scale * directions[step, i]
        for mu in range(fields.size):
            fields[mu] = max(c * fields[mu] + s * changes[mu], least)


def sample_version_space(
    patterns: ArrayLike,
    start: ArrayLike | None = None,
    *,
    margin: float = 0.0,
    samples: int = 100,
    thin: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> FloatArray:
    """Draw weights uniformly from those on the sphere that satisfy every pattern at a margin.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Labels folded in; a separable set unless ``start`` is given.
    start : array_like, shape (N,), optional
        Weights that satisfy every pattern, for instance the teacher. Without it the walk starts at the weights of largest
        stability, which are not typical, and takes ten times ``thin`` steps before the first sample.
    margin : float
        Smallest allowed stability w.xi / sqrt(N). Negative margins make the region non-convex: compare walks from different starts.
    samples : int
        Number of samples.
    thin : int, optional
        Steps between two samples; 4 N + 200 by default. Neighbouring samples are correlated all the same: judge by the scatter between
        independent walks, not between the samples of one.
    rng : int or numpy.random.Generator, optional
        Seed or generator.

    Returns
    -------
    ndarray, shape (samples, N)
        Rows of squared length N.

    Raises
    ------
    ValueError
        If the patterns are not a finite (P, N) array, are not separable, or ``start`` does not satisfy them.

    Notes
    -----
    A step costs P N multiplications. In the typical teacher-student problem the walk forgets its start within of the order of N^2 steps
    at loads of order one, and later at larger loads, where the region is thinner in some directions than in others.

    References
    ----------
    R. L. Smith, "Efficient Monte Carlo procedures for generating points uniformly distributed over bounded regions", Operations Research
    32, 1296 (1984).

    Examples
    --------
    >>> students = sample_version_space([[1.0, 0.0], [1.0, 1.0]], samples=2000, rng=1)
    >>> angles = np.arctan2(students[:, 1], students[:, 0])   # uniform between -pi/4 and pi/2
    >>> bool(abs(angles.mean() - np.pi / 8) < 0.05), bool(angles.min() > -np.pi / 4)
    (True, True)
    """
    xi = as_patterns(patterns)
    n = xi.shape[1]
    kappa = as_finite("margin", margin)
    least = kappa * math.sqrt(n)
    samples = as_positive_integer("samples", samples)
    thin = 4 * n + 200 if thin is None else as_positive_integer("thin", thin)
    random = generator(rng)
    if start is None:
        best = max_margin(xi)
        require(best.separable, "patterns", f"{xi.shape}", "separable: no weights satisfy all of them")
        assert best.weights is not None
        assert best.stability is not None
        require(
            kappa <= best.stability, "margin", margin, f"at most the largest stability, {best.stability:.6g}"
        )
        weights = best.weights.copy()
    else:
        weights = real_array("start", start).copy()
        require(weights.shape == (n,), "start.shape", weights.shape, f"({n},), as long as a pattern")
        length2 = float(weights @ weights)
        require(math.isfinite(length2) and length2 > 0.0, "|start|^2", length2, "finite and > 0")
        weights *= math.sqrt(n / length2)
        worst = float((xi @ weights).min())
        allowed = f">= {least:.6g}: start must satisfy every pattern"
        require(worst >= least, "smallest field of start", worst, allowed)

    changes = np.empty(len(xi))
    found = np.empty((samples, n))
    for k in range(samples):
        steps = 11 * thin if start is None and k == 0 else thin
        weights *= math.sqrt(n / float(weights @ weights))
        fields = np.maximum(xi @ weights, least)  # fresh, against the rounding of many small rotations
        directions, uniforms = random.standard_normal((steps, n)), random.random(steps)
        if kappa == 0.0:
            _walk(xi, weights, fields, directions, uniforms, changes)
        else:
            _walk_at_margin(xi, weights, fields, directions, uniforms, changes, least)
        found[k] = weights * math.sqrt(n / float(weights @ weights))
    return found
