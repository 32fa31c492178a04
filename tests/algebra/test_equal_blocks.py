"""Where blocks are equal, or do not matter, broken replica symmetry is replica symmetry again."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from learnscape import Margin
from learnscape.ansatz import Tree, average

CONSTRAINT = Margin(-0.5)


def on(tree):
    width = math.sqrt(tree.variance)
    return average(lambda h: CONSTRAINT.terms(h, tree.variance), tree, edges=CONSTRAINT.edges, width=width)


@pytest.mark.parametrize("m", [0.2, 0.9])
def test_equal_overlaps_reduce_the_average_to_replica_symmetry(m):
    """q_0 = q_1: the block parameter drops out."""
    symmetric = on(Tree((0.6,)))
    assert on(Tree((0.6, 0.6), (m,))).value == pytest.approx(symmetric.value, rel=1e-13)
    assert on(Tree((0.6, 0.6, 0.6), (m, m))).value == pytest.approx(symmetric.value, rel=1e-13)


def test_nearly_equal_overlaps_tend_to_it():
    """And continuously so: the difference is linear in the gap, with the slope -(1 - m)/2 int P f'^2."""
    symmetric, m, gap = on(Tree((0.6,))), 0.4, 1e-5
    difference = on(Tree((0.6, 0.6 + gap), (m,))).value - symmetric.value
    assert difference / gap == pytest.approx(-0.5 * (1 - m) * symmetric.slope2[0], rel=1e-3)


def test_equal_block_parameters_join_two_steps_into_one():
    """m_1 = m_2: two Gaussians in a row under the same power are one."""
    two, one = on(Tree((0.3, 0.5, 0.7), (0.4, 0.4))), on(Tree((0.3, 0.7), (0.4,)))
    assert two.value == pytest.approx(one.value, rel=1e-12)


def test_one_step_with_m_one_is_replica_symmetric_with_the_outer_overlap():
    """m = 1: states are counted as often as they have solutions, and q_1 drops out."""
    symmetric = on(Tree((0.3,)))
    for inner in (0.5, 0.8):
        assert on(Tree((0.3, inner), (1.0,))).value == pytest.approx(symmetric.value, rel=1e-11)


def test_one_step_with_m_zero_is_replica_symmetric_with_the_inner_overlap():
    """m -> 0: every state counts once, and q_0 drops out."""
    symmetric, m = on(Tree((0.7,))), 1e-6
    assert on(Tree((0.3, 0.7), (m,))).value == pytest.approx(symmetric.value, abs=10 * m)


def test_the_sphere_does_the_same():
    """Its log-determinant with q_0 = q_1, with m = 1 and with m -> 0."""
    q, q0, q1, m = sp.symbols("q q_0 q_1 m", positive=True)
    outer = 1 - q1 + m * (q1 - q0)
    one_step = sp.log(1 - q1) + sp.log(outer / (1 - q1)) / m + q0 / outer
    symmetric = sp.log(1 - q) + q / (1 - q)
    assert sp.simplify(one_step.subs({q0: q, q1: q}) - symmetric) == 0
    assert sp.simplify(sp.expand_log(one_step.subs({m: 1, q0: q}) - symmetric, force=True)) == 0
    limit = (
        sp.limit(sp.log(1 + m * (q1 - q0) / (1 - q1)) / m, m, 0) + sp.log(1 - q1) + (q0 / outer).subs(m, 0)
    )
    assert sp.simplify(limit - symmetric.subs(q, q1)) == 0


def test_the_functional_at_capacity_reduces_to_gardners_formula():
    """As y -> 0, S/C of `rsb` tends to 1/int Dz (kappa - z)_+^2 whatever q is."""
    from learnscape.replica import rs, rsb

    q, y = np.array([0.4]), np.array([1e-6])
    ratio = rsb._sphere(q, y).value / -rsb._cost(CONSTRAINT, q, y).value
    assert ratio == pytest.approx(rs.capacity_and_replicon(rsb.SPHERE, CONSTRAINT)[0], rel=1e-5)
