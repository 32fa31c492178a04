"""What a submission may use, and the walls around its process.

Each submission runs in a process of its own, in an empty folder that is deleted afterwards, with limits on time, memory, files and
processes; its output goes nowhere, and at the end every process that it started is killed. Around that stands the best wall found here:

* *bubblewrap* (``bwrap``, a package of every Linux distribution): no network, no other processes, and no files but Python, the system's
  programs and libraries. A submission sees neither other submissions nor the class secret nor the sources of the assignments.
* *namespaces* (``unshare``): no network and no other processes, but every file that its user may read or write.
* *none*: limits alone. It can use the network, and do to files and processes whatever its user may.

The limit on memory counts what processes have mapped. What is counted for no process (files in memory, shared memory of System V or of no
file, file systems in a namespace of users) is refused by a filter of system calls, see `worker`; the memory watch of `process` could not
see it. Without bubblewrap ``/dev/shm`` and ``/dev/zero`` remain. Where this matters, give the whole grader a limit: a container's, or
``systemd-run --scope -p MemoryMax=8G``.

If the grader runs as root, a submission runs as a user without rights, a different one for each that runs at the same time. Otherwise it
runs as you: without bubblewrap it can read what you can, the class secret included.

All walls share one kernel with your files: a flaw in the kernel is a way out, and a submission may slow the machine down while it runs.
For classes that you don't trust, run the grader in a container or a virtual machine that holds nothing but the submissions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from learnscape.errors import require

__all__ = ["WALLS", "Limits", "Sandbox", "lock", "module_path"]

WALLS = ("bubblewrap", "namespaces", "none")
FIRST_USER = 64000  # in use on no known system; below 65536, which is all that a container may have
MOST_USERS = 1000
TEMPORARY = "/tmp"  # behind bubblewrap: an empty folder in memory
INSIDE = f"{TEMPORARY}/home"
HERE = Path(__file__).parent
KEEPER = (str(HERE / "keeper.py"),)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")
WORKER = (str(HERE / "worker.py"),)
TRIAL = """
import os, sys
if sys.argv[1]:
    os.setgroups([])
    os.setgid(int(sys.argv[1]))
    os.setuid(int(sys.argv[1]))
import decimal
"""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    time : float
        Seconds, in all.
    cell : float
        Seconds of one cell, or of one call of a function.
    memory : int
        MB, all its processes together.
    disk : int
        MB, all its files together.
    processes : int
        Processes and threads at a time.
    answer : int
        Characters of one answer, as JSON.
    """

    time: float = 180.0
    cell: float = 30.0
    memory: int = 2000
    disk: int = 64
    processes: int = 64
    answer: int = 1_000_000

    def __post_init__(self) -> None:
        for name in ("time", "cell", "memory", "disk", "processes", "answer"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")


def lock(path: Path) -> int | None:
    """Lock a file, made if it is missing, or a folder, until the descriptor returned is closed; None: somebody else has it."""
    import fcntl  # not on Windows

    made = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, made, 0o600)
    except OSError:  # a file or a link of another user's, in a folder that all may write
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def module_path() -> list[str]:
    """Where modules are found, beside Python's own: this library, and packages installed in whatever way."""
    packages = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [str(Path(__file__).parents[3]), *packages]


def _folders() -> list[Path]:
    """What Python and the library need, and nothing else of this machine."""
    wanted = [Path(folder) for folder in (sys.prefix, sys.base_prefix, *module_path())]
    wanted += [path.resolve() for path in wanted]
    return [Path(folder) for folder in SYSTEM] + sorted({path for path in wanted if path.is_dir()})


@cache
def _can_close() -> bool:
    """Whether this bubblewrap can forbid further user namespaces: since 0.8."""
    try:
        said = subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout
    except OSError:
        return False
    return "--disable-userns" in said


