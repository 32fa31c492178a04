"""What a check says: one of three states, and one or two sentences.

A check that only says "wrong" teaches nothing. Here every answer is *missing* (say what is due), *wrong* (name the likely
reason) or *correct* (say why the number matters). The same object prints in a terminal, shows as a coloured note in a
notebook, and is true exactly when the answer is correct. Used by every chapter's exercises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from learnscape.page.markup import tag

__all__ = ["LEADS", "Feedback", "Status"]

Status = Literal["missing", "wrong", "correct"]

LEADS: dict[str, str] = {"missing": "No answer yet.", "wrong": "Not yet.", "correct": "Correct."}
"""How each feedback begins; the state is said in words, never by colour alone."""

# The bar at the left has the book's colours, or mid-tones that stand out on white and on dark; the text keeps the page's own colour.
_BARS = {
    "missing": "var(--ls-axis, #8a8f98)",
    "wrong": "var(--ls-unsat, #c8553d)",
    "correct": "var(--ls-dense, #2a9d6f)",
}


@dataclass(frozen=True)
class Feedback:
    """The answer of a check.

    Attributes
    ----------
    status : {"missing", "wrong", "correct"}
        State of the answer.
    text : str
        What is due, the likely reason, or why it matters; plain text.

    Examples
    --------
    >>> feedback = Feedback("wrong", "This is the annealed entropy.")
    >>> feedback
    Not yet. This is the annealed entropy.
    >>> bool(feedback)
    False
    """

    status: Status
    text: str

    def __bool__(self) -> bool:
        return self.status == "correct"

    def __str__(self) -> str:
        return f"{LEADS[self.status]} {self.text}".strip()

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = tag(
            "div",
            tag("strong", LEADS[self.status]),
            f" {self.text}",
            role="status",
            class_="learnscape learnscape-feedback",
            data_status=self.status,
            style=f"border-left:.3rem solid {_BARS[self.status]};padding:.4rem .8rem;margin:.4rem 0;"
            "max-width:44rem;background:var(--ls-page,transparent);color:var(--ls-text,inherit)",
        )
        return {"text/plain": str(self), "text/html": html}
