"""Runs a command and ends with it, and with everything that it started: where there is no process namespace, or nobody to lead it.

A script: ``python keeper.py COMMAND ...``. A process that outlives its parent is handed to the keeper, not to the system (Linux), so
it finds them all. It keeps the user that it was started with; a worker that became another user can't kill it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

__all__ = ["descendants"]

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE = 5.0  # seconds until it gives up on processes that can't be killed


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        children[parent].append(int(stat.parent.name))
    found = children[pid]
    for one in found:
        found += children[one]
    return found


def _end_all() -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _main(command: list[str]) -> int:
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def stop(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    try:
        child = subprocess.Popen(command, start_new_session=True)
        for standard in (0, 1):  # the pipes are the worker's: their end must be seen
            os.close(standard)
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == child.pid:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
    finally:
        _end_all()


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
