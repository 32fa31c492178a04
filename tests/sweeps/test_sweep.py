"""``sweep`` and ``load`` in one process and in several: results, growth, failures, refusals. Violent faults: test_faults.py."""

import functools
import json
import threading

import numpy as np
import pandas as pd
import pytest

from learnscape import sweeps
from learnscape.sweeps import SweepError, failures, load, sweep
from learnscape.sweeps.__main__ import main


def noisy(x, n, rng):
    """Sum of normals and the first of them."""
    sample = rng.standard_normal(n)
    return {"total": x + sample.sum(), "first": sample[:3], "n2": n * n, "label": f"{n}", "even": n % 2 == 0}


def fragile(x, rng):
    """Fails at 2."""
    if x == 2:
        raise ZeroDivisionError("x is two")
    return {"y": x}


GRID = {"x": [0.5, 1.5], "n": [3, 4, 50]}


def test_results_do_not_depend_on_the_executor_or_the_order():
    serial = sweep(noisy, GRID, seeds=3, executor="serial", progress=False)
    processes = sweep(noisy, {"n": [50, 4, 3], "x": [1.5, 0.5]}, seeds=3, executor=2, progress=False)
    columns = ["x", "n", "seed", "total", "n2", "label", "even"]
    one, two = serial[columns], processes.sort_values(["x", "n", "seed"], ignore_index=True)[columns]
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    other = sweep(noisy, GRID, seeds=3, executor="serial", progress=False, root_seed=1)
    assert not set(other["total"]) & set(serial["total"])


def test_the_table_is_tidy_and_keeps_types_and_arrays(tmp_path):
    table = sweep(noisy, GRID, seeds=2, out=tmp_path, executor="serial", progress=False)
    assert list(table.columns) == ["x", "n", "seed", "total", "first", "n2", "label", "even", "seconds"]
    assert len(table) == 12
    assert table["n2"].dtype == np.int64
    assert table["even"].dtype == bool
    assert all(isinstance(row, np.ndarray) and row.shape == (3,) for row in table["first"])
    pd.testing.assert_frame_equal(table, load(tmp_path))
    assert table.query("x == 0.5 and n == 4").drop_duplicates("total").shape[0] == 2, "seeds differ"


def test_matrices_come_back_as_matrices(tmp_path):
    def matrix(k, rng):
        return {"m": np.arange(6.0).reshape(2, 3) * k, "ragged": np.arange(k)}

    table = sweep(matrix, {"k": [1, 4]}, out=tmp_path, executor="serial", progress=False)
    np.testing.assert_array_equal(table["m"][1], 4 * np.arange(6.0).reshape(2, 3))
    assert [len(row) for row in table["ragged"]] == [1, 4]


def test_the_first_failure_is_said_at_once():
    def wrong(x, rng):
        return {"seconds": x}

    with pytest.warns(UserWarning, match="failed") as said:
        sweep(wrong, {"x": [1, 2, 3]}, executor="serial", progress=False)
    messages = [str(one.message) for one in said]
    assert messages[0].startswith("the point x=1 failed: TypeError: the result's name 'seconds' is taken")
    assert messages[1].startswith("3 tasks failed")
    assert len(messages) == 2, "one line, not one a point"


def test_a_second_call_adds_only_what_is_missing(tmp_path):
    calls = []

    def counted(x, rng, _calls=calls):
        return {"y": x + rng.random()}

    first = sweep(counted, {"x": [1, 2]}, seeds=2, out=tmp_path, executor="serial", progress=False)
    again = sweep(counted, {"x": [1, 2]}, seeds=2, out=tmp_path, executor="serial", progress=False)
    pd.testing.assert_frame_equal(first, again)
    more = sweep(counted, {"x": [1, 2, 3]}, seeds=3, out=tmp_path, executor="serial", progress=False)
    assert len(more) == 9
    merged = more.merge(first, on=["x", "seed"], suffixes=("", "_before"))
    assert len(merged) == 4
    assert (merged["y"] == merged["y_before"]).all()
    assert (merged["seconds"] == merged["seconds_before"]).all(), "they were not computed again"
    sessions = json.loads((tmp_path / "sweep.json").read_text())["sessions"]
    assert [s["tasks"] for s in sessions] == [4, 5], "the call with nothing to do is no session"


