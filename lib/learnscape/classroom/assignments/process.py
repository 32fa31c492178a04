"""A student's process as the grader sees it: started, asked, watched, ended. What it answers is read as what anybody may have written.

One request, one answer, both a line of JSON with the same number. An answer that is late, too long or no JSON ends the process; one with
another number is passed over. So a submission that writes to the grader itself can say what it likes, but only about its own values.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any

from learnscape.classroom.assignments.keeper import descendants
from learnscape.classroom.assignments.sandbox import Limits, Sandbox, module_path

__all__ = ["Ended", "Interrupted", "Student"]

TICK = 0.25  # seconds between two looks at what a submission uses
GRACE = 2.0  # seconds that a cell may take longer than its limit: the worker stops it first, if it can
START = 30.0  # seconds until a worker must be there, on a busy machine
MOST_FILES = 10_000


class Ended(Exception):
    """The process is no more; `status` says how it is reported."""

    def __init__(self, note: str, status: str = "crashed") -> None:
        super().__init__(note)
        self.status, self.note = status, note


class Interrupted(BaseException):
    """The person who grades stopped it; not an Exception, so that what catches those lets it pass."""


def _resident(pids: list[int]) -> int:
    """Bytes of memory in use by processes."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:  # it ended meanwhile
            continue
    return pages * mmap.PAGESIZE


def _stored(folder: Path) -> float:
    """Bytes of the files in a folder; infinite if they are too many to be counted."""
    total = 0
    for number, entry in enumerate(folder.rglob("*")):
        if number == MOST_FILES:
            return float("inf")
        try:
            total += entry.lstat().st_size
        except OSError:
            continue
    return total


def _environment(home: str) -> dict[str, str]:
    """All that a submission learns of the grader's environment: nothing."""
    one = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "NUMBA")}
    caches = {"NUMBA_CACHE_DIR": f"{home}/.machine_code", "MPLCONFIGDIR": f"{home}/.matplotlib"}
    system = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home, "TMPDIR": home, "USER": "student"}
    return {**system, **one, **caches, "MPLBACKEND": "Agg"}


