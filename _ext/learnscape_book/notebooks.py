"""Every chapter as a plain notebook, and the buttons that lead to it."""

from __future__ import annotations

from typing import Any


def setup(app: Any) -> None:
    pass
