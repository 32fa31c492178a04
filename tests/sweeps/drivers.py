"""Drivers of sweeps in processes of their own, to be killed by tests."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

HEAD = """
import os, signal, sys, time
from pathlib import Path
import numpy as np
from learnscape.sweeps import sweep, load

OUT, LOG = Path({out!r}), Path({log!r})

def note(*words):
    with LOG.open("a") as log:
        log.write(" ".join(map(str, words)) + "\\n")

"""


class Script:
    """A driver in a process of its own."""

    def __init__(self, folder, body):
        self.out, self.log = folder / "out", folder / "log"
        self.file = folder / "script.py"
        self.file.write_text(HEAD.format(out=str(self.out), log=str(self.log)) + textwrap.dedent(body))

    def start(self):
        return subprocess.Popen(
            [sys.executable, str(self.file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self):
        process = self.start()
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def lines(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def wait_for_lines(self, n, process, seconds=60):
        limit = time.monotonic() + seconds
        while len(self.lines()) < n:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit, self.lines()
            time.sleep(0.02)


SLOW = """
def point(x, rng):
    note(x, os.getpid())
    time.sleep(0.15)
    return {"y": x + rng.random()}

if __name__ == "__main__":
    table = sweep(point, {"x": range(40)}, out=OUT, executor=2, progress=False)
    print(len(table), table["y"].sum().hex())
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if Path("/proc").exists()
        else True
    )
