"""Processes that a test recognises by a mark in their command."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

__all__ = ["alive", "appears"]


def alive(mark: str) -> bool:
    """Whether there is such a process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                return True
    return False


def appears(mark: str, seconds: float = 2.0) -> bool:
    """Whether there is one in the next seconds: it must first be started."""
    return any(alive(mark) or time.sleep(0.05) for _ in range(int(20 * seconds)))
