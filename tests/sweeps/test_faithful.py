"""What comes back is what was returned, what changed is noticed, what is broken is named."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

from learnscape.sweeps import SweepError, failures, load, status, sweep

SETTINGS = SimpleNamespace(scale=2.0)


class Constants:
    scale = 2.0


class Slotted:
    __slots__ = ("scale",)

    def __init__(self):
        self.scale = 2.0


SLOTTED = Slotted()


def quiet(function, grid, **options):
    return sweep(function, grid, progress=False, **{"executor": "serial", **options})


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,), (3, 0, 2), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.bool_])
def test_arrays_keep_their_shape(tmp_path, shape, dtype):
    def point(x, rng):
        return {"a": np.zeros(shape, dtype) if x else np.ones((2,) * len(shape), dtype)}

    table = quiet(point, {"x": [0, 1]}, out=tmp_path)
    assert table["a"][1].shape == shape
    assert table["a"][1].dtype == dtype
    assert table["a"][0].tolist() == np.ones((2,) * len(shape), dtype).tolist()
    again = quiet(point, {"x": [0, 1, 2]}, out=tmp_path)  # a second part
    assert [array.shape for array in again["a"]] == [(2,) * len(shape), shape, shape]
    assert list(again.columns) == ["x", "seed", "a", "seconds"]


BIG = 2**53 + 1


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("wide", [BIG, np.array([1, BIG])])
def test_integers_that_floats_cannot_hold_are_not_rounded(tmp_path, wide):
    def point(x, rng):
        small = np.array([0.5, 1.0]) if isinstance(wide, np.ndarray) else 0.5
        return {"y": wide if x == 1 else small}

    quiet(point, {"x": [1]}, out=tmp_path)
    assert np.all(load(tmp_path)["y"][0] == wide)
    quiet(point, {"x": [1, 2]}, out=tmp_path)  # in another session
    assert "integers beyond 2^53" in failures(tmp_path)["error"][0]
    assert np.all(load(tmp_path)["y"][0] == wide)
    together = tmp_path / "together"
    quiet(point, {"x": [2, 1]}, out=together)
    assert failures(together)["x"].tolist() == [1]


def test_integers_beside_floats_that_equal_them_stay(tmp_path):
    table = quiet(lambda x, rng: {"y": 2**60 if x else 0.5}, {"x": [0, 1]}, out=tmp_path)
    assert table["y"].tolist() == [0.5, float(2**60)]


def test_wide_parameters_beside_floats(tmp_path):
    def point(x, rng):
        return {"y": 1}

    with pytest.raises(ValueError, match=rf"grid\['x'\] = \[{BIG}\] .* beside floats"):
        quiet(point, {"x": [0.5, BIG]})
    quiet(point, {"x": [BIG]}, out=tmp_path)
    with pytest.raises(SweepError, match="the parameter 'x': it held integers"):
        quiet(point, {"x": [1, 0.5]}, out=tmp_path)


@pytest.mark.parametrize("grid", [5, None, 2.5, "abc", np.arange(3), lambda: 0])
def test_a_grid_that_is_none(grid):
    with pytest.raises(ValueError, match="grid"):
        quiet(lambda x, rng: {"y": x}, grid)


def uses_settings(x, rng):
    return {"y": SETTINGS.scale * x}


def uses_constants(x, rng):
    return {"y": Constants.scale * x}


def uses_slots(x, rng):
    return {"y": SLOTTED.scale * x}


@pytest.mark.parametrize(
    ("function", "holder"), [(uses_settings, SETTINGS), (uses_constants, Constants), (uses_slots, SLOTTED)]
)
def test_a_changed_attribute_of_a_namespace(tmp_path, monkeypatch, function, holder):
    quiet(function, {"x": [1]}, out=tmp_path)
    quiet(function, {"x": [1]}, out=tmp_path)
    monkeypatch.setattr(holder, "scale", 3.0)
    with pytest.raises(SweepError, match="refers to"):
        quiet(function, {"x": [1, 2]}, out=tmp_path)


def manifest_without(name):
    def broken(text):
        return json.dumps({k: v for k, v in json.loads(text).items() if k != name})

    return broken


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "null",
        *map(manifest_without, ["function", "sessions", "parameters", "environment", "about", "format"]),
        lambda text: text.replace('"sessions": [', '"sessions": 3, "x": ['),
        lambda text: text.replace("library_hash", "other"),
        lambda text: text.replace('"sessions": [', '"sessions": [5, '),
        lambda text: text.replace('"parameters": [', '"parameters": [7, '),
    ],
)
def test_a_broken_manifest_is_named(tmp_path, broken):
    def point(x, rng):
        return {"y": x}

    quiet(point, {"x": [1]}, out=tmp_path)
    file = tmp_path / "sweep.json"
    file.write_text(broken(file.read_text()))
    for call in (
        lambda: quiet(point, {"x": [1]}, out=tmp_path),
        lambda: load(tmp_path),
        lambda: status(tmp_path),
    ):
        with pytest.raises(SweepError, match=r"sweep\.json"):
            call()


def test_a_manifest_that_is_a_folder(tmp_path):
    (tmp_path / "sweep.json").mkdir()
    with pytest.raises(SweepError, match=r"sweep\.json"):
        quiet(lambda x, rng: {"y": x}, {"x": [1]}, out=tmp_path)


@pytest.mark.weekly
def test_the_estimate_sees_the_slow_points(capsys):
    """The first point takes nothing, the last ones most of the time: an estimate by the first would say 0."""

    def grows(x, rng):
        time.sleep(0.05 * x)
        return {"y": x}

    quiet(grows, {"x": range(9)}, seeds=10, dry_run=True)  # 18 s in all
    out = capsys.readouterr().out
    total = float(out.split("about ")[1].split(" seconds")[0])
    assert 16.0 < total < 30.0, out
    assert "5 points of the grid" in out


def test_masked_entries_become_nan_or_are_refused(tmp_path):
    def point(x, rng):
        kind = float if x == 1 else int
        return {"y": np.ma.masked_array(np.arange(2, dtype=kind), [0, 1])}

    assert np.isnan(quiet(point, {"x": [1]}, out=tmp_path / "floats")["y"][0][1])
    with pytest.warns(UserWarning, match="has masked entries, which int64 cannot mark"):
        quiet(point, {"x": [2]}, out=tmp_path / "integers")
