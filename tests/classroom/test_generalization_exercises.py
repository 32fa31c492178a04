"""The exercises on generalization: answers found independently, by drawing features or by another formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from learnscape.classroom import check
from learnscape.jamming.double_descent import predict


def status(name: str, answer: object) -> str:
    return check(f"generalization/{name}", answer).status


def test_excess_is_what_drawn_features_show() -> None:
    rng = np.random.default_rng(2)
    y = rng.standard_normal(40)

    def variance(n: int) -> float:  # white kernel: y^T (W W^T)^-1 y over |y|^2
        draws = [y @ np.linalg.solve(w @ w.T, y) for w in rng.standard_normal((1500, 40, n))]
        return float(np.mean(draws))

    ratio = variance(60) / variance(100)
    assert ratio == pytest.approx(59 / 19, rel=0.03)
    assert status("excess", 3.105) == "correct"
    assert "finite size" in check("generalization/excess", 3.0).text


def test_ensemble_counts_whole_networks() -> None:
    large = predict(10.0, ridge=0.01).error
    assert predict(1.0, ridge=0.01, networks=38).error < large < predict(1.0, ridge=0.01, networks=37).error
    assert status("ensemble", 38) == "correct"
    assert "round up" in check("generalization/ensemble", 37).text
    assert status("ensemble", 10) == "wrong"


def test_best_ridge_on_a_grid() -> None:
    best = min(predict(1.0, ridge=x).error for x in np.geomspace(1e-3, 10, 2000))
    assert status("best-ridge", round(best, 3)) == "correct"
    assert "ridge itself" in check("generalization/best-ridge", 0.3453).text
    assert best < min(predict(r).error for r in np.linspace(0.1, 0.99, 500))


def test_effective_ridge_solves_its_equation() -> None:
    def numeric(r: float, ridge: float) -> float:
        if ridge == 0 and r >= 1:
            return 0.0
        return float(brentq(lambda nu: 1 - 1 / (r * (1 + nu)) - ridge / nu, 1e-12, ridge + 1 / r, xtol=1e-15))

    assert status("white-kernel", numeric) == "correct"
    assert status("white-kernel", lambda r, ridge: 1 / r - 1 + ridge) == "wrong"
    assert status("quarter", "b") == "correct"
    assert math.isclose(16**0.25, 2)
