"""Renew the two locks from pyproject.toml: ``make lock`` (``make lock UPGRADE=1`` also takes newer versions).

* ``requirements.txt``: every extra but ``NOT_LOCKED``, for all Python versions and platforms we support (a universal resolution);
* ``binder/requirements.txt``: the library, JupyterLab and what the chapters read data with, for Binder's Python, with the same versions.

The first line of each is a hash of the tables it was made from, so that a test can tell without a network whether someone
changed a dependency and forgot the lock.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FIRST_LINE = "# made by `make lock` from the dependency tables with hash {}\n"
NOT_LOCKED = ("torch",)  # gigabytes, for one stored computation and a column of benchmarks
BINDER_PYTHON = "3.11"
BINDER_ENVIRONMENT = {
    "python_version": BINDER_PYTHON, "python_full_version": BINDER_PYTHON + ".9", "sys_platform": "linux", "os_name": "posix",
    "platform_system": "Linux", "platform_machine": "x86_64", "implementation_name": "cpython",
    "platform_python_implementation": "CPython", "extra": "",
}  # fmt: skip


def tables(pyproject: Path = ROOT / "pyproject.toml") -> dict[str, Any]:
    """Everything in pyproject.toml that decides what gets installed."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    found = {key: project[key] for key in ("requires-python", "dependencies", "optional-dependencies")}
    extras = found["optional-dependencies"].items()
    return found | {"optional-dependencies": {name: e for name, e in extras if name not in NOT_LOCKED}}


def digest(pyproject: Path = ROOT / "pyproject.toml") -> str:
    """Sixteen hex digits of these tables."""
    return hashlib.sha256(json.dumps(tables(pyproject), sort_keys=True).encode()).hexdigest()[:16]


def recorded(lock: Path) -> str | None:
    """The hash in a lock's first line."""
    found = re.search(r"hash ([0-9a-f]{16})$", lock.read_text(encoding="utf-8").split("\n")[0])
    return found[1] if found else None


def pins(lock: Path, environment: dict[str, str] | None = None) -> dict[str, str]:
    """Package -> version of a lock; with an environment, only the lines that apply there."""
    found = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text:
            requirement = Requirement(text)
            if environment is None or requirement.marker is None or requirement.marker.evaluate(environment):
                found[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return found


def compile_lock(output: Path, *options: str) -> None:
    uv = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--no-emit-find-links",
    ]
    subprocess.run([*uv, *options, "pyproject.toml", "-o", str(output)], cwd=ROOT, check=True)
    lines = [
        line
        for line in output.read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith(("#", "-"))
    ]
    output.write_text(FIRST_LINE.format(digest()) + "".join(lines), encoding="utf-8")


def main() -> None:
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    full, binder = ROOT / "requirements.txt", ROOT / "binder" / "requirements.txt"
    extras = [word for name in tables()["optional-dependencies"] for word in ("--extra", name)]
    compile_lock(full, "--universal", "--python-version", "3.11", *extras, *upgrade)
    binder.parent.mkdir(exist_ok=True)
    compile_lock(
        binder, "--python-version", BINDER_PYTHON + ".9", "--python-platform", "linux", "--extra", "lab", "--extra", "data",
        "--extra", "sweeps",
        "--constraints", "requirements.txt", "--upgrade",
    )  # fmt: skip


if __name__ == "__main__":
    main()
