"""The script behind the success rates of the searches, at reduced size: every search runs as it is stored, and a new run replaces what it repeats only."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from learnscape import stored


@pytest.fixture
def script(root, monkeypatch):
    spec = importlib.util.spec_from_file_location("searches_script", root / "chapters/data/searches.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "INSTANCES", 2)
    return module


def budget(options):
    return next(value for name, value in options.items() if name.startswith("max_"))


@pytest.mark.slow
def test_every_search_of_the_script(script):
    for search, (_, options) in script.SEARCHES.items():
        easy, hard = (script.success(search, 101, alpha, np.random.default_rng(1)) for alpha in (0.05, 1.5))
        assert easy["errors"].tolist() == [0, 0], search
        assert np.all(hard["errors"] > 0), search  # far beyond capacity
        assert np.all((easy["sweeps"] >= 1) & (easy["sweeps"] < budget(options))), search
        assert np.all(hard["sweeps"] == budget(options)), search
        again = script.success(search, 101, 0.05, np.random.default_rng(1))
        assert all(np.array_equal(easy[key], again[key]) for key in easy), search


def test_beyond_the_transition_the_teacher_is_found(script):
    found = script.teacher("reinforced", 201, 2.5, np.random.default_rng(1))
    assert found["errors"].tolist() == [0, 0]
    assert found["overlap"].tolist() == [1.0, 1.0]


def test_an_interrupted_search_is_no_result(script, monkeypatch):
    find, options = script.SEARCHES["sbpi"]
    monkeypatch.setitem(
        script.SEARCHES, "sbpi", (lambda *a, **b: replace(find(*a, **b), interrupted=True), options)
    )
    with pytest.raises(KeyboardInterrupt):
        script.success("sbpi", 101, 0.1, np.random.default_rng(1))


def test_a_run_replaces_what_it_repeats_and_nothing_else(script, monkeypatch, tmp_path):
    out, before = tmp_path / "searches.json", stored("searches")
    out.write_text(json.dumps(before))
    for name, value in {
        "OUT": out, "RAW": tmp_path / "raw", "BATCHES": {501: 3}, "LOADS": {"sbpi": (0.1, 0.2)},
        "TEACHER_LOADS": (2.5,), "TEACHER_SIZES": (501,),
    }.items():  # fmt: skip
        monkeypatch.setattr(script, name, value)
    script.main(["sbpi", "teacher"], [501])
    after = json.loads(out.read_text())
    rows = after["success"]["sbpi"]["501"]
    assert [(row["alpha"], row["tried"], row["solved"]) for row in rows] == [(0.1, 6, 6), (0.2, 6, 6)]
    assert all(row["sweeps"] == sorted(row["sweeps"]) for row in rows)
    for schedule in ("reinforced", "reinforced-linear"):
        (row,) = after["teacher"][schedule]["501"]
        assert (row["tried"], row["solved"], row["overlap"]) == (8, 8, 1.0)
    made = [label for run in after["success"]["provenance"] for label in run["made"]]
    assert made.count("sbpi 501") == 1
    assert after["success"]["provenance"][-1]["made"] == ["sbpi 501"]
    for answer in (before, after):
        del answer["options"]
        for part, names in (("success", ["sbpi"]), ("teacher", ["reinforced", "reinforced-linear"])):
            del answer[part]["provenance"]
            for name in names:
                answer[part][name].pop("501", None)
    assert after == before


def test_what_is_stored_is_what_the_script_would_run(script):
    answer = stored("searches")
    for search, sizes in answer["success"].items():
        if search == "provenance":
            continue
        for points in sizes.values():
            assert {point["alpha"] for point in points} <= set(script.LOADS[search]), search
            assert all(0 <= point["solved"] <= point["tried"] for point in points)
        assert answer["options"][search] == json.loads(json.dumps(script.SEARCHES[search][1])), search
