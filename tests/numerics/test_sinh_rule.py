"""The trapezoidal rule of the compiled solvers, against forty-digit integrals and closed forms."""

from __future__ import annotations

import math

import mpmath as mp
import pytest

from learnscape.numerics.sinh_rule import (
    RANGE,
    STEP,
    asinh_kernel,
    even_node,
    even_rule,
    sinh_node,
    sinh_rule,
)

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("x", [0.0, 1e-9, -0.3, 5.0, -1e7])
def test_asinh(x):
    assert asinh_kernel(x) == pytest.approx(math.asinh(x), rel=1e-8, abs=1e-16)


@pytest.mark.parametrize("width", [3.0, 0.1, 1e-4])
@pytest.mark.parametrize("centre", [0.0, -1.2, 4.0])
def test_a_step_of_any_width(width, centre):
    """int Dz tanh((z - c)/(2 width)), whose poles lie at c +- i pi width: it falls from -1 to 1 over the width."""
    rule = sinh_rule(centre, width, -RANGE, RANGE, min(STEP, 0.4 / math.hypot(width, centre)))
    nodes = [sinh_node(rule, i) for i in range(rule.nodes)]
    assert sum(w for _, w in nodes) == pytest.approx(1.0, abs=2e-13)
    found = sum(w * math.tanh((z - centre) / (2 * width)) for z, w in nodes)
    with mp.workdps(30):
        cuts = sorted({-12, 12, *(centre + s * width * 4**k for s in (-1, 1) for k in range(12))} | {centre})
        cuts = [c for c in cuts if abs(c) <= 12]
        exact = mp.quad(lambda z: mp.npdf(z) * mp.tanh((z - centre) / (2 * mp.mpf(width))), cuts)
    assert found == pytest.approx(float(exact), abs=2e-13)


@pytest.mark.parametrize("width", [3.0, 0.02])
def test_the_even_half_stands_for_the_whole(width):
    rule = even_rule(width)
    nodes = [even_node(rule, i) for i in range(rule.nodes)]
    assert nodes[0][0] == 0.0
    assert all(z >= 0.0 for z, _ in nodes)
    for power, moment in ((0, 1.0), (2, 1.0), (4, 3.0), (6, 15.0)):
        assert sum(w * z**power for z, w in nodes) == pytest.approx(moment, rel=1e-13)