@dataclass(frozen=True)
class Sandbox:
    """A way to start a student's process.

    Attributes
    ----------
    wall : str
        "bubblewrap", "namespaces" or "none".
    """

    wall: str

    @staticmethod
    @cache
    def best() -> Sandbox:
        """The best wall that works here; a trial shows it.

        Raises
        ------
        RuntimeError
            If none does: this is not Linux, or the grader runs as root and a user without rights can't read Python's files.
        """
        if not sys.platform.startswith("linux"):
            raise RuntimeError(f"grading needs Linux, not {sys.platform}: run it in a container")
        for wall in WALLS:
            if Sandbox(wall).works():
                return Sandbox(wall)
        raise RuntimeError(
            f"a user without rights can't run {sys.executable}: install bubblewrap, or don't grade as root"
        )

    def works(self) -> bool:
        """Whether a process starts behind this wall, and finds Python's modules."""
        command = [sys.executable, "-I", "-c", TRIAL, str(self.user(0) or "")]
        command = self._around(None, None, command)
        return bool(shutil.which(command[0])) and not subprocess.run(command, capture_output=True).returncode

    @property
    def sentence(self) -> str:
        """What it keeps apart, for the report."""
        user = "a user without rights" if os.getuid() == 0 else "you"
        return {
            "bubblewrap": "Each submission ran behind bubblewrap, without network and without sight of other files and processes.",
            "namespaces": "Each submission ran in namespaces, without network and without sight of other processes, "
            f"but it could use every file that {user} may use.",
            "none": "Submissions had limits but no wall around them: each could use the network, "
            f"and every file and process that {user} may use.",
        }[self.wall]

    def user(self, slot: int) -> int | None:
        """The user without rights of this number; None: who runs the grader."""
        if os.getuid() != 0:
            return None
        import pwd  # not on Windows, where the rest of this file can be imported

        uid = FIRST_USER + slot
        taken = [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == uid]
        require(not taken, "the user of a slot", uid, f"free, but this system has a user {''.join(taken)!r}")
        return uid

    def free_user(self) -> tuple[int | None, int]:
        """A user that no submission has, of no grader on this machine, and the descriptor to be closed when it is free again.

        Raises
        ------
        RuntimeError
            If all are in use.
        """
        if os.getuid() != 0:
            return None, -1
        for slot in range(MOST_USERS):
            held = lock(Path(tempfile.gettempdir(), f"learnscape-user-{FIRST_USER + slot}"))
            if held is not None:
                return self.user(slot), held
        raise RuntimeError("all users of submissions are in use")

    def home(self, outside: Path) -> str:
        """Where the folder of a submission is seen by it."""
        return INSIDE if self.wall == "bubblewrap" else str(outside)

    def command(self, home: Path | None, template: Path | None, disk: int) -> list[str]:
        """The command that starts a worker.

        Parameters
        ----------
        home : Path or None
            A folder to be kept; None: under bubblewrap its files lie in memory.
        template : Path or None
            A folder whose files it finds in its own.
        disk : int
            MB of its files in memory.
        """
        return self._around(home, template, [sys.executable, "-I", *WORKER], disk)

    def _around(
        self, home: Path | None, template: Path | None, command: list[str], disk: int = 1
    ) -> list[str]:
        keeper = [sys.executable, "-I", *KEEPER]
        if self.wall == "none":
            return keeper + command
        if self.wall == "namespaces":
            apart = ["--net", "--pid", "--mount-proc", "--ipc", "--kill-child"]
            user = [] if os.getuid() == 0 else ["--user", "--map-current-user"]
            return ["unshare", *user, *apart, "--", *keeper, *command]
        bwrap = ["bwrap", "--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts"]
        bwrap += ["--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"]
        bwrap += ["--dev-bind", "/dev/null", "/dev/zero"]  # shared memory that no limit counts
        if os.getuid() != 0 and _can_close():
            bwrap += ["--unshare-user", "--disable-userns"]
        if os.getuid() == 0:
            bwrap += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        memory = ["--size", str(disk * 2**20), "--perms", "1777", "--tmpfs"]
        bwrap += [*memory, TEMPORARY, *memory, "/dev/shm"]
        folders = _folders() + ([template] if template else [])
        # The folders above them can be passed by another user: bubblewrap would make them for root alone.
        above = {up for folder in folders for up in folder.parents} - {Path("/"), Path(TEMPORARY)}
        for up in sorted(above, key=lambda up: len(up.parts)):
            if not any(up.is_relative_to(folder) for folder in folders):
                bwrap += ["--perms", "0755", "--dir", str(up)]
        for folder in folders:
            if folder.is_symlink() and folder.parent == Path("/"):  # such as /bin
                bwrap += ["--symlink", os.readlink(folder), str(folder)]
            elif folder.exists() and not any(up in folders for up in folder.parents):
                bwrap += ["--ro-bind", str(folder), str(folder)]
        if home:
            bwrap += ["--bind", str(home), INSIDE]
        return [*bwrap, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", TEMPORARY, "--", *command]
