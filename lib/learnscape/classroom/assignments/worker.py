"""The process in which a student's code runs. Nothing that it says is trusted: it answers in JSON, and `process` reads that with care.

A script of the standard library alone, so that it starts in a twentieth of a second; it never sees hidden tests or expected values.
Requests are lines of JSON on its standard input, answers on its standard output; both are moved away before the student's code starts,
whose own output goes nowhere. The first line holds the settings, the others one of ``{"id", "run", "source"}`` (a cell),
``{"id", "call", "arguments"}`` (a function) and ``{"id", "read"}`` (a variable).
"""

from __future__ import annotations

import ast
import ctypes
import errno
import inspect
import json
import linecache
import numbers
import os
import platform
import re
import resource
import shutil
import signal
import struct
import sys
import time
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["without_magics"]

LONGEST = 2000  # characters of a traceback
MAGIC = re.compile(r"^(?P<indent>\s*)(?:[%!?]|[\w., ]+=\s*[%!]|.*\?\s*$)")
HARMLESS = ("%%time", "%%timeit", "%%capture")  # magics of a cell after which Python follows

# System calls by which memory is held that is counted nowhere: files in memory, shared memory and queues of System V, file systems that
# one mounts in a namespace of one's own, rings. By machine: its number in the kernel's audit, then those of
# memfd_create memfd_secret shmget msgget semget mount fsopen unshare setns io_uring_setup clone3 (for which libraries take clone)
FORBIDDEN = {
    "x86_64": (0xC000003E, (319, 447, 29, 68, 64, 165, 430, 272, 308, 425, 435)),
    "aarch64": (0xC00000B7, (279, 447, 194, 186, 190, 40, 430, 97, 268, 425, 435)),
}
# and those that are refused with these bits in this argument: mmap of memory that is shared and of no file, a namespace of
# users by clone, setsockopt that enlarges what the kernel keeps of what is sent
SOMETIMES = {
    "x86_64": ((9, 3, 0x21, 0x21), (56, 0, 0x10000000, 0x10000000), (54, 2, 0xFFFFFFFF, 7)),
    "aarch64": ((222, 3, 0x21, 0x21), (220, 0, 0x10000000, 0x10000000), (208, 2, 0xFFFFFFFF, 7)),
}


class OutOfTime(BaseException):
    """A cell or a call took too long; not an Exception, so that students' ``except Exception`` lets it pass."""


def without_magics(source: str) -> tuple[str, list[str]]:
    """A cell without the lines that only IPython understands, and these lines; the others keep their numbers.

    Examples
    --------
    >>> without_magics("%matplotlib inline\\nx = 7 % 4\\n!ls")
    ('pass\\nx = 7 % 4\\npass', ['%matplotlib inline', '!ls'])
    """
    first = source.lstrip().split("\n", 1)[0]
    if first.startswith("%%") and not first.startswith(HARMLESS):
        return "", [first]
    try:
        ast.parse(source)
        return source, []  # a line that begins with % is a continuation, or stands in a text
    except SyntaxError:
        pass
    lines, dropped = source.split("\n"), []
    for i, line in enumerate(lines):
        if found := MAGIC.match(line):
            dropped.append(line.strip())
            lines[i] = found["indent"] + "pass"
    return "\n".join(lines), dropped


def _processes() -> int:
    """Processes and threads of this user that can be seen: the limit on processes counts them all."""
    count, own = 0, os.getuid()
    for entry in Path("/proc").glob("[0-9]*/task/*"):
        try:
            count += entry.stat().st_uid == own
        except OSError:
            continue
    return count


def _confine(settings: dict[str, Any]) -> None:
    """Become another user if told so, then give up what must not be exceeded; neither can be taken back."""
    with suppress(
        OSError
    ):  # if the machine runs out of memory, the kernel ends this process and not the grader
        Path("/proc/self/oom_score_adj").write_text("1000")
    if settings["uid"] is not None:
        os.setgroups([])
        os.setgid(settings["uid"])
        os.setuid(settings["uid"])
    home = Path(settings["home"])
    if settings["template"]:
        shutil.copytree(settings["template"], home, dirs_exist_ok=True)
    home.mkdir(exist_ok=True)
    os.chdir(home)
    megabyte = 2**20
    limits = {
        resource.RLIMIT_DATA: settings["memory"] * megabyte,
        resource.RLIMIT_AS: (2 * settings["memory"] + 1000) * megabyte,  # with what is mapped but not used
        resource.RLIMIT_FSIZE: settings["disk"] * megabyte,
        resource.RLIMIT_CPU: int(settings["time"]) + 10,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: settings["processes"] + _processes(),
    }
    for kind, limit in limits.items():
        hardest = resource.getrlimit(kind)[1]
        limit = limit if hardest == resource.RLIM_INFINITY else min(limit, hardest)
        resource.setrlimit(kind, (limit, limit))
    _forbid()


