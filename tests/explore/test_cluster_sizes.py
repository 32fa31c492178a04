"""The explorable of the clusters: saddles as `rsb.complexity` has them, discs as many and as large as the numbers say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape import Margin, Spherical
from learnscape.explore.replicas import cluster_sizes as module
from learnscape.explore.replicas.cluster_sizes import cluster_sizes
from learnscape.replica import rsb
from learnscape.replica.kernels import WORK, one_step_overlaps, one_step_saddle

SPHERE, MARGIN = Spherical(), Margin(module.KAPPA)


@pytest.mark.parametrize(("alpha", "m"), [(11.0, 0.1), (11.0, 1.0), (10.2, 0.25), (11.4, 0.06), (11.4, 0.5)])
def test_the_numbers_are_those_of_the_library(alpha: float, m: float) -> None:
    answer = cluster_sizes().evaluate(alpha=alpha, m=m)
    expected = rsb.complexity(SPHERE, MARGIN, alpha, [m])
    assert answer["complexity"][0] == pytest.approx(expected.complexity[0], abs=2e-8)
    assert answer["internal"][0] == pytest.approx(expected.internal_entropy[0], abs=1e-7)
    assert answer["free_entropy"][0] == pytest.approx(expected.free_entropy[0], abs=5e-8)


@pytest.mark.parametrize("alpha", [10.2, 11.0, 11.4])
def test_the_largest_clusters_are_those_of_equilibrium(alpha: float) -> None:
    answer = cluster_sizes().evaluate(alpha=alpha)
    expected = rsb.solve(SPHERE, MARGIN, alpha)
    assert answer["m_star"][0] == pytest.approx(expected.m[0], abs=1e-6)
    assert answer["equilibrium"][0] == pytest.approx(expected.entropy, abs=1e-7)


def test_the_saddle_has_the_overlaps_of_the_library_at_another_margin() -> None:
    expected = rsb.solve(SPHERE, Margin(-0.6), 4.9, m=0.2)
    (q0, q1), work = expected.q, np.empty(WORK)
    start = math.log(q0 / (1.0 - q1)) + 0.2, math.log((q1 - q0) / (1.0 - q1)) - 0.2
    found = one_step_saddle(-0.6, 4.9, 0.2, *start, work)
    assert found.converged
    assert one_step_overlaps(found.outer, found.inner) == pytest.approx((q0, q1), abs=1e-8)


def test_the_line_has_the_slope_minus_m_and_the_tangent_meets_it() -> None:
    answer = cluster_sizes().evaluate(alpha=11.0, m=0.1)
    slope = np.diff(answer["real_y"]) / np.diff(answer["real_x"])
    at = np.interp(answer["mark"][0], 0.5 * (answer["real_x"][1:] + answer["real_x"][:-1]), slope)
    assert at == pytest.approx(-0.1, abs=1e-4)
    on = np.interp(answer["mark"][0], answer["tangent_x"], answer["tangent_y"])
    assert on == pytest.approx(answer["complexity"][0], abs=1e-12)
    assert answer["crossing"][0] == pytest.approx(
        answer["free_entropy"][0] - answer["equilibrium"][0], abs=1e-12
    )
    # the sizes lie on the curve
    expected = np.interp(answer["entropies"], answer["real_x"], answer["real_y"])
    assert answer["complexities"] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(("n", "alpha"), [(500.0, 11.2), (1000.0, 11.0), (2000.0, 10.5)])
def test_as_many_discs_as_the_complexity_says_and_none_over_another(n: float, alpha: float) -> None:
    answer = cluster_sizes().evaluate(n=n, alpha=alpha)
    assert answer["numbers"] == pytest.approx(np.exp(n * answer["complexities"]), abs=0.5)
    drawn = np.isfinite(answer["disc_radius"])
    counts = np.bincount(answer["kind"][drawn].astype(int), minlength=module.KINDS)
    assert counts.tolist() == np.minimum(answer["numbers"], module.MOST).tolist()
    x, y, radius = (answer[f"disc_{name}"][drawn] for name in ("x", "y", "radius"))
    apart = np.hypot(x[:, None] - x, y[:, None] - y) - radius[:, None] - radius
    assert apart[np.triu_indices(len(x), 1)].min() > 0.0
    assert (x - radius).min() > 0.0
    assert (x + radius).max() < 1.0
    # radii grow in proportion to the internal entropy
    by = radius - module.SMALLEST
    assert by == pytest.approx(
        module.GROWTH * (answer["entropies"] - answer["entropies"][0])[answer["kind"][drawn].astype(int)]
    )


def test_beyond_condensation_the_largest_clusters_hold_everything() -> None:
    shares = [cluster_sizes().evaluate(m=m)["shares"] for m in (0.05, 0.1, 0.3, 1.0)]
    means = [share @ np.arange(module.KINDS) for share in shares]
    assert np.all(np.diff(means) > 0.0)
    assert shares[-1][-1] > 0.99
    condensed = cluster_sizes().evaluate(m=1.0)
    assert condensed["missing"][0] == condensed["off"][0] == 1.0
    assert condensed["log_number"][0] == pytest.approx(-59.1, abs=0.05)  # as the answer to the question says
