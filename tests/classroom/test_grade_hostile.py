"""Submissions that do harm: each costs itself its points, and nothing else. Behind every wall that works on this machine."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import learnscape
from learnscape.classroom.assignments import process
from learnscape.classroom.assignments.process import Ended, Student
from learnscape.classroom.assignments.sandbox import WALLS, Limits, Sandbox
from marked import alive, appears

SMALL = Limits(time=8.0, cell=0.5, memory=300, disk=8, processes=20)


@pytest.fixture(
    scope="module", params=["best", *(pytest.param(wall, marks=pytest.mark.weekly) for wall in WALLS)]
)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if request.param == "best":
        return Sandbox.best()
    sandbox = Sandbox(request.param)
    if not sandbox.works():
        pytest.skip(f"{request.param} does not work here")
    return sandbox


@pytest.fixture
def student(sandbox: Sandbox) -> Iterator[Student]:
    with Student(sandbox, SMALL) as student:
        yield student


def run(student: Student, source: str) -> Any:
    """The error of a cell, None if it ran through."""
    return student.ask({"run": "a", "source": source})["error"]


def ended(student: Student, *sources: str) -> Ended | None:
    """How the process ended while these cells ran, None if it did not."""
    try:
        for source in sources:
            assert isinstance(student.ask({"run": "a", "source": source}), dict)
    except Ended as error:
        return error
    return None


def value(student: Student, name: str) -> Any:
    return student.ask({"read": name}).get("value")


def test_an_endless_loop_is_stopped_and_the_next_cell_runs(student: Student) -> None:
    assert run(student, "while True: pass")["type"] == "OutOfTime"
    assert run(student, "x = 1") is None
    assert value(student, "x") == 1


def test_a_loop_that_nothing_stops_ends_the_process(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    end = ended(student, "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass")
    assert end
    assert end.status == "timed out"
    assert "more than 0.5 seconds in one cell" in end.note


def test_no_two_submissions_have_one_user(sandbox: Sandbox) -> None:
    if os.getuid() != 0:
        pytest.skip("all run as you")
    with Student(sandbox, SMALL) as one, Student(sandbox, SMALL) as two:
        assert [run(student, "import os\nuser = os.getuid()") for student in (one, two)] == [None, None]
        assert value(one, "user") != value(two, "user")


def test_files_are_few(student: Student) -> None:
    assert run(student, "import os\nheld = [os.dup(0) for _ in range(64)]")["type"] == "OSError"


def test_an_answer_that_is_there_counts_however_late_it_is_read(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grader may be held up, by the notebook of another one."""
    monkeypatch.setattr(process, "GRACE", 0.1)
    send = student._send

    def held_up(request: dict[str, Any], limit: float) -> None:
        send(request, limit)
        time.sleep(0.8)

    monkeypatch.setattr(student, "_send", held_up)
    assert run(student, "x = 1") is None
    assert value(student, "x") == 1


def test_a_flood_of_answers_to_nothing_is_stopped_in_time(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.1)
    flood = (
        "import os, signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    for fd in range(3, 8):\n"
        "        try: os.write(fd, {})\n        except OSError: pass"
    )
    start = time.monotonic()
    end = ended(student, flood.format("b'1\\n' * 1000"))
    assert end
    assert end.status == "timed out"
    assert time.monotonic() < start + 4


def test_a_fork_bomb_stays_small_and_is_gone_afterwards(sandbox: Sandbox) -> None:
    mark = f"learnscape-bomb-{os.getpid()}-{sandbox.wall}"
    bomb = (
        "import os\ncount = 0\ntry:\n    while count < 300:\n        if os.fork() == 0:\n            os.setsid()\n"
        f"            os.execv('/bin/sleep', ['{mark}', '100'])\n        count += 1\nexcept OSError: pass"
    )
    with Student(sandbox, SMALL) as student:
        assert run(student, bomb) is None
        assert 5 <= value(student, "count") <= SMALL.processes
        assert appears(mark)
    assert not alive(mark)


def test_who_outlives_her_parents_is_found(sandbox: Sandbox) -> None:
    mark = f"learnscape-orphan-{os.getpid()}-{sandbox.wall}"
    daemon = (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execv('/bin/sleep', ['{mark}', '100'])\n    os._exit(0)\nos.wait()"
    )
    with Student(sandbox, SMALL) as student:
        assert run(student, daemon) is None
        assert appears(mark)
        assert ended(student, "os._exit(0)")
    assert not alive(mark)


def test_a_child_that_returns_from_the_cell_is_no_second_worker(student: Student) -> None:
    assert run(student, "import os\nchild = os.fork()\nif child: os.wait()") is None
    assert [value(student, "child") > 0 for _ in range(3)] == [True] * 3


