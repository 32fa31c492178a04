"""Finding an exercise by its name, "chapter/exercise".

The exercises of a chapter stand in `exercises/<chapter>.py`, in a dictionary `EXERCISES`; hyphens of the chapter's name are
underscores in the file's. Only the file of the chapter asked for is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches

from learnscape.classroom import exercises
from learnscape.classroom.kinds import Exercise

__all__ = ["chapters", "exercise", "exercises_of"]


def chapters() -> list[str]:
    """Names of the chapters that have exercises.

    Examples
    --------
    >>> "gardner-volume" in chapters()
    True
    """
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(exercises.__path__))


def exercises_of(chapter: str) -> dict[str, Exercise]:
    """The exercises of one chapter by name.

    Raises
    ------
    ValueError
        If no chapter of this name has exercises.
    """
    if chapter not in chapters():
        raise ValueError(
            f"no exercises for chapter {chapter!r}; chapters with exercises: {', '.join(chapters())}"
        )
    module = importlib.import_module(f"{exercises.__name__}.{chapter.replace('-', '_')}")
    found: dict[str, Exercise] = module.EXERCISES
    return found


def exercise(identifier: str) -> Exercise:
    """The exercise "chapter/name".

    Raises
    ------
    ValueError
        If there is no such exercise; the message lists those of the chapter.

    Examples
    --------
    >>> exercise("gardner-volume/left-out").ask
    'Fraction of the patterns that could be left out'
    >>> exercise("gardner-volume/left-ou")
    Traceback (most recent call last):
        ...
    ValueError: no exercise 'gardner-volume/left-ou'; did you mean 'left-out'? Known in this chapter: ...
    """
    chapter, slash, name = identifier.partition("/")
    if not slash:
        raise ValueError(
            f"exercise {identifier!r} is not of the form 'chapter/name'; chapters: {', '.join(chapters())}"
        )
    known = exercises_of(chapter)
    if name not in known:
        close = get_close_matches(name, known, n=1)
        guess = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"no exercise {identifier!r}; {guess}Known in this chapter: {', '.join(known)}")
    return known[name]
