"""Run the tests of the derivations and show what came of each: what the page *checked derivations* does when the book is built.

Within the page's own kernel, so that the page depends on the files of the tests and is executed again when one of them changes.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest

from learnscape.page.markup import Markup, join, tag
from learnscape.page.table import Row, folding_table, folding_tables
from learnscape_book.checked import FOLDERS, Check, checks

COLUMNS = ("What is checked", "Result")


class _Outcomes:
    """A plugin of pytest that keeps outcomes and durations, cases of one test together."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], list[float]] = {}
        self.failed: set[tuple[str, str]] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        file, _, rest = report.nodeid.partition("::")
        key = file, rest.partition("[")[0]
        if report.when == "call" and report.passed:
            self.seconds.setdefault(key, []).append(report.duration)
        elif not report.passed:
            self.failed.add(key)


def run(root: Path, folders: tuple[str, ...] = FOLDERS) -> _Outcomes:
    """Run them in this process; what pytest prints is shown only if a test fails, and then stops the page."""
    outcomes, printed = _Outcomes(), io.StringIO()
    arguments = [
        f"--rootdir={root}",
        "-c",
        str(root / "pyproject.toml"),
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=short",
    ]
    with contextlib.redirect_stdout(printed):
        code = pytest.main([*arguments, *(str(root / folder) for folder in folders)], plugins=[outcomes])
    if code != 0:
        raise AssertionError(f"a derivation is not confirmed:\n{printed.getvalue()}")
    return outcomes


def _result(check: Check, outcomes: _Outcomes) -> str:
    seconds = outcomes.seconds.get((check.file, check.test), [])
    if not seconds or (check.file, check.test) in outcomes.failed:
        raise AssertionError(
            f"{check.file}::{check.test} was skipped or left out, and the book says that it is checked"
        )
    cases = f"{len(seconds)} cases, " if len(seconds) > 1 else ""
    return f"passed, {cases}{sum(seconds):.1f} s"


def table(root: Path, repository: str, branch: str = "main") -> Markup:
    """Run the tests and show them, file by file."""
    outcomes = run(root)
    found = checks(root)
    parts: list[str] = []
    for file in dict.fromkeys(check.file for check in found):
        rows = []
        for check in found:
            if check.file == file:
                address = f"{repository}/blob/{branch}/{file}#L{check.line}"
                name = tag("a", check.test.removeprefix("test_").replace("_", " "), href=address)
                rows.append(
                    Row(check.id, [join(check.statement, tag("small", name)), _result(check, outcomes)])
                )
        parts += [tag("p", tag("strong", file)), folding_table(file, COLUMNS, rows)]
    total = sum(len(seconds) for seconds in outcomes.seconds.values())
    return folding_tables(tag("p", join(f"{total} cases of {len(found)} tests passed.")), *parts)
