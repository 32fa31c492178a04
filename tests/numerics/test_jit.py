"""The cache of compiled kernels: used by a second process, and never older than the library's source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import learnscape
from learnscape.numerics.jit import _state
from sampled import sampled

HELPER = """
from learnscape.numerics.jit import kernel

@kernel
def helper(x):
    return x + {number}
"""
CALLER = """
from learnscape.numerics.jit import kernel
from learnscape.numerics.helper import helper

@kernel
def caller(x):
    return 10.0 * helper(x)
"""
SCRIPT = (
    "from learnscape.numerics.caller import caller; print(caller(1.0), sum(caller.stats.cache_hits.values()))"
)


def test_an_edit_in_another_file_reaches_the_caller(tmp_path):
    package = tmp_path / "learnscape"
    source = Path(learnscape.__file__).parent
    (package / "numerics").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "numerics" / "__init__.py").write_text("")
    for name in ("jit.py", "_machine_code.py"):
        shutil.copy(source / "numerics" / name, package / "numerics" / name)
    (package / "numerics" / "caller.py").write_text(CALLER)
    (package / "numerics" / "unrelated.py").write_text("")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    environment.pop("NUMBA_CACHE_DIR", None)

    def run(number):
        (package / "numerics" / "helper.py").write_text(HELPER.format(number=number))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert run("1.0") == ["20.0", "0"]
    second = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    assert second.stdout.split() == ["20.0", "1"], "a second process uses the stored machine code"
    assert run("2.5") == ["35.0", "0"], "the edited helper is used, not the stored machine code"

    (package / "numerics" / "unrelated.py").write_text("changed = True")
    third = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    assert third.stdout.split() == ["35.0", "1"], "an edit that nothing here depends on recompiles nothing"


def test_what_a_kernel_depends_on():
    library = Path(learnscape.__file__).parent
    names = {Path(name).relative_to(library).as_posix() for name, *_ in _state(library / "replica" / "rs.py")}
    assert {"replica/_rs_kernels.py", "numerics/gaussian.py", "errors.py", "weights/binary.py"} <= names
    assert not any(name.startswith(("learn/", "explore/", "classroom/")) for name in names)


CELL = """
import linecache, os, tempfile
source = "from learnscape.numerics.jit import kernel\\n@kernel\\ndef double(x):\\n    return {factor} * x\\n"
name = os.path.join(tempfile.gettempdir(), "ipykernel_1", "123.py")
linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # as IPython does
exec(compile(source, name, "exec"))
print(double(1.5))
"""


def test_a_kernel_defined_in_a_cell_of_a_notebook(tmp_path):
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0"}
    environment |= {
        "IPYTHONDIR": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }  # where IPython keeps its caches
    environment.pop("NUMBA_CACHE_DIR", None)

    def run(factor):
        script = CELL.format(factor=factor)
        return subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert run(2.0) == "3.0"
    assert run(2.0) == "3.0", "the same cell in another kernel"
    assert run(4.0) == "6.0", "an edited cell"


DOUBLE = """
from learnscape.numerics.jit import kernel

@kernel
def double(x):
    return 2.0 * x
"""
CALL = (
    "from learnscape.numerics.double import double; print(double(1.5), sum(double.stats.cache_hits.values()))"
)
NO_FOLDER = """
from numba.core import caching
def refuse(self):
    raise PermissionError("read-only")
caching._CacheLocator.ensure_cache_path = refuse
"""
TERMINAL = """
import sys
class Terminal:
    def __init__(self, stream): self.stream = stream
    def __getattr__(self, name): return getattr(self.stream, name)
    def isatty(self): return True
sys.stderr = Terminal(sys.stderr)
"""


@pytest.fixture
def run(tmp_path):
    """Run a script with a small copy of the library that holds one kernel."""
    package = tmp_path / "learnscape" / "numerics"
    source = Path(learnscape.__file__).parent / "numerics"
    package.mkdir(parents=True)
    for name in ("jit.py", "_machine_code.py"):
        shutil.copy(source / name, package / name)
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("")
    (package / "double.py").write_text(DOUBLE)

    def call(script, **variables):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_DISABLE_JIT": "0", **variables}
        environment.pop("NUMBA_CACHE_DIR", None)
        if "LEARNSCAPE_HOST" not in variables:
            environment.pop("LEARNSCAPE_HOST", None)
        command = [sys.executable, "-c", script]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    call.files = package / "__pycache__"
    return call


@pytest.mark.parametrize("suffix", sampled(["nbi", "nbc"], every=2))
@pytest.mark.parametrize("damage", sampled(["empty", "cut", "flipped"], every=3, start=1))
def test_a_damaged_file_is_compiled_again(run, suffix, damage):
    assert run(CALL).stdout.split() == ["3.0", "0"]
    (file,) = run.files.glob(f"double*.{suffix}")
    content = bytearray(file.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 255
    file.write_bytes({"empty": b"", "cut": content[: len(content) // 2]}.get(damage, bytes(content)))
    again = run(CALL)
    assert again.stdout.split()[0] == "3.0"
    assert again.stderr == ""
    assert run(CALL).stdout.split() == ["3.0", "1"], "and was written anew"


def test_no_writable_folder(run):
    """A read-only installation with an unwritable home: one line, and everything works."""
    done = run(NO_FOLDER + CALL)
    assert done.stdout.split() == ["3.0", "0"]
    assert "no folder for machine code is writable" in done.stderr
    assert done.stderr.count("\n") == 1, "one line"
    assert not list(run.files.glob("*.nb?"))


def test_a_full_disk(run):
    full = """
from numba.core import caching
def full(self, path):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile._open_for_write = full
"""
    done = run(full + CALL)
    assert done.stdout.split() == ["3.0", "0"]
    assert "cannot be kept" in done.stderr
    assert done.stderr.count("\n") == 1, "one line"


@pytest.mark.parametrize("gone", ["_load_data", "_save_data"])
def test_another_numba_keeps_nothing_rather_than_old_code(run, gone):
    done = run(f"from numba.core import caching; del caching.IndexDataCacheFile.{gone}\n" + CALL)
    assert done.stdout.split() == ["3.0", "0"]
    assert "none is kept" in done.stderr
    assert not list(run.files.glob("*.nb?"))


@pytest.mark.weekly
def test_the_notice_of_the_first_compilation(run):
    line = "learnscape: compiling for this machine"
    assert run(TERMINAL + "import learnscape.numerics.double").stderr == "", "importing compiles nothing"
    assert run(TERMINAL + CALL, LEARNSCAPE_HOST="worker").stderr == ""
    shutil.rmtree(run.files)
    assert run(TERMINAL + CALL, LEARNSCAPE_HOST="static").stderr == "", "not in a page that is being built"
    shutil.rmtree(run.files)
    assert run(CALL).stderr == "", "not in a log file"
    assert run(TERMINAL + CALL).stderr == "", "loaded, not compiled"
    shutil.rmtree(run.files)
    twice = TERMINAL + CALL + "; double(2); double(3j)"
    assert run(twice).stderr.count("\n") == 1, "one line, once"
    shutil.rmtree(run.files)
    notebook = "from IPython.core.interactiveshell import InteractiveShell as S; S.instance().kernel = 1\n"
    assert line in run(notebook + CALL).stderr