def test_the_disk_is_not_filled(sandbox: Sandbox) -> None:
    many = "for i in range(200):\n    open(f'{i}', 'wb').write(bytes(10**6))"
    with Student(sandbox, SMALL) as student:
        end = ended(
            student,
            f"import os, time\ntry:\n    {many.replace(chr(10), chr(10) + '    ')}\nexcept OSError: pass",
            "time.sleep(0.4)",
        )
        if end:
            assert "MB of files" in end.note
        else:
            assert run(student, "size = sum(os.stat(f).st_size for f in os.listdir())") is None
            assert value(student, "size") <= SMALL.disk * 2**20
        made = student.made
    assert made is None or not made.exists()


def test_no_file_is_larger_than_the_limit(student: Student) -> None:
    assert run(student, "open('a', 'wb').write(bytes(10**8))")["type"] == "OSError"


def test_gigabytes_of_output_go_nowhere(student: Student) -> None:
    source = "import sys, os\nfor _ in range(1000):\n    os.write(1, b'x' * 10**6); os.write(2, b'x' * 10**6)\nprint('y' * 10**6)"
    assert run(student, source) is None
    assert run(student, "try: input()\nexcept EOFError: end = True") is None
    assert value(student, "end") is True


def test_names_of_the_worker_may_be_patched(student: Student) -> None:
    patch = (
        "import atexit, builtins, json, sys, traceback\n"
        "json.loads = json.dumps = traceback.TracebackException = None\n"
        "builtins.isinstance = builtins.len = builtins.type = lambda *a: True\n"
        "atexit.register(print, 'x'); sys.stdout = None\nsys.exit('everything is right')"
    )
    end = ended(student, patch, "x = 1")
    assert end is None or end.status == "crashed"


@pytest.mark.parametrize("way", ["os._exit(0)", "os.kill(os.getpid(), 11)", "os.closerange(0, 256)"])
def test_who_leaves_has_crashed(student: Student, way: str) -> None:
    end = ended(student, f"import os\n{way}", "")
    assert end
    assert end.status == "crashed"


def test_the_parent_is_not_killed_or_leaves_nothing(sandbox: Sandbox) -> None:
    mine = sandbox.wall == "none" and os.getuid() != 0  # it may, and the doc says so
    everybody = "" if mine else "\ntry: os.kill(-1, 9)\nexcept OSError: pass"
    with Student(sandbox, SMALL) as student:
        end = ended(
            student, f"import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass{everybody}", "x = 1"
        )
    assert end is None or end.status == "crashed"


