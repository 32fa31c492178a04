"""The cusp of the test error at reduced size, by the script of the stored run, and the stored run itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import learnscape

pytest.importorskip("sklearn")

FOLDER = Path(__file__).parents[2] / "chapters" / "data"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generalization_data", FOLDER / "generalization.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.STEPS = 8_000  # type: ignore[attr-defined]
    return module


@pytest.fixture(scope="module")
def measured(script: ModuleType) -> dict[int, dict[str, np.ndarray]]:
    """300 patterns, a tenth of the labels turned: below, near and far above the transition."""
    found = {}
    for width in (3, 7, 48):
        rows = [
            script.point(0.1, 300, width, 2, 4, split, np.random.default_rng(split)) for split in range(3)
        ]
        found[width] = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    return found


def test_one_network_errs_most_near_the_transition(measured: dict[int, dict[str, np.ndarray]]) -> None:
    below, near, above = (measured[width]["single"] for width in (3, 7, 48))
    for other in (below, above):
        difference = near - other  # on the same splits
        assert difference.mean() > 0.02
        assert difference.mean() > 2 * difference.std(ddof=1) / np.sqrt(3)
    assert (measured[3]["satisfied"] == 0).all()
    assert (measured[48]["satisfied"] == 1).all()
    assert measured[7]["size"].mean() > 3 * measured[48]["size"].mean()


def test_early_stopping_and_averaging_remove_the_peak(measured: dict[int, dict[str, np.ndarray]]) -> None:
    early = {width: part["early"].mean() for width, part in measured.items()}
    assert early[7] < early[3] + 0.01
    assert early[7] < measured[7]["single"].mean() - 0.03
    gain = {width: (part["single"] - part["ensemble"]).mean() for width, part in measured.items()}
    assert gain[7] > 2 * gain[48] > 0


def test_the_beginning_of_a_run_is_the_shorter_run(script: ModuleType) -> None:
    row = script.point(0.0, 100, 6, 2, 2, 0, np.random.default_rng(1))
    again = script.point(0.0, 100, 6, 2, 2, 0, np.random.default_rng(1))
    assert len(row["after"]) == len(script.EARLY) + 1
    assert row["after"][-1] == pytest.approx(row["single"])
    for key, value in row.items():
        assert np.array_equal(value, again[key]), key


def test_the_stored_run_is_complete_and_says_where_it_comes_from(script: ModuleType) -> None:
    stored = learnscape.stored("generalization")
    provenance = stored["provenance"]
    for key in ("what", "command", "root_seed", "learnscape", "numpy", "numba", "python", "date", "seconds"):
        assert provenance[key], key
    for name, (flip, p, widths, splits, members) in script.RUNS.items():
        run = stored[name]
        assert (run["flip"], run["p"], run["splits"], run["members"]) == (flip, p, splits, members)
        assert [row["width"] for row in run["rows"]] == list(widths)
        for row in run["rows"]:
            assert row["weights"] == 11 * row["width"] + row["width"] ** 2
            values = np.array([row[key] for key in ("single", "ensemble", "early", "satisfied")])
            assert values.shape == (4, splits)
            assert np.all((values >= 0) & (values <= 1))
            assert np.all(np.array(row["size"]) > 0)


def test_verdicts_know_who_is_stuck_and_random_labels_need_more_weights(script: ModuleType) -> None:
    stored = learnscape.stored("generalization")
    half: dict[tuple[float, int], float] = {}
    for row in stored["verdicts"]:
        assert row["width"] in script.VERDICTS[row["flip"], row["p"]]
        assert row["weights"] == 11 * row["width"] + row["width"] ** 2
        for outcome, v, unsatisfied in zip(row["outcome"], row["virial"], row["unsatisfied"], strict=True):
            assert (outcome == "satisfied") == (v is None) == (unsatisfied == 0)
            assert outcome != "stuck" or abs(v - 1) <= 0.0101
        if row["outcome"].count("satisfied") >= script.VERDICT_SPLITS / 2:
            half.setdefault((row["flip"], row["p"]), row["weights"])
    assert 1.3 < half[0.5, 500] / half[0.1, 500] < 1.8
    assert half[0.5, 500] > 1.5 * half[0.5, 250]


def test_a_verdict_at_reduced_size(script: ModuleType) -> None:
    few, many = (script.verdict(0.5, p, 6, 2, 0, np.random.default_rng(1)) for p in (60, 600))
    assert few["outcome"] == "satisfied"
    assert np.isnan(few["virial"])
    assert many["unsatisfied"] > 100
    assert abs(many["virial"] - 1) < 0.05
