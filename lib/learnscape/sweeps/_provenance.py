"""Where results come from: the function and the library that computed them, hashed, and the kind of machine, without its name."""

from __future__ import annotations

import hashlib
import inspect
import platform
from collections.abc import Callable
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import learnscape

__all__ = ["describe_environment", "describe_function", "library_hash"]

PICTURES_AND_WORDS = {"explore", "classroom", "ledger", "style", "sweeps"}


@cache
def library_hash() -> str:
    """Sixteen hex digits of all source files of the library that compute results."""
    root = Path(learnscape.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        relative = file.relative_to(root)
        if relative.parts[0] not in PICTURES_AND_WORDS:
            digest.update(relative.as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def describe_function(function: Callable[..., Any]) -> dict[str, str]:
    """Name, source hash and first line of what the function says of itself."""
    bound = ""
    if isinstance(function, partial):
        bound = repr((function.args, sorted(function.keywords.items())))
        function = function.func
    inner = inspect.unwrap(getattr(function, "py_func", function))
    try:
        source = inspect.getsource(inner)
    except (OSError, TypeError):
        code = getattr(inner, "__code__", None)
        source = (
            repr((code.co_code, code.co_consts, code.co_names)) if code is not None else repr(type(inner))
        )
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return {
        "function": name,
        "function_hash": hashlib.sha256((source + bound).encode()).hexdigest()[:16],
        "about": (inspect.getdoc(inner) or "").split("\n")[0],
    }


@cache
def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@cache
def describe_environment() -> dict[str, str]:
    """Versions and kind of machine; neither host, user nor path."""
    found = {
        "learnscape": learnscape.__version__,
        "library_hash": library_hash(),
        "python": platform.python_version(),
    }
    for package in ("numpy", "numba", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"system": platform.system(), "machine": platform.machine(), "processor": _processor()}
