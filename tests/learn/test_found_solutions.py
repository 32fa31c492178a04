"""What surrounds found solutions: the stored computation at reduced size, and what its summary says."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import ModuleType

import numpy as np
import pytest

from learnscape import Binary, Margin, stored
from learnscape.learn import local_entropy
from learnscape.replica import franz_parisi, rs


@pytest.fixture(scope="module")
def script(root) -> ModuleType:
    file = root / "chapters/data/found_solutions.py"
    spec = importlib.util.spec_from_file_location("found_solutions", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["found_solutions"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def groups() -> dict[tuple[str, int, float], dict]:
    return {(g["search"], g["n"], g["load"]): g for g in stored("found_solutions")["profiles"]["groups"]}


def test_pieces_between_fields_against_a_search_for_the_distance(script):
    """Cubic pieces with known slopes agree with bisection in the field to 5e-5, a twentieth of the error bars."""
    xi = script.problem(501, 0.6, 0)
    weights = script.SEARCHES["reinforced"](xi, rng=0).weights
    found = dict(zip(script.DISTANCES, script.entropies(xi, weights), strict=True))
    for d in (0.01, 0.05):
        at = local_entropy(xi, weights, d, tol=1e-5)
        assert found[d] == pytest.approx(at.entropy + 2 * at.coupling * (d - at.distance), abs=5e-5)


def test_a_batch_at_reduced_size(script, monkeypatch):
    monkeypatch.setattr(script, "BATCH", 2)
    rng = np.random.default_rng(0)
    rows = script.profile("sbpi", 201, 0.4, 0, rng)["rows"]
    assert rows.shape == (2, len(script.DISTANCES) + len(script.FLIPPED) + len(script.EDGES) - 1)
    assert np.all(np.diff(rows[:, :6], axis=1) > 0)
    moved = script.resampled("sbpi", 201, 0.3, 0, rng)["rows"]
    assert moved.shape == (2, len(script.REPLACED) + 1)
    assert np.all((moved > 0) & (moved < 0.7))


def test_barycenters_at_reduced_size(script, monkeypatch):
    """Columns against the solutions themselves, by plain NumPy."""
    monkeypatch.setattr(script, "BATCH", 1)
    monkeypatch.setattr(script, "SOLUTIONS", 3)
    row = script.centred("sbpi", 201, 0.4, 1, np.random.default_rng(0))["rows"][0]
    xi = script.problem(201, 0.4, 1)
    found = np.array([script.SEARCHES["sbpi"](xi, rng=10_000 * k + 1).weights for k in range(3)])
    assert np.all(xi @ found.T > 0)
    overlaps = (found @ found.T / 201)[np.triu_indices(3, 1)]
    assert row[0] == pytest.approx(overlaps.mean(), abs=1e-12)
    assert 0.0 < row[0] < 1.0
    total = found.sum(axis=0)
    assert row[1] == np.mean(xi @ total < 0) == 0.0  # a sum of solutions is a solution, of real weights
    assert row[2] == np.mean(xi @ np.sign(total) < 0)
    flips = len(script.FLIPPED)
    energies = [
        script.local_energy(xi, w, script.FLIPPED, draws=50, rng=1).energy for w in (np.sign(total), found[0])
    ]
    np.testing.assert_array_equal(row[3:].reshape(2, flips), energies)


def test_only_the_part_asked_for_is_computed_anew(script, monkeypatch, tmp_path):
    out = tmp_path / "found_solutions.json"
    before = stored("found_solutions")
    out.write_text(json.dumps(before))
    for name, value in {
        "OUT": out, "RAW": tmp_path / "raw", "BATCH": 2, "CENTRED": {101: 2}, "EVERY": ("sbpi", "reinforced"),
    }.items():  # fmt: skip
        monkeypatch.setattr(script, name, value)
    script.main(["centres"])
    after = json.loads(out.read_text())
    groups = after["centres"].pop("groups")
    assert {(g["search"], g["n"], g["tried"], g["of"]) for g in groups} == {
        ("sbpi", 101, 2, 7), ("reinforced", 101, 2, 7),
    }  # fmt: skip
    assert all(0 <= g["solved"] <= 2 for g in groups)
    del before["centres"], after["centres"]
    assert after == before


def test_several_solutions_lie_around_one_region():
    """Closer than typical ones; the signs of their centre err, and bear many flips better. (That the centre itself does not err is convexity.)"""
    typical = rs.solve(Binary(), Margin(0.0), 0.6).q
    for group in stored("found_solutions")["centres"]["groups"]:
        assert group["centre"]["mean"] == [0.0]
        overlap, signs = group["overlap"], group["signs"]
        if group["search"] in ("sbpi", "replicated-sgd"):
            assert typical + 50 * overlap["error"][0] < overlap["mean"][0] < 0.9
            assert signs["mean"][0] > 5 * signs["error"][0] > 0
            one, many = group["solution_energy"]["mean"], group["signs_energy"]["mean"]
            assert many[0] > one[0]
            assert many[-1] < one[-1]
        else:  # message passing finds one solution from all seeds: there is nothing to average
            assert overlap["mean"][0] > 0.999
            assert signs["mean"] == [0.0]


def test_found_solutions_have_more_neighbours_than_typical_ones(groups):
    """At every size and distance stored, five standard errors above the Franz-Parisi entropy; and less than all vectors."""
    far = stored("found_solutions")["distances"]
    near = [i for i, d in enumerate(far) if d <= 0.1]
    for load in sorted({key[2] for key in groups}):
        typical = franz_parisi.curve(Binary(), Margin(0.0), load, sorted(far, reverse=True))[::-1]
        for (search, n, at), group in groups.items():
            if at != load or search == "annealing" or n < 500 or "entropy" not in group:
                continue
            for i in near:
                mean, error = group["entropy"]["mean"][i], group["entropy"]["error"][i]
                if mean is None:  # a field that reaches so near is missing for some problem
                    continue
                assert mean > typical[i].entropy + 5 * error, (search, n, load, far[i])
                assert mean < typical[i].shell_entropy
