"""The cache of compiled kernels: used by a second process, and never older than the library's source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import learnscape
from learnscape.numerics.jit import _state

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
    shutil.copy(source / "numerics" / "jit.py", package / "numerics" / "jit.py")
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
    assert {"replica/_rs_kernels.py", "numerics/gaussian.py", "errors.py", "weights.py"} <= names
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
