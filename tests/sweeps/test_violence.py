"""More faults with real processes: signals in all phases, points that cannot be stopped politely, processes left behind."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from drivers import SLOW, Script, alive

from learnscape.sweeps import failures, load, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def wait_until(condition, seconds=30):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_a_closed_terminal(tmp_path, undisturbed):
    script = Script(tmp_path, SLOW)
    process = script.start()
    script.wait_for_lines(8, process)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=30)
    said = re.search(r"interrupted: (\d+) of 40 tasks are done and stored", err)
    assert said, err
    assert len(load(script.out)) == int(said[1]) > 0
    assert script.run()[1] == undisturbed


def test_ctrl_c_again_and_again_while_it_ends(tmp_path):
    script = Script(tmp_path, SLOW)
    process = script.start()
    script.wait_for_lines(8, process)
    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.001)
    _, err = process.communicate()
    said = re.search(r"interrupted: (\d+) of 40 tasks are done and stored", err)
    assert said, err
    assert len(load(script.out)) == int(said[1]) > 0
    assert not list(script.out.rglob(".*")), "no half-written file is left"


HOLDS_THE_GIL = """
import numba

@numba.njit
def spin(n):
    total = 0.0
    for i in range(n):
        total += (i % 7) * 0.5 - total * 1e-9
    return total

def point(x, rng):
    spin(1)
    note(x, os.getpid(), os.getppid())
    return {{"y": spin(10**13)}}

if __name__ == "__main__":
    sweep(point, {{"x": range(4)}}, out=OUT, executor=2, {limit}progress=False)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a point ends with its kernel")
@pytest.mark.parametrize("limit", ["", "time_limit=1000, "])
@pytest.mark.weekly
def test_compiled_code_that_holds_the_interpreter_dies_with_the_driver(tmp_path, limit):
    script = Script(tmp_path, HOLDS_THE_GIL.format(limit=limit))
    process = script.start()
    script.wait_for_lines(2, process)
    process.kill()
    process.wait()
    pids = {int(pid) for line in script.lines() for pid in line.split()[1:]} - {process.pid}
    try:
        wait_until(lambda: not any(alive(pid) for pid in pids), 5)
    finally:
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.weekly
def test_a_time_limit_for_a_point_with_processes_of_its_own(tmp_path):
    script = Script(
        tmp_path,
        """
        import multiprocessing

        def point(x, rng):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("noise " * 100_000)
            child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000 * x,))
            child.start()
            note(child.pid, os.getpid())
            child.join()
            return {"y": sys.stdin.read()}

        if __name__ == "__main__":
            start = time.monotonic()
            table = sweep(point, {"x": [0, 1]}, out=OUT, executor=1, time_limit=2, progress=False)
            print(table["x"].tolist(), time.monotonic() - start < 20)
        """,
    )
    code, out, err = script.run()
    assert code == 0, err[-2000:]
    assert out == "[0] True\n"
    assert failures(script.out)["error"].tolist() == ["stopped at the time limit of 2 s"]
    assert not any(alive(int(pid)) for line in script.lines() for pid in line.split())


@pytest.mark.weekly
def test_a_time_limit_costs_no_process_a_point_and_finds_modules_beside_the_script(tmp_path):
    (tmp_path / "helper.py").write_text("import os\ndef point(x, rng):\n    return {'pid': os.getpid()}\n")
    script = Script(
        tmp_path,
        """
        from helper import point

        if __name__ == "__main__":
            print(sweep(point, {"x": range(3000)}, executor=1, time_limit=5, progress=False)["pid"].nunique())
        """,
    )
    done = subprocess.run(
        [sys.executable, str(script.file)], capture_output=True, text=True, cwd="/", timeout=60
    )
    assert done.stdout == "1\n", done.stderr


@pytest.mark.weekly
def test_a_driver_killed_while_it_writes(tmp_path):
    """Killed with SIGKILL at every step of writing a part and the manifest: nothing is lost but what was never under its name."""
    script = Script(
        tmp_path,
        """
        def point(x, rng):
            return {"y": x + rng.random()}

        if __name__ == "__main__":
            steps = int(sys.argv[1])

            def counted(name):
                real = getattr(os, name)
                def call(*arguments):
                    global steps
                    mine = any(str(OUT) in str(a) for a in arguments) or name == "fsync"
                    if mine and (steps := steps - 1) == 0:
                        os.kill(os.getpid(), signal.SIGKILL)
                    return real(*arguments)
                return call

            for name in ("replace", "fsync", "mkdir"):
                setattr(os, name, counted(name))
            for n in (6, 9):
                table = sweep(point, {"x": range(n)}, out=OUT, executor="serial", progress=False)
            print(table["y"].sum().hex())
        """,
    )
    results = []
    for step in (*range(1, 16, 2), 10_000):
        done = subprocess.run(
            [sys.executable, str(script.file), str(step)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        assert "damaged" not in done.stderr
        results += [done.stdout] if done.returncode == 0 else []
    assert len(set(results)) == 1
    table = load(script.out)
    assert table["x"].tolist() == list(range(9)), "none lost, none doubled"
    assert len(results) < 9, "some were killed"


@pytest.mark.weekly
def test_the_interrupt_button_of_a_notebook(tmp_path):
    jupyter_client = pytest.importorskip("jupyter_client")
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        cell = f"""
import time
from learnscape.sweeps import load, sweep
offset = 5
def point(x, rng):
    time.sleep(0.1)
    return {{"y": x + offset}}
def go(n):
    return sweep(point, {{"x": range(n)}}, out={str(tmp_path / "out")!r}, executor=2, progress=False)
"""
        assert client.execute_interactive(cell, timeout=60)["content"]["status"] == "ok"
        request = client.execute("table = go(1000)")
        wait_until(lambda: list(tmp_path.glob("out/parts/*.parquet")), 60)
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=30)
        assert reply["parent_header"]["msg_id"] == request
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        stored = len(load(tmp_path / "out"))
        cell = f"table = go({stored}); assert len(table) >= {stored} and (table['y'] == table['x'] + 5).all()"
        reply = client.execute_interactive(cell, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.weekly
def test_the_same_folder_from_lambdas_partials_and_methods(tmp_path):
    import functools

    class Model:
        def __init__(self, n):
            self.n = n

        def point(self, x, rng):
            return {"y": self.n * x}

    def scaled(x, rng, n):
        return {"y": n * x}

    for function in (lambda x, rng: {"y": 2 * x}, functools.partial(scaled, n=2), Model(2).point):
        assert sweep(function, {"x": [1, 2]}, executor=1, progress=False)["y"].tolist() == [2, 4]