def test_a_point_that_raises_is_recorded_and_retry_runs_only_those(tmp_path, monkeypatch):
    with pytest.warns(UserWarning, match="2 tasks failed, the last with: ZeroDivisionError: x is two"):
        table = sweep(fragile, {"x": [1, 2, 3]}, seeds=2, out=tmp_path, executor=2, progress=False)
    assert table["x"].tolist() == [1, 1, 3, 3]
    failed = failures(tmp_path)
    assert failed[["x", "seed"]].values.tolist() == [[2, 0], [2, 1]]
    assert 'raise ZeroDivisionError("x is two")' in failed["error"][0]
    with pytest.warns(UserWarning, match="left alone; retry=True"):
        sweep(fragile, {"x": [1, 2, 3]}, seeds=2, out=tmp_path, executor="serial", progress=False)

    def mended(x, rng):
        return {"y": 10 * x}

    mended.__qualname__ = fragile.__qualname__
    with pytest.warns(UserWarning, match="function fragile has changed"):
        table = sweep(
            mended,
            {"x": [1, 2, 3, 4]},
            seeds=2,
            out=tmp_path,
            executor="serial",
            retry=True,
            on_change="keep",
            progress=False,
        )
    assert table[["x", "y"]].drop_duplicates().values.tolist() == [[1, 1], [2, 20], [3, 3]], (
        "only the failed ones ran"
    )
    assert failures(tmp_path).empty
    with pytest.warns(UserWarning, match="2 versions"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3, "must return a dict"),
        ({"x": 1}, "taken by a parameter"),
        ({"seed": 1}, "taken by a parameter"),
        ({"bad name": 1}, "must be an identifier"),
        ({"y": 1j}, "is a complex"),
        ({"y": np.array([1j])}, "array of complex128"),
        ({"y": object()}, "is a object"),
        ({"y": 2**70}, "does not fit in 64 bits"),
    ],
)
def test_a_result_that_no_column_can_hold_is_a_failure_that_says_why(answer, message, tmp_path):
    with pytest.warns(UserWarning, match="1 tasks failed"):
        sweep(
            functools.partial(_returns, answer=answer),
            {"x": [1]},
            out=tmp_path,
            executor="serial",
            progress=False,
        )
    assert message in failures(tmp_path)["error"][0]


def _returns(x, rng, answer):
    return answer


def test_a_column_holds_one_kind(tmp_path):
    def fickle(x, rng):
        return {"y": "text" if x else 1.0}

    with pytest.warns(UserWarning, match="one column holds one kind"):
        table = sweep(fickle, {"x": [0, 1]}, out=tmp_path, executor="serial", progress=False)
    assert table["y"].tolist() == [1.0]


def test_results_may_be_missing_and_change_from_int_to_float(tmp_path):
    def sometimes(x, rng):
        return {"y": x} if x < 2 else {"y": x + 0.5, "z": 1}

    table = sweep(sometimes, {"x": [1, 2]}, out=tmp_path, executor="serial", progress=False)
    sweep(sometimes, {"x": [0]}, out=tmp_path, executor="serial", progress=False)
    assert load(tmp_path)["y"].tolist() == [0.0, 1.0, 2.5]
    assert np.isnan(table["z"][0])


def test_bad_calls_are_refused_before_anything_runs(tmp_path):
    def needs_rng(x):
        return {}

    lock = threading.Lock()

    def holds_a_lock(x, rng):
        with lock:
            return {}

    for function, message in (
        (needs_rng, "cannot be called with"),
        (holds_a_lock, "cannot be sent to a worker"),
        (3, "callable"),
    ):
        with pytest.raises(ValueError, match=message):
            sweep(function, {"x": [1]}, out=tmp_path / "new")
    with pytest.raises(ValueError, match="cannot be called with"):
        sweep(fragile, {"y": [1]}, out=tmp_path / "new")
    with pytest.raises(ValueError, match="root_seed = -1"):
        sweep(fragile, {"x": [1]}, out=tmp_path / "new", root_seed=-1)
    with pytest.raises(ValueError, match="time_limit = 0"):
        sweep(fragile, {"x": [1]}, out=tmp_path / "new", time_limit=0)
    with pytest.raises(ValueError, match="on_change"):
        sweep(fragile, {"x": [1]}, out=tmp_path / "new", on_change="maybe")
    for executor in (0, True, "fast", 2.5):
        with pytest.raises(ValueError, match="executor"):
            sweep(fragile, {"x": [1]}, executor=executor)
    assert not (tmp_path / "new").exists()


def test_an_output_of_something_else_is_refused(tmp_path):
    sweep(noisy, GRID, out=tmp_path / "a", executor="serial", progress=False)
    before = sorted(f.name for f in (tmp_path / "a" / "parts").iterdir())
    with pytest.raises(SweepError, match="of the function noisy, not fragile: choose another out="):
        sweep(fragile, {"x": [1]}, out=tmp_path / "a")
    with pytest.raises(SweepError, match="with root_seed = 0, not 5"):
        sweep(noisy, GRID, out=tmp_path / "a", root_seed=5)
    with pytest.raises(SweepError, match="with the parameters"):
        sweep(noisy_with_more, {**GRID, "z": [1]}, out=tmp_path / "a")
    assert sorted(f.name for f in (tmp_path / "a" / "parts").iterdir()) == before
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("precious")
    with pytest.raises(SweepError, match="holds other files"):
        sweep(fragile, {"x": [1]}, out=tmp_path / "b")
    assert [f.name for f in (tmp_path / "b").iterdir()] == ["thesis.txt"]
    with pytest.raises(FileNotFoundError, match="holds no sweep"):
        load(tmp_path / "b")