def _forbid() -> None:
    """Refuse some system calls from now on (a filter of seccomp), where the kernel can: they fail as on a kernel that lacks them."""
    machine = platform.machine()
    if machine not in FORBIDDEN:
        return
    load, jump_if, jump_above, and_, leave = 0x20, 0x15, 0x35, 0x54, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.ENOSYS
    arch, always = FORBIDDEN[machine]
    # (code, steps if true, steps if false, constant), see linux/filter.h
    steps = [(load, 0, 0, 4), (jump_if, 1, 0, arch), (leave, 0, 0, refuse), (load, 0, 0, 0)]
    steps += [(jump_above, 0, 1, 0x40000000), (leave, 0, 0, refuse)]  # the same calls under other numbers
    for number in always:
        steps += [(jump_if, 0, 1, number), (leave, 0, 0, refuse)]
    for number, argument, mask, bits in SOMETIMES[machine]:
        steps += [(jump_if, 0, 4, number), (load, 0, 0, 16 + 8 * argument), (and_, 0, 0, mask)]
        steps += [(jump_if, 0, 1, bits), (leave, 0, 0, refuse), (load, 0, 0, 0)]
    steps.append((leave, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    no_new_privileges, set_filter = 38, 22
    libc = ctypes.CDLL(None)
    libc.prctl(no_new_privileges, 1, 0, 0, 0)
    libc.prctl(set_filter, 2, program, 0, 0)


def _fault(error: BaseException) -> dict[str, Any]:
    """What is told of an exception: its kind, its line in the student's code, and how Python shows it."""
    try:
        steps = traceback.extract_tb(error.__traceback__)
        own = [step for step in steps if step.filename.startswith("<cell ")]
        shown = traceback.TracebackException(type(error), error, error.__traceback__)
        shown.stack = traceback.StackSummary.from_list(
            [step for step in shown.stack if step.filename != __file__][-8:]
        )
        text = "".join(shown.format(chain=False))
        where = {"cell": own[-1].filename[6:-1], "line": own[-1].lineno} if own else {}
        return {"type": type(error).__name__, **where, "text": text[-LONGEST:]}
    except BaseException:  # an exception that cannot be printed is the student's
        return {"type": type(error).__name__, "text": ""}


def _plain(value: Any) -> Any:
    """What JSON lacks: arrays and their numbers become lists and numbers, fractions become floats."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError(type(value).__name__)


class Worker:
    """The student's names, and what is done with them."""

    def __init__(self, cell: float, longest: int) -> None:
        self.cell, self.longest, self.pid = cell, longest, os.getpid()
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        sys.modules["__main__"] = self.module

    @contextmanager
    def _timed(self) -> Iterator[None]:
        def ring(*_: object) -> None:
            raise OutOfTime(f"stopped after {self.cell:g} seconds")

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.cell, 0.5)  # again and again, if the code catches it
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if os.getpid() != self.pid:  # a fork that the student's code let run on
                os._exit(0)

    def run(self, key: str, source: str) -> dict[str, Any]:
        start = time.monotonic()
        answer: dict[str, Any] = {"dropped": [], "error": None}
        name = f"<cell {key}>"
        try:
            with self._timed():
                source, answer["dropped"] = without_magics(source)
                linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
                exec(compile(source, name, "exec", dont_inherit=True), self.names)
        except BaseException as error:
            answer["error"] = _fault(error)
        return answer | {"seconds": time.monotonic() - start}

    def value(self, name: str, arguments: list[Any] | None) -> dict[str, Any]:
        if self.names.get(name, ...) is ...:
            return {"missing": True}
        try:
            with self._timed():
                value = self.names[name]
                if arguments is not None:
                    value = value(*arguments)
                if inspect.isgenerator(value):
                    raise TypeError("generator")
                text = json.dumps(value, default=_plain)
                if len(text) > self.longest:
                    return {"error": {"type": "answer too long", "text": ""}}
                return {"value": json.loads(text)}
        except BaseException as error:
            return {"error": _fault(error)}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "run" in request:
            return self.run(request["run"], request["source"])
        if "call" in request:
            return self.value(request["call"], request["arguments"])
        return self.value(request["read"], None)


def _main() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    settings = json.loads(requests.readline())
    _confine(settings)
    sys.path[:0] = [folder for folder in settings["path"] if folder not in sys.path]
    answers, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    worker = Worker(settings["cell"], settings["answer"])
    # The student's code may change what the names of modules stand for; these are the ones of before.
    dumps, loads, write, leave = json.dumps, json.loads, os.write, os._exit
    write(answers, b'{"id": 0}\n')
    for line in requests:
        request = loads(line)
        text = dumps({"id": request["id"], **worker.answer(request)}).encode() + b"\n"
        while text:
            text = text[write(answers, text) :]
    leave(0)


if __name__ == "__main__":
    _main()
