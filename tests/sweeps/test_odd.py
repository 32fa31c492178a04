"""Functions that do or return odd things, and functions that change unnoticed: recorded, refused or stored, never a lost sweep."""

import enum
import os
import signal
import sys
import time

import numpy as np
import pytest

from learnscape.sweeps import SweepError, export, failures, load, sweep
from learnscape.sweeps._store import Store


def quiet(function, grid, **options):
    return sweep(function, grid, progress=False, **{"executor": "serial", **options})


@pytest.mark.parametrize("executor", ["serial", 1])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_point_that_leaves_is_a_failure_not_the_end_of_the_sweep(tmp_path, executor):
    def leaves(x, rng):
        if x == 1:
            sys.exit(0)
        if x == 2:
            raise GeneratorExit("odd")
        return {"y": x}

    table = quiet(leaves, {"x": range(5)}, out=tmp_path, executor=executor)
    assert table["y"].tolist() == [0, 3, 4]
    assert [error.splitlines()[-1] for error in failures(tmp_path)["error"]] == [
        "SystemExit: 0",
        "GeneratorExit: odd",
    ]


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    pass


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_odd_values_are_stored_as_plain_ones_or_recorded(tmp_path):
    answers = {
        "integer subclass": {"i": Level.LOW},
        "string subclass": {"s": Text("a")},
        "numpy scalars": {"i": np.int8(3), "f": np.float32(0.5), "b": np.bool_(True), "s": np.str_("b\0c")},
        "wide float": {"f": np.longdouble(0.25), "v": np.array([1, 2], dtype=np.longdouble)},
        "half": {"v": np.array([0.5], dtype=np.float16)},
        "empty": {"v": np.array([]), "m": np.empty((0, 3))},
        "bools beside floats": {"v": np.array([True]), "m": np.ones((1, 2), dtype=np.uint8)},
        "subclass of array": {"m": np.matrix([[1.0, 2.0]])},
        "big and float": {"f": 2**60 + 1},
        "big": {"i": 2**62 + 1},
        "nothing": {},
        "none": {"i": None},
        "nested": {"i": {"a": 1}},
        "half a character": {"s": "\ud800"},
        "ragged list": {"v": [[1], [1, 2]]},
        "strings in a list": {"v": ["a", "b"]},
        "masked": {"v": np.ma.masked_array([1.0, 2.0], [False, True])},
    }

    def odd(kind, rng):
        if kind == "raises half a character":
            raise ValueError("\ud800")
        return answers[kind]

    kinds = [*answers, "raises half a character"]
    for part in (kinds[::2], kinds[1::2], kinds):  # types change within a part and between parts
        quiet(odd, {"kind": part}, out=tmp_path, executor=1)
    table = load(tmp_path).set_index("kind")
    assert set(failures(tmp_path)["kind"]) == {
        "big and float",  # the column would round it
        "none",
        "nested",
        "half a character",
        "ragged list",
        "strings in a list",
        "raises half a character",
    }
    assert table["i"]["integer subclass"] == 1
    assert table["s"]["numpy scalars"] == "b\0c"
    assert table["f"]["wide float"] == 0.25
    assert table["i"]["big"] == 2**62 + 1
    assert table["v"]["bools beside floats"].tolist() == [1.0]
    assert table["v"]["empty"].shape == (0,)
    assert table["v"]["half"].tolist() == [0.5]
    np.testing.assert_array_equal(table["v"]["masked"], [1.0, np.nan])
    np.testing.assert_array_equal(table["m"]["subclass of array"], [[1.0, 2.0]])
    assert len(quiet(odd, {"kind": kinds}, out=tmp_path)) == len(answers) - 6


def test_a_parameter_keeps_its_kind_between_calls(tmp_path):
    def f(x, rng):
        return {"y": 1}

    quiet(f, {"x": [1, 2]}, out=tmp_path)
    with pytest.raises(SweepError, match="'x' holds numbers, not strings"):
        quiet(f, {"x": ["a"]}, out=tmp_path)
    quiet(f, {"x": [2**60 + 1]}, out=tmp_path)
    with pytest.raises(ValueError, match="beside floats"):
        quiet(f, {"x": [0.5, 2**60 + 1]}, out=tmp_path)
    assert len(quiet(f, {"x": [2**60, 2**60 + 1]}, out=tmp_path)) == 4


def test_exported_arrays_are_whole(tmp_path):
    def f(x, rng):
        return {"y": np.arange(3000.0) + x}

    quiet(f, {"x": [1, 2]}, out=tmp_path / "out")
    text = export(tmp_path / "out", tmp_path / "all.csv").read_text()
    assert "..." not in text
    assert "1500.0, 1501.0" in text


def test_slow_points_after_fast_ones_come_back_one_by_one(tmp_path):
    slow = []

    def uneven(x, rng):
        if x >= 500:
            slow.append(x)
            if len(slow) == 10:
                os.kill(os.getppid(), signal.SIGINT)
            time.sleep(0.2)
        return {"y": x}

    with pytest.raises(KeyboardInterrupt):
        quiet(uneven, {"x": range(1000)}, out=tmp_path, executor=1)
    stored = load(tmp_path)["x"]
    assert (stored >= 500).sum() >= 6, "stored before the end of a batch made for fast ones"
    assert stored.is_unique


