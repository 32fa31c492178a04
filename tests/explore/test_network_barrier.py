"""The two small networks of the page: solutions, matched as the library matches them, with the errors that the library counts on both paths."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from learnscape.explore import network_barrier
from learnscape.learn import continuous

SIZES = (2, 6, 1)


@pytest.fixture(scope="module")
def module():
    return importlib.import_module("learnscape.explore.dense.network_barrier")


def test_the_stored_order_is_that_of_the_library(module):
    assert continuous.unit_matching(module.FIRST, module.SECOND, SIZES)[0].tolist() == module.ORDER.tolist()


@pytest.mark.parametrize("matched", [0, 1])
@pytest.mark.parametrize("kind", ["linear", "geodesic"])
def test_errors_on_the_path_are_those_of_the_library(module, matched, kind):
    k = np.arange(module.POINTS)
    half = module.POINTS // 2
    radius = np.where(k < half, 0.75 * np.sqrt((k + 0.5) / half), 1.15 + 0.35 * ((0.6180339887 * k) % 1.0))
    x = radius[:, None] * np.column_stack([np.cos(2.399963 * k), np.sin(2.399963 * k)])
    y = np.where(k < half, 1.0, -1.0)
    other = continuous.permuted(module.SECOND, SIZES, [module.ORDER]) if matched else module.SECOND
    path = continuous.path_error(module.FIRST, other, SIZES, x, y, kind=kind, points=module.PLACES)
    answer = network_barrier().evaluate(t=0.3, matched=matched, path=float(kind == "geodesic"))
    shown = np.array(answer["error"]) / 100
    assert shown[0] == shown[-1] == 0.0
    # rounded parameters are normalised to three digits only: a point on the boundary may differ
    assert np.abs(shown - path.error).max() < 2.5 / module.POINTS
    assert math.isclose(answer["barrier"][0], path.barrier, abs_tol=2.5 / module.POINTS)
