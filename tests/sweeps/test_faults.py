"""Faults, with real processes: killed workers and drivers, Ctrl-C, a full disk, damaged files, endless points, two drivers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from drivers import SLOW, Script, alive

from learnscape.sweeps import DiskFullError, SweepError, failures, load, sweep
from sampled import sampled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.mark.weekly
def test_a_worker_killed_in_mid_point(tmp_path, undisturbed):
    script = Script(tmp_path, SLOW)
    process = script.start()
    script.wait_for_lines(6, process)
    os.kill(int(script.lines()[-1].split()[1]), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out == undisturbed, "no point lost, none doubled, the same numbers"
    runs = [line.split()[0] for line in script.lines()]
    assert len(runs) > len(set(runs)) == 40, "the lost points ran again"


@pytest.mark.weekly
def test_the_driver_killed_and_started_again(tmp_path, undisturbed):
    script = Script(tmp_path, SLOW)
    process = script.start()
    script.wait_for_lines(36, process)
    process.kill()
    process.wait()
    workers = {int(line.split()[1]) for line in script.lines()}
    limit = time.monotonic() + 10
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < limit, "a worker outlived its driver"
        time.sleep(0.05)
    stored = len(load(script.out))
    assert stored > 0
    before = len(script.lines())
    code, out, err = script.run()
    assert code == 0, err
    assert out == undisturbed
    assert len(script.lines()) - before == 40 - stored, "finished points are not computed again"


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM], every=2))
def test_ctrl_c_and_the_polite_end_of_a_batch_system(tmp_path, undisturbed, number):
    script = Script(tmp_path, SLOW)
    process = script.start()
    script.wait_for_lines(8, process)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    start = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - start < 5
    assert process.returncode != 0
    said = re.search(
        r"interrupted: (\d+) of 40 tasks are done and stored; the same call goes on from there", err
    )
    assert said, err
    assert len(load(script.out)) == int(said[1]) > 0, "what was finished is stored, though no part was due"
    before = len(script.lines())
    assert script.run()[1] == undisturbed
    assert len(script.lines()) - before == 40 - int(said[1])


def test_two_drivers_on_one_output(tmp_path, undisturbed):
    script = Script(tmp_path, SLOW)
    first = script.start()
    script.wait_for_lines(1, first)
    os.killpg(first.pid, signal.SIGSTOP)  # on a busy machine it would end before the second has started
    code, _, err = script.run()
    os.killpg(first.pid, signal.SIGCONT)
    assert code != 0
    assert f"another driver (process {first.pid}, since" in err
    assert "wait for it, stop it, or choose another out=" in err
    assert first.communicate(timeout=60)[0] == undisturbed


def test_a_point_beyond_its_time_limit(tmp_path):
    script = Script(
        tmp_path,
        """
        def point(x, rng):
            note(x, os.getpid())
            while x == 1:      # a compiled loop could not be interrupted either
                pass
            return {"y": x}

        if __name__ == "__main__":
            print(sweep(point, {"x": range(4)}, out=OUT, executor=2, time_limit=1.0, progress=False)["y"].tolist())
        """,
    )
    code, out, err = script.run()
    assert code == 0, err
    assert out == "[0, 2, 3]\n"
    failed = failures(script.out)
    assert failed["x"].tolist() == [1]
    assert failed["error"].tolist() == ["stopped at the time limit of 1 s"]
    assert not any(alive(int(line.split()[1])) for line in script.lines()), "no child is left behind"


@pytest.mark.parametrize("limit", ["", "time_limit=60, "])
@pytest.mark.weekly
def test_a_point_that_always_kills_its_worker(tmp_path, limit):
    script = Script(
        tmp_path,
        f"""
        def point(x, rng):
            note(x)
            if x == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            return {{"y": x}}

        if __name__ == "__main__":
            print(sweep(point, {{"x": range(20)}}, out=OUT, executor=2, {limit}progress=False)["y"].tolist())
        """,
    )
    code, out, err = script.run()
    assert code == 0, err
    assert out == f"{[x for x in range(20) if x != 7]}\n"
    assert failures(script.out)["x"].tolist() == [7]
    assert "process died" in failures(script.out)["error"][0]


def square(x, rng):
    return {"y": x * x}


def _sleepy(x, rng):
    time.sleep(0.1)
    return {"y": x}


@pytest.mark.parametrize("damage", ["truncate", "flip a bit", "empty"])
def test_a_damaged_part_is_noticed_and_computed_again(tmp_path, damage):
    sweep(square, {"x": range(10)}, out=tmp_path, executor="serial", progress=False)
    sweep(square, {"x": range(20)}, out=tmp_path, executor="serial", progress=False)
    part = sorted((tmp_path / "parts").iterdir())[1]
    data = bytearray(part.read_bytes())
    if damage == "flip a bit":
        data[len(data) // 2] ^= 1
    part.write_bytes({"truncate": data[: len(data) // 2], "empty": b""}.get(damage, data))
    with pytest.warns(UserWarning, match="1 damaged parts"):
        assert len(load(tmp_path)) == 10
    with pytest.warns(UserWarning, match="does not match its checksum"):
        table = sweep(square, {"x": range(20)}, out=tmp_path, executor="serial", progress=False)
    assert table["y"].tolist() == [x * x for x in range(20)]
    assert len(list((tmp_path / "damaged").iterdir())) == 1, "kept for a look"
    assert load(tmp_path)["y"].tolist() == table["y"].tolist()


def test_half_a_file_of_a_killed_driver_is_no_part(tmp_path):
    sweep(square, {"x": range(10)}, out=tmp_path, executor="serial", progress=False)
    part = next((tmp_path / "parts").iterdir())
    half = part.with_name(f".000002-{'0' * 64}.parquet.123")
    half.write_bytes(part.read_bytes()[:100])
    assert len(load(tmp_path)) == 10
    sweep(square, {"x": range(11)}, out=tmp_path, executor="serial", progress=False)
    assert not half.exists()


def test_a_damaged_manifest_is_said(tmp_path):
    sweep(square, {"x": [1]}, out=tmp_path, executor="serial", progress=False)
    (tmp_path / "sweep.json").write_text(json.dumps({"format": 1})[:-3])
    with pytest.raises(RuntimeError, match="cannot be read"):
        sweep(square, {"x": [1]}, out=tmp_path, executor="serial")


def large(x, rng):
    return {"y": rng.random(40_000)}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB; needs the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here; the next test covers the same path")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_the_disk_is_full(small_disk):
    out = small_disk / "out"
    (small_disk / "ballast").write_bytes(b"0" * 2_000_000)
    sweep(large, {"x": [0, 1]}, out=out, executor=2, progress=False)
    with pytest.raises(DiskFullError, match=r"no space left .* [1-6] could not be .* make the same call"):
        sweep(large, {"x": range(8)}, out=out, executor=2, progress=False)
    assert set(load(out)["x"]) >= {0, 1}, "what was stored is intact"
    (small_disk / "rest").write_bytes(b"0" * (shutil.disk_usage(small_disk).free // 4096 * 4096))
    with pytest.raises(SweepError, match=r"cannot be written to \(No space left|no space left to write"):
        sweep(large, {"x": [9]}, out=small_disk / "new", executor=2, progress=False)
    (small_disk / "rest").unlink()
    (small_disk / "ballast").unlink()
    table = sweep(large, {"x": range(8)}, out=out, executor=2, progress=False)
    assert table["x"].tolist() == list(range(8))


def test_a_file_size_limit_is_told_like_a_full_disk(tmp_path):
    script = Script(
        tmp_path,
        """
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        def point(x, rng):
            return {"y": rng.random(30_000)}

        if __name__ == "__main__":
            if len(sys.argv) < 2:
                resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            print(len(sweep(point, {"x": range(2)}, out=OUT, executor="serial", progress=False)))
        """,
    )
    code, _, err = script.run()
    assert code != 0
    assert "DiskFullError: no space left to write" in err
    assert "2 could not be and will be computed again" in err
    done = subprocess.run(
        [sys.executable, str(script.file), "unlimited"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"


def test_a_script_without_the_guard_is_told_so(tmp_path):
    file = tmp_path / "unguarded.py"
    file.write_text(
        "from learnscape.sweeps import sweep\ndef f(x, rng): return {'y': x}\nprint(sweep(f, {'x': [1]}, executor=2))\n"
    )
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert 'call sweep() below `if __name__ == "__main__":`' in done.stderr


@pytest.mark.timing
def test_ten_thousand_tiny_points_cost_little():
    start = time.perf_counter()
    assert len(sweep(square, {"x": range(10_000)}, executor=2, progress=False)) == 10_000
    assert time.perf_counter() - start < 10.0, "1 ms a task, start of the workers included"


@pytest.mark.weekly
def test_results_wait_in_memory_no_longer_than_a_few_seconds(tmp_path):
    sweep(_sleepy, {"x": range(60)}, out=tmp_path, executor=1, progress=False)
    assert len(list((tmp_path / "parts").iterdir())) >= 2


@pytest.mark.weekly
def test_the_bar_shows_rate_and_time_left_in_a_terminal_and_nothing_in_a_log(tmp_path):
    fcntl, pty, struct, termios = (
        pytest.importorskip(name) for name in ("fcntl", "pty", "struct", "termios")
    )
    body = """
    def point(x, rng):
        time.sleep(0.05)
        return {"y": x}

    if __name__ == "__main__":
        sweep(point, {"x": range(30)}, out=OUT, executor="serial")
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, str(Script(tmp_path / "a", body).file)], stdout=inside, stderr=inside
    )
    os.close(inside)
    seen = b""
    try:
        while data := os.read(terminal, 4096):
            seen += data
    except OSError:  # the other end is closed
        os.close(terminal)
    assert process.wait() == 0, seen
    assert re.search(rb"\d+/30 \[00:0\d<00:0\d, .*task/s", seen), seen[-500:]
    code, out, err = Script(tmp_path / "b", body).run()
    assert (code, out, err) == (0, "", "")
