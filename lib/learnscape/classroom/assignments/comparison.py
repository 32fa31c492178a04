"""The tests' ``compare`` in a process of its own: the instructor wrote it, but a student's answer decides how long it takes."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from learnscape.classroom.assignments.compare import plain
from learnscape.classroom.assignments.process import Ended, Student

__all__ = ["Comparison"]


class Comparison:
    """Calls ``compare`` of a task's hidden tests; a context manager, at whose end its process is gone.

    Parameters
    ----------
    start : callable
        Starts the process.
    source : str
        Of the hidden tests.
    """

    def __init__(self, start: Callable[[], Student], source: str) -> None:
        self._start, self._source = start, source

    def __enter__(self) -> Comparison:
        self._process = self._start()  # a failure is the machine's, not of an answer
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    def __call__(self, answer: Any, *arguments: Any) -> Any:
        """The verdict.

        Raises
        ------
        TimeoutError
            If there is none within the limits of a submission.
        ValueError
            If ``compare`` raised an exception.
        """
        try:
            if self._source:
                self._process.ask({"run": "hidden tests", "source": self._source})
                self._source = ""
            said = self._process.ask({"call": "compare", "arguments": [answer, *plain(arguments)]})
        except Ended as ended:
            raise TimeoutError(ended.note) from None
        if "value" in said:
            return said["value"]
        error = said.get("error", {})
        if error.get("type") == "OutOfTime":
            raise TimeoutError
        raise ValueError(error.get("text"))