def noisy_with_more(x, n, z, rng):
    return {}


noisy_with_more.__qualname__ = "noisy"


def test_a_changed_function_or_library_is_noticed(tmp_path, monkeypatch):
    def f(x, rng):
        return {"y": 1}

    old = f
    sweep(f, {"x": [1]}, out=tmp_path, executor="serial", progress=False)

    def f(x, rng):
        return {"y": 2}

    with pytest.raises(SweepError, match="has changed since"):
        sweep(f, {"x": [1, 2]}, out=tmp_path, executor="serial")
    manifest = json.loads((tmp_path / "sweep.json").read_text())
    manifest["environment"]["library_hash"] = "0" * 16
    (tmp_path / "sweep.json").write_text(json.dumps(manifest))
    with pytest.warns(UserWarning, match="the library has changed"):
        sweep(old, {"x": [1]}, out=tmp_path, executor="serial")


def test_a_dry_run_estimates_and_stores_nothing(tmp_path, capsys):
    sweep(noisy, GRID, seeds=5, out=tmp_path, dry_run=True)
    said = capsys.readouterr().out
    assert "6 points x 5 seeds = 30 tasks; 30 to do" in said
    assert "points of the grid, just tried" in said
    assert not (tmp_path / "parts").exists()
    sweep(noisy, GRID, seeds=2, out=tmp_path, executor="serial", progress=False)
    sweep(noisy, GRID, seeds=5, out=tmp_path, dry_run=True)
    assert "30 tasks; 18 to do" in capsys.readouterr().out


def test_provenance_names_no_machine(tmp_path):
    import getpass
    import socket

    sweep(noisy, GRID, out=tmp_path, executor="serial", progress=False)
    found = sweeps.provenance(tmp_path)
    assert found["function"] == "noisy"
    assert found["about"] == "Sum of normals and the first of them."
    assert found["tasks"] == 6
    assert len(found["library_hash"]) == len(found["function_hash"]) == 16
    text = (tmp_path / "sweep.json").read_text() + json.dumps(found)
    assert str(tmp_path) not in text
    assert socket.gethostname() not in text.replace(found["processor"], "")
    assert len(getpass.getuser()) < 3 or f'"{getpass.getuser()}"' not in text


SCRIPT = """
import sys
from learnscape.sweeps import sweep

def cube(x, rng):
    if x == 3 and "--break" in sys.argv:
        raise RuntimeError("broken on purpose")
    return {"y": x ** 3}

if __name__ == "__main__":
    print(sweep(cube, {"x": [1, 2, 3]}, out=OUT, executor="serial", progress=False)["y"].tolist())
"""


def test_the_command_line_steers_a_script(tmp_path, capsys):
    script = tmp_path / "cubes.py"
    script.write_text(SCRIPT.replace("OUT", repr(str(tmp_path / "out"))))
    assert main(["run", str(script), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "3 tasks; 3 to do" in said
    assert "[" not in said, "the script does not go on without results"
    assert main(["run", str(script), "--workers", "1"]) == 0
    assert capsys.readouterr().out == "[1, 8, 27]\n"
    assert main(["status", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "3 tasks finished, 0 failed, 0 damaged parts" in said
    assert "1 local process" in said
    for name in ("all.csv", "all.json", "all.parquet"):
        assert main(["export", str(tmp_path / "out"), str(tmp_path / name)]) == 0
    assert pd.read_csv(tmp_path / "all.csv")["y"].tolist() == [1, 8, 27]
    assert pd.read_json(tmp_path / "all.json")["y"].tolist() == [1, 8, 27]
    assert pd.read_parquet(tmp_path / "all.parquet")["y"].tolist() == [1, 8, 27]
    capsys.readouterr()
    assert main(["export", str(tmp_path / "out"), str(tmp_path / "all.xls")]) == 2
    assert "must end in one of" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "none.py")]) == 2
    assert main(["status", str(tmp_path)]) == 2


def test_an_error_of_the_script_keeps_its_traceback_and_zero_workers_are_refused(tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text("def wrong():\n    raise ValueError('mine')\nwrong()\n")
    with pytest.raises(ValueError, match="mine"):
        main(["run", str(script)])
    script.write_text(SCRIPT.replace("OUT", repr(str(tmp_path / "out"))))
    with pytest.raises(ValueError, match="executor = 0"):
        main(["run", str(script), "--workers", "0"])


def test_failures_on_the_command_line(tmp_path, capsys):
    script = tmp_path / "cubes.py"
    script.write_text(SCRIPT.replace("OUT", repr(str(tmp_path / "out"))))
    with pytest.warns(UserWarning, match="broken on purpose"):
        main(["run", str(script), "--", "--break"])
    main(["status", str(tmp_path / "out"), "--failures"])
    assert "RuntimeError: broken on purpose" in capsys.readouterr().out
    assert main(["run", str(script), "--retry"]) == 0
    assert "[1, 8, 27]" in capsys.readouterr().out
