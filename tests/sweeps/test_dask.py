"""Sweeps on a Dask cluster: a real scheduler and real workers, talking TCP over the loopback interface."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from learnscape.sweeps import SweepError, failures, load, sweep

pytestmark = pytest.mark.slow


def noisy(x, rng):
    return {"y": x + rng.standard_normal(100).sum(), "pid": os.getpid()}


def slow(x, rng):
    time.sleep(0.1)
    return {"y": x + rng.random(), "pid": os.getpid()}


class Cluster:
    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--no-show",
            "--scheduler-file",
            str(self.file),
        ]
        self.processes = [self._dask("scheduler", *options)]
        limit = time.monotonic() + 60
        while not (self.file.exists() and self.file.read_text()):
            assert time.monotonic() < limit
            assert self.processes[0].poll() is None
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]
        self.add_worker()
        self.add_worker()

    def _dask(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def add_worker(self):
        options = [
            "--nthreads",
            "1",
            "--no-dashboard",
            "--host",
            "127.0.0.1",
            "--local-directory",
            str(self.file.parent),
        ]
        self.processes.append(self._dask("worker", self.address, *options))

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


def test_by_address_and_by_client_as_in_one_process(cluster, tmp_path):
    from distributed import Client

    grid = {"x": range(50)}
    here = sweep(noisy, grid, seeds=2, executor="serial", progress=False)
    by_address = sweep(noisy, grid, seeds=2, executor=cluster.address, out=tmp_path / "out", progress=False)
    pd.testing.assert_frame_equal(here[["x", "seed", "y"]], by_address[["x", "seed", "y"]], check_exact=True)
    assert os.getpid() not in set(by_address["pid"])
    assert "Dask" in (tmp_path / "out" / "sweep.json").read_text()
    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        by_client = sweep(slow, grid, executor=client, progress=False)
        assert client.status == "running", "a client that was passed in is left open"
    assert by_client["pid"].nunique() == 2, "both workers took part"
    with pytest.raises(SweepError, match="no Dask scheduler answers"):
        sweep(noisy, grid, executor="tcp://127.0.0.1:9", progress=False)


@pytest.mark.weekly
def test_a_worker_killed_in_mid_point_and_a_poisonous_point(cluster, tmp_path):
    from distributed import Client

    def poison(x, rng):
        if x == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return {"y": x}

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        victim = client.submit(os.getpid, pure=False).result()
        timer = threading.Timer(1.5, os.kill, (victim, signal.SIGKILL))
        timer.start()
        table = sweep(slow, {"x": range(40)}, executor=client, progress=False)
        timer.join()
        assert table["x"].tolist() == list(range(40))
        undisturbed = sweep(slow, {"x": range(40)}, executor="serial", progress=False)
        assert table["y"].tolist() == undisturbed["y"].tolist()
        with pytest.warns(UserWarning, match="1 tasks failed"):
            sweep(poison, {"x": range(20)}, executor=client, out=tmp_path / "poison", progress=False)
    assert failures(tmp_path / "poison")["x"].tolist() == [13]
    assert load(tmp_path / "poison")["x"].tolist() == [x for x in range(20) if x != 13]


@pytest.mark.weekly
def test_a_lost_scheduler_and_the_rest_computed_elsewhere(cluster, tmp_path):
    out = tmp_path / "out"

    def end_when_something_is_stored():
        while not list(out.glob("parts/*.parquet")):
            time.sleep(0.05)
        cluster.close()

    thread = threading.Thread(target=end_when_something_is_stored)
    thread.start()
    with pytest.raises(SweepError, match="connection to the Dask scheduler was lost"):
        sweep(slow, {"x": range(400)}, executor=cluster.address, out=out, progress=False)
    thread.join()
    stored = len(load(out))
    assert 0 < stored < 400
    everything = sweep(slow, {"x": range(stored + 10)}, executor=2, out=out, progress=False)
    assert set(everything["x"]) >= set(range(stored + 10))


@pytest.mark.weekly
def test_a_time_limit_holds_on_a_worker(cluster, tmp_path):
    def endless(x, rng):
        while x == 1:
            pass
        return {"y": x}

    with pytest.warns(UserWarning, match="stopped at the time limit of 1 s"):
        table = sweep(
            endless,
            {"x": range(4)},
            executor=cluster.address,
            time_limit=1,
            out=tmp_path / "out",
            progress=False,
        )
    assert table["x"].tolist() == [0, 2, 3]
