"""The exercises on packings: answers found in another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learnscape.classroom import check
from learnscape.jamming import packings


def status(name: str, answer: object) -> str:
    return check(f"packings/{name}", answer).status


def test_count_agrees_with_a_packing_of_spheres() -> None:
    packing = packings.jam(64, 3, rng=1, pressure=1e-8)
    assert len(packing.contacts) == 3 * (packing.n_stable - 1) + 1
    assert status("count", 3 * 972 + 1) == "correct"
    assert "rattlers" in check("packings/count", 2998).text
    assert "self-stress" in check("packings/count", 2916).text


def test_buckler_in_balance() -> None:
    a = math.radians(6)
    directions = np.array([[math.cos(a), math.sin(a)], [-math.cos(a), math.sin(a)], [0.0, -1.0]])
    null = np.abs(np.linalg.svd(directions.T)[2][-1])
    assert null[0] == pytest.approx(null[1])
    assert status("buckler", round(null[2] / null[0], 3)) == "correct"
    assert status("buckler", math.sin(a)) == "wrong"


def test_powers() -> None:
    overlap = np.array([1e-6, 1e-4])  # stability: stiffness * excess^2 = prestress
    excess = np.sqrt(overlap**1.5 / overlap**0.5)
    power = np.diff(np.log(excess)) / np.diff(np.log(overlap**1.5))
    assert status("hertz", float(power[0])) == "correct"
    assert status("hertz", 0.5) == "wrong"
    gamma = next(g for g in np.arange(0, 1, 1e-4) if 1 / (1 - g) >= 1 + 1 / 1.8)
    assert status("stable-gaps", float(gamma)) == "correct"
    assert status("stable-gaps", round(float(gamma), 2)) == "correct"  # as many digits as are asked for
    assert status("stable-gaps", 0.35) == "wrong"
    assert "bucklers" in check("packings/stable-gaps", 0.1).text


def test_smallest_force_is_also_that_of_the_overlaps_near_jamming() -> None:
    packing = packings.jam(64, rng=12, pressure=1e-7)
    assert status("smallest-force", packing.forces.min() / packing.forces.mean()) == "correct"
    far = packings.jam(64, rng=12, pressure=1e-2)
    assert "only just closed" in check("packings/smallest-force", far.forces.min() / far.forces.mean()).text