class Student:
    """A process in which a student's code runs; a context manager, at whose end nothing of it is left.

    Parameters
    ----------
    sandbox : Sandbox
        The wall around it.
    limits : Limits
        What it may use.
    template : Path or None
        A folder whose files it finds in its own: what compilers and fonts keep, so that nobody waits for them twice.
    keep : Path or None
        A folder to be kept, for the run that fills the template.
    stop : Event
        Set by the person who stops grading.

    Raises
    ------
    RuntimeError
        If the process does not start, with the reason.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits,
        template: Path | None = None,
        keep: Path | None = None,
        stop: Event | None = None,
    ) -> None:
        self.limits, self.stop, self.number, self.buffer = limits, stop or Event(), 0, b""
        self.in_memory, self.alone = sandbox.wall == "bubblewrap", sandbox.wall == "none"
        uid, self.user = sandbox.free_user()
        try:
            self._start(sandbox, template, keep, uid)
        except BaseException:
            self._free()
            raise

    def _start(self, sandbox: Sandbox, template: Path | None, keep: Path | None, uid: int | None) -> None:
        limits = self.limits
        self.made = None if keep or self.in_memory else Path(tempfile.mkdtemp(prefix="submission-"))
        self.home = keep or self.made
        if uid is not None and self.home:
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, uid, uid, follow_symlinks=False)
        home = sandbox.home(self.home or Path())
        self.process = subprocess.Popen(
            sandbox.command(keep, template, limits.disk),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(home),
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.requests, self.answers = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.requests, False)
        settings = {
            "uid": uid,
            "home": home,
            "template": str(template) if template else None,
            "path": module_path(),
            **{name: getattr(limits, name) for name in Limits.__dataclass_fields__},
        }
        self.limit, self.leader, self.looked = time.monotonic() + START, -1, 0.0
        try:
            self._send(settings, self.limit)
            self._receive(0, self.limit)
            # The first process of its namespace, whose end is the end of all in it; it may come after that of the process we started.
            self.leader = os.pidfd_open(descendants(self.process.pid)[0])
        except (Ended, IndexError, OSError) as error:
            self.end()
            reason = self.process.stderr.read(2000).decode(errors="replace") if self.process.stderr else ""
            raise RuntimeError(
                f"no process for a submission could be started: {error} {reason}".strip()
            ) from None
        except BaseException:
            self.end()
            raise
        self.limit = time.monotonic() + limits.time

    def __enter__(self) -> Student:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def end(self) -> None:
        """Kill it and all that it started, and delete its files."""
        # A keeper without a namespace must kill the others first; a namespace ends with the process that leads it.
        self.process.send_signal(signal.SIGTERM if self.alone else signal.SIGKILL)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.leader >= 0:
            with contextlib.suppress(ProcessLookupError):  # it is still there if the keeper was killed
                signal.pidfd_send_signal(self.leader, signal.SIGKILL)
            with selectors.DefaultSelector() as selector:
                selector.register(self.leader, selectors.EVENT_READ)
                selector.select(10)
            os.close(self.leader)
            self.leader = -1
        if self.made:
            shutil.rmtree(self.made, ignore_errors=True)
        self._free()

    def _free(self) -> None:
        """Let another submission have the user: no process of it is left."""
        if self.user >= 0:
            os.close(self.user)
            self.user = -1

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request: always a dict, of which nothing else is sure.

        Raises
        ------
        Ended
            If the process gave no answer, for whatever reason.
        """
        self._check(self.limit)
        self.number += 1
        limit = min(self.limit, time.monotonic() + self.limits.cell + GRACE)
        self._send({"id": self.number, **request}, limit)
        return self._receive(self.number, limit)

    def _wait(self, file: int, event: int, limit: float) -> None:
        """Until a pipe is ready, a limit is passed, or the person who grades has enough."""
        with selectors.DefaultSelector() as selector:
            selector.register(file, event)
            while not selector.select(TICK):
                self._check(limit)

    def _check(self, limit: float) -> None:
        if self.stop.is_set():
            raise Interrupted
        if time.monotonic() > limit:
            whole = limit == self.limit
            what = (
                f"the {self.limits.time:g} seconds of a submission"
                if whole
                else f"{self.limits.cell:g} seconds in one cell"
            )
            raise Ended(f"It took more than {what}.", "timed out")
        if time.monotonic() < self.looked + TICK:
            return
        self.looked = time.monotonic()
        if _resident([self.process.pid, *descendants(self.process.pid)]) > self.limits.memory * 2**20:
            raise Ended(f"It used more than {self.limits.memory} MB of memory.")
        if self.made and _stored(self.made) > self.limits.disk * 2**20:
            raise Ended(f"It wrote more than {self.limits.disk} MB of files.")

    def _send(self, request: dict[str, Any], limit: float) -> None:
        text = json.dumps(request).encode() + b"\n"
        while text:
            self._wait(self.requests, selectors.EVENT_WRITE, limit)
            try:
                text = text[os.write(self.requests, text) :]
            except BrokenPipeError:
                raise self._over() from None

    def _receive(self, number: int, limit: float) -> dict[str, Any]:
        while True:
            line, newline, rest = self.buffer.partition(b"\n")
            if newline:
                self.buffer = rest
                try:
                    answer = json.loads(line)
                except (ValueError, RecursionError):
                    raise Ended("Its process answered something that is no JSON.") from None
                if isinstance(answer, dict) and answer.get("id") == number:
                    return answer
                self._check(limit)
                continue
            if len(self.buffer) > 2 * self.limits.answer + 10_000:  # the worker says so itself, if it can
                raise Ended(f"An answer had more than {self.limits.answer} characters.")
            self._wait(self.answers, selectors.EVENT_READ, limit)
            part = os.read(self.answers, 2**16)
            if not part:
                raise self._over()
            self.buffer += part
            if b"\n" not in part:  # an answer that is there counts, however late the grader comes to read it
                self._check(limit)

    def _over(self) -> Ended:
        """How a process ended that closed its pipe."""
        try:
            status = self.process.wait(1)
        except subprocess.TimeoutExpired:
            return Ended("Its process stopped answering.")
        status = abs(status) if status < 0 else status - 128
        if status in {signal.SIGXCPU}:
            return Ended(f"It took more than {self.limits.time:g} seconds.", "timed out")
        if status in {*signal.Signals}:
            return Ended(f"Its process was ended by the signal {signal.Signals(status).name}.")
        return Ended("Its process ended itself.")
