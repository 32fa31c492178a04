"""An exercise whose answer is one of several options, named a, b, c, ..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from learnscape.classroom.feedback import Feedback
from learnscape.classroom.reading import brief, is_missing
from learnscape.errors import require

__all__ = ["Choice", "Option"]


@dataclass(frozen=True)
class Option:
    """One of several answers to choose from."""

    text: str
    """The answer offered."""
    reason: str
    """Why it is wrong; or, for the right one, why it matters."""
    right: bool = False
    """True for exactly one option of an exercise."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The answer is one of several options, named a, b, c, ...

    Examples
    --------
    >>> exercise = Choice(ask="Larger margin, what happens to the capacity?", options=(
    ...     Option("It grows", "A larger margin forbids more weights."), Option("It falls", "More is asked of every pattern.", right=True)))
    >>> exercise.judge("a")
    Not yet. A larger margin forbids more weights.
    >>> exercise.judge("It falls"), exercise.judge(["(b)"])
    (Correct. More is asked of every pattern., Correct. More is asked of every pattern.)
    """

    ask: str
    """The question, one line."""
    options: Sequence[Option]
    """Two to eight options, exactly one of them right."""

    def __post_init__(self) -> None:
        require(2 <= len(self.options) <= 8, "number of options", len(self.options), "between 2 and 8")
        right = sum(option.right for option in self.options)
        require(right == 1, "number of right options", right, "exactly 1")

    @property
    def keys(self) -> str:
        return "abcdefgh"[: len(self.options)]

    def judge(self, answer: Any) -> Feedback:
        """Feedback on the letter of an option, or on its text; a list of one is taken as that one."""
        listing = "; ".join(
            f"{key}: {option.text}" for key, option in zip(self.keys, self.options, strict=True)
        )
        if isinstance(answer, (list, tuple)) and len(answer) == 1:
            answer = answer[0]
        if is_missing(answer):
            return Feedback("missing", f"Choose one letter. {listing}")
        if isinstance(answer, str):
            given = answer.strip().casefold()
            for key, option in zip(self.keys, self.options, strict=True):
                if given.strip("().: ") == key or given == option.text.casefold():
                    return Feedback("correct" if option.right else "wrong", option.reason)
        return Feedback(
            "wrong", f"{brief(answer)} is not one of the options. Choose one letter, in quotes. {listing}"
        )

    def judge_typed(self, text: str) -> Feedback:
        """Feedback on the letter sent by an answer box."""
        return self.judge(text)
