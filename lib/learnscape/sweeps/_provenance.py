"""Where results come from: the function and the library that computed them, hashed, and the kind of machine, without its name."""

from __future__ import annotations

import argparse
import hashlib
import inspect
import platform
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import learnscape

__all__ = ["describe_environment", "describe_function", "library_hash"]

PICTURES_AND_WORDS = {"explore", "classroom", "ledger", "page", "style", "sweeps"}


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
    """Name, hash of the source, hash of what it refers to, and first line of what the function says of itself."""
    inner = function.func if isinstance(function, partial) else function
    inner = inspect.unwrap(getattr(inner, "py_func", inner))
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return {
        "function": named.__qualname__,
        "function_hash": hashlib.sha256(_source(named).encode()).hexdigest()[:16],
        "context_hash": hashlib.sha256(_fingerprint(function, {"function": inner})).hexdigest()[:16],
        "about": (inspect.getdoc(named) or "").split("\n")[0],
    }


def _source(thing: Any) -> str:
    """The source text, or without one (``python -c``) the compiled code, in a form without addresses."""
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        code = getattr(thing, "__code__", None)
        return repr(type(thing)) if code is None else repr(_of_code(code))


def _of_code(code: CodeType) -> tuple[object, ...]:
    constants = []
    for value in code.co_consts:
        if isinstance(value, frozenset):  # its order differs from process to process
            value = sorted(map(repr, value))
        constants.append(_of_code(value) if isinstance(value, CodeType) else value)
    return code.co_code, code.co_names, constants


def _names(code: CodeType) -> set[str]:
    inner = (value for value in code.co_consts if isinstance(value, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _fingerprint(value: Any, seen: dict[int | str, Any]) -> bytes:
    """Bytes that change when a value changes, or the source of a function, or what that refers to.

    Followed are bound arguments, defaults, enclosed variables, the object of a method, and constants and helpers of the same
    module, with the attributes of its classes, and of namespaces; what other modules do, and the state of their objects but dataclasses,
    is the business of their version.
    """
    if isinstance(value, bool | int | float | complex | str | bytes | type(None)):
        return repr(value).encode()
    if id(value) in seen or isinstance(value, ModuleType):
        return b""
    seen[id(value)] = value  # held, so that no other object gets its id

    def all_of(values: Iterable[Any]) -> bytes:
        return b"(" + b",".join(_fingerprint(item, seen) for item in values) + b")"

    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + (value.tobytes() if value.dtype != object else b"")
    if isinstance(value, list | tuple):
        return all_of(value)
    if isinstance(value, set | frozenset):
        return repr(sorted(map(repr, value))).encode()
    if isinstance(value, dict):
        return all_of(part for key in sorted(value, key=repr) for part in (key, value[key]))
    if isinstance(value, partial):
        return all_of((value.func, value.args, value.keywords))
    if isinstance(value, MethodType):
        return all_of((value.__func__, value.__self__))
    value = inspect.unwrap(getattr(value, "py_func", value))
    if isinstance(value, FunctionType):
        cells = inspect.getclosurevars(value).nonlocals
        used = {name: value.__globals__[name] for name in _names(value.__code__) if name in value.__globals__}
        ours = {
            name: thing
            for name, thing in used.items()
            if not callable(thing) or getattr(thing, "__module__", None) == value.__module__
        }
        return _source(value).encode() + all_of((value.__defaults__, value.__kwdefaults__, cells, ours))
    home = getattr(seen["function"], "__module__", "")
    if isinstance(value, type):
        state = {k: v for k, v in vars(value).items() if value.__module__ == home and not _is_machinery(k, v)}
        return _source(value).encode() + (all_of([state]) if state else b"")
    if isinstance(value, SimpleNamespace | argparse.Namespace):
        return all_of([vars(value)])
    local = is_dataclass(value) or type(value).__module__ == home
    slots = (
        [name for part in type(value).__mro__ for name in _slots(part) if hasattr(value, name)]
        if local
        else []
    )
    kept = all_of(getattr(value, name) for name in slots) if slots else b""
    return (
        _source(type(value)).encode() + all_of([getattr(value, "__dict__", None) if local else None]) + kept
    )


def _is_machinery(name: str, value: object) -> bool:
    """Whether an attribute of a class belongs to its source, which is read as text, and not to its state."""
    return name.startswith("__") or callable(value) or hasattr(value, "__get__") or name in ("_abc_impl",)


def _slots(kind: type) -> list[str]:
    names = vars(kind).get("__slots__", ())
    return [names] if isinstance(names, str) else [name for name in names if not name.startswith("__")]


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
