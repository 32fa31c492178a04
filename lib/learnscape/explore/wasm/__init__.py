"""The kernels of the explorables as WebAssembly, committed, a few kB each.

``exporter.py`` makes them (``python tools/build_wasm.py``); a test builds them again and compares. A reader needs none of this.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["load", "path"]

HERE = Path(__file__).parent


def path(name: str) -> Path:
    """Where the module of the explorable ``name`` lies."""
    return HERE / f"{name}.wasm"


def load(name: str) -> bytes:
    """The bytes of the module, or ``FileNotFoundError`` saying how to make it."""
    file = path(name)
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: make it with `python tools/build_wasm.py {name}`")
    return file.read_bytes()
