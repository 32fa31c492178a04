"""What of a long list of cases is tested at every commit; the others are weekly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int, start: int = 0) -> list[Any]:
    """All cases; those that are not start, start + every, ... have the marker `weekly`. A tuple is several arguments."""
    return [
        case
        if index % every == start
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.weekly)
        for index, case in enumerate(cases)
    ]