def test_other_files_can_not_be_read(sandbox: Sandbox, tmp_path: Path) -> None:
    other = tmp_path / "another" / "counting.ipynb"
    other.parent.mkdir()
    other.write_text("{}")
    secret = tmp_path / "secret.txt"
    secret.write_text("x" * 32)
    secret.chmod(0o600)
    for folder in (other.parent, tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with Student(sandbox, SMALL) as student:
        read = "seen = []\nfor file in {files}:\n    try: seen.append(open(file).read())\n    except OSError: pass"
        here = Path(__file__)
        assert run(student, read.format(files=[str(other), str(secret), str(here), "/etc/shadow"])) is None
        seen = value(student, "seen")
    if sandbox.wall == "bubblewrap":
        assert seen == []
    elif os.getuid() == 0:
        assert "x" * 32 not in seen


def test_the_library_can_not_be_changed(student: Student) -> None:
    if student.home is not None and os.getuid() != 0:
        pytest.skip("without bubblewrap and root a submission may write what you may")
    assert run(student, f"open({learnscape.__file__!r}, 'a')")["type"] in (
        "OSError",
        "PermissionError",
    )


def test_there_is_no_network(sandbox: Sandbox) -> None:
    if sandbox.wall == "none":
        pytest.skip("only limits")
    with socket.create_server(("127.0.0.1", 0)) as server, Student(sandbox, SMALL) as student:
        port = server.getsockname()[1]
        error = run(student, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 0.3)")
        assert error["type"] in ("ConnectionRefusedError", "OSError", "TimeoutError")
        assert run(student, "socket.create_connection(('192.0.2.1', 80), 0.3)")["type"] in (
            "OSError",
            "TimeoutError",
        )


def test_recursion(student: Student) -> None:
    assert run(student, "def f(): f()\nf()")["type"] == "RecursionError"
    deep = "import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())"
    end = ended(student, deep, "")
    assert end
    assert end.status == "crashed"


def test_memory(sandbox: Sandbox) -> None:
    with Student(sandbox, Limits(time=20, cell=10, memory=300)) as student:
        assert run(student, "x = bytearray(10**10)")["type"] == "MemoryError"
        end = ended(student, "x = []\nwhile True: x.append(bytearray(10**6))", "del x")
    assert end is None or end.note == "It used more than 300 MB of memory."


SHARED = (
    "import mmap, os\nmap = mmap.mmap({}, 4 * 10**8)\nfor i in range(400):\n    map[i * 10**6 : (i + 1) * 10**6] = bytes(10**6)\n"
    "    map.madvise(mmap.MADV_DONTNEED, 0, 4 * 10**8)"
)
LIBRARY = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
FAILS = "\nif {} < 0: raise OSError(ctypes.get_errno(), 'refused')"
UNCOUNTED = {
    "file in memory": "import os\nos.write(os.memfd_create('a'), bytes(10**6))",
    "shared memory of System V": LIBRARY + FAILS.format("libc.shmget(0, 4 * 10**8, 0o1600)"),
    "queue of System V": LIBRARY + FAILS.format("libc.msgget(0, 0o1600)"),
    "shared memory of no file": SHARED.format(-1),
    "shared zeros": SHARED.format("os.open('/dev/zero', os.O_RDWR)"),
    "own file system": LIBRARY + FAILS.format("libc.unshare(0x10020000)"),
    "clone": LIBRARY + FAILS.format("libc.syscall({'x86_64': 56, 'aarch64': 220}[os.uname().machine], 0x10000011, 0, 0, 0, 0)"),
}  # fmt: skip


@pytest.mark.parametrize("how", UNCOUNTED)
def test_memory_that_nobody_counts_is_refused(sandbox: Sandbox, how: str) -> None:
    if how == "shared zeros" and sandbox.wall != "bubblewrap":
        pytest.skip("only bubblewrap hides the device")
    with Student(sandbox, SMALL) as student:
        assert run(student, UNCOUNTED[how])["type"] == "OSError"


def test_what_a_socket_keeps_is_not_enlarged(student: Student) -> None:
    pair = "import socket\none, two = socket.socketpair()\n"
    assert run(student, pair) is None
    assert run(student, "one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10**7)")["type"] == "OSError"


def test_threads_and_processes_of_the_library_work(student: Student) -> None:
    source = (
        "import subprocess, threading\nthread = threading.Thread(target=int)\nthread.start(); thread.join()\n"
        "said = subprocess.run(['echo', '1'], capture_output=True).stdout.decode()"
    )
    assert run(student, source) is None
    assert value(student, "said") == "1\n"


def test_memory_of_all_processes_together(sandbox: Sandbox) -> None:
    hogs = (
        "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        x = bytearray(10**8)\n"
        "        time.sleep(100)\ntime.sleep(100)"
    )
    with Student(sandbox, Limits(time=8, cell=5, memory=300)) as student:
        end = ended(student, hogs)
    assert end
    assert end.note == "It used more than 300 MB of memory."


FORGERS = {
    "answers": 'for n in range(100): send(json.dumps({"id": n, "value": 1.0, "error": None}) + "\\n")',
    "no JSON": 'send("}{\\n")',
    "no object": 'send("[1]\\n" * 10000)',
    "deep": 'send("[" * 10**6 + "\\n")',
    "long integer": 'send("{\\"id\\": " + "9" * 10**5 + "}\\n")',
    "no end": "while True: send('x' * 10**5)",
    "no text": 'send("\\udcff\\n")',
}


@pytest.mark.parametrize("how", FORGERS)
def test_forged_messages(sandbox: Sandbox, how: str) -> None:
    send = (
        "import json, os\ndef send(text):\n    for fd in range(3, 30):\n        try: os.write(fd, text.encode('utf-8', 'surrogateescape'))\n"
        "        except OSError: pass\n"
    )
    with Student(sandbox, SMALL) as student:
        end = ended(student, send + FORGERS[how], "x = 1")
    assert end is None or end.status in ("crashed", "timed out")


def test_answers_of_every_kind(sandbox: Sandbox) -> None:
    source = (
        "import math, fractions, numpy as np\ndeep = []\nfor _ in range(10**5): deep = [deep]\n"
        "own = []; own.append(own)\nlong = list(range(10**6))\nhuge = 10**5000\nnan = math.nan\n"
        "part = fractions.Fraction(1, 4)\narray = np.eye(2, dtype=np.float32)\nz = 1j\ngen = (i for i in 'ab')\n"
        "class Odd:\n    def __repr__(self): raise ValueError\n    @property\n    def tolist(self): raise KeyError\nodd = Odd()"
    )
    with Student(sandbox, Limits(time=20, cell=10, memory=300)) as student:
        assert run(student, source) is None
        answers = {
            name: student.ask({"read": name})
            for name in ("deep", "own", "long", "huge", "z", "gen", "odd", "nothing")
        }
        assert answers.pop("nothing").get("missing") is True
        assert all("error" in answer for answer in answers.values()), answers
        assert value(student, "part") == 0.25
        assert value(student, "array") == [[1, 0], [0, 1]]
        assert value(student, "nan") != value(student, "nan")
