"""The kinds of exercise: one number, one choice among several, or a function to write.

Each kind knows the right answer and the usual wrong ones, each with its reason. Both are *computed with the library*, by functions
without arguments that run only when somebody asks: a chapter that shows five exercises imports nothing heavy, and no expected value is
typed in twice.
"""

from __future__ import annotations

from learnscape.classroom.choice import Choice, Option
from learnscape.classroom.function import Function, Variant
from learnscape.classroom.number import Mistake, Number, Rule

__all__ = ["Choice", "Exercise", "Function", "Mistake", "Number", "Option", "Rule", "Variant"]

Exercise = Number | Choice | Function