@pytest.mark.parametrize("executor", ["serial", 1])
def test_an_array_that_the_function_uses_again_is_copied(executor):
    scratch = np.zeros(3)

    def reuses(x, rng):
        scratch[:] = x
        return {"y": scratch}

    assert [row[0] for row in quiet(reuses, {"x": range(20)}, executor=executor)["y"]] == list(range(20))


@pytest.mark.weekly
def test_large_results_do_not_pile_up(tmp_path):
    def large(x, rng):
        return {"y": np.full(100_000, float(x))}

    quiet(large, {"x": range(300)}, out=tmp_path, executor=1)
    parts = list((tmp_path / "parts").iterdir())
    assert len(parts) >= 3, "a part has 64 MB of results at most, or little more"
    assert [row[0] for row in load(tmp_path)["y"]] == list(range(300))


@pytest.mark.filterwarnings("error")
def test_a_warning_turned_into_an_error_loses_nothing(tmp_path):
    def fails_late(x, rng):
        time.sleep(0.05)
        return {"y": 1 / (x - 10)}

    with pytest.raises(UserWarning, match="x=10 failed"):
        quiet(fails_late, {"x": range(20)}, out=tmp_path)
    assert len(load(tmp_path)) >= 10


def test_a_serial_sweep_stores_each_slow_point(tmp_path):
    def interrupted(x, rng):
        time.sleep(0.6)
        if x == 2:
            raise KeyboardInterrupt
        return {"y": x}

    with pytest.raises(KeyboardInterrupt):
        quiet(interrupted, {"x": range(5)}, out=tmp_path)
    assert load(tmp_path)["x"].tolist() == [0, 1]


def test_a_function_that_survives_an_interruption_gives_no_result(tmp_path):
    """A search hands back its best weights when it is interrupted; the sweep ends all the same, and computes this point again."""

    def survives(x, rng):
        time.sleep(0.6)
        try:
            if x == 2:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5.0)
        except KeyboardInterrupt:
            x = -1
        return {"y": x}

    with pytest.raises(KeyboardInterrupt):
        quiet(survives, {"x": range(5)}, out=tmp_path)
    assert load(tmp_path)["y"].tolist() == [0, 1]


@pytest.mark.parametrize("out", ["a file", "below a file"])
def test_an_output_that_is_no_folder(tmp_path, out):
    (tmp_path / "file").write_text("precious")
    path = tmp_path / "file" if out == "a file" else tmp_path / "file" / "out"
    with pytest.raises(SweepError, match="out= must be a folder"):
        quiet(_constant, {"x": [1]}, out=path)
    assert (tmp_path / "file").read_text() == "precious"


def _constant(x, rng):
    return {"y": 1}


def test_parts_without_their_manifest_are_not_adopted(tmp_path):
    out = tmp_path / "Übung mit Leerzeichen"
    quiet(_constant, {"x": [1]}, out=out)
    (out / "parts" / "notes.txt").write_text("a stray file does no harm")
    assert len(quiet(_constant, {"x": [1, 2]}, out=out)) == 2
    (out / "sweep.json").unlink()
    with pytest.raises(SweepError, match="there is no sweep\\.json"):
        quiet(_constant, {"x": [1]}, out=out)
    (tmp_path / "killed early").mkdir()
    for name in ("lock", "driver", ".sweep.json.77"):
        (tmp_path / "killed early" / name).touch()
    assert len(quiet(_constant, {"x": [1]}, out=tmp_path / "killed early")) == 1
    assert not (tmp_path / "killed early" / ".sweep.json.77").exists()


def test_other_names_of_the_same_folder(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    store = Store(tmp_path / "real")
    store.lock()
    for other in ("../link", ".", "../link/../real"):
        with pytest.raises(SweepError, match="another driver"):
            quiet(_constant, {"x": [1]}, out=other)
    store.unlock()
    assert len(quiet(_constant, {"x": [1]}, out="../link")) == 1


@pytest.mark.parametrize(
    "axis",
    [
        b"ab",
        {"a": 1},
        "\ud800",
        [b"a"],
        [1j],
        [[1]],
        np.ones((2, 2)),
        [np.datetime64("2020")],
        [float("nan")],
        None,
    ],
)
def test_odd_axes_are_refused(axis):
    with pytest.raises(ValueError, match=r"grid\['x'\]"):
        quiet(_constant, {"x": axis})


@pytest.mark.weekly
def test_plain_axes_in_odd_clothes(tmp_path):
    for axis in (
        np.array(3),
        iter([3]),
        {3},
        np.int8(3),
        Level(1),
        np.arange(3, 4),
        [np.float32(3)],
        [Level.LOW],
    ):
        table = quiet(_constant, {"x": axis}, executor=1, out=tmp_path)
    assert table["x"].tolist() == [1.0, 3.0]
