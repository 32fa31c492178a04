"""The class secret: hidden tests draw their parameters from it, because their source is public.

It lies in a file that the instructor keeps, outside the repository's history (``classroom/secret.txt`` is ignored by git).
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from pathlib import Path

import numpy as np

__all__ = ["LENGTH", "fingerprint", "generator", "load", "make"]

LENGTH = 32  # characters at least: a short one could be found by trying


def make(path: str | Path) -> str:
    """Write a new secret into a file that does not exist yet, readable for its owner only.

    Raises
    ------
    FileExistsError
        If there is one: notebooks may have been released with it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    secret = secrets.token_hex(LENGTH)
    path.write_text(secret + "\n", encoding="utf-8")
    return secret


def load(path: str | Path) -> str:
    """The secret in a file.

    Raises
    ------
    ValueError
        If the file is missing or holds fewer than 32 characters; the message says how to make one.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    if len(text) < LENGTH:
        what = f"holds {len(text)} characters, {LENGTH} are needed" if path.is_file() else "does not exist"
        raise ValueError(
            f"the class secret {path} {what}; make one with: python -m learnscape.classroom secret {path}"
        )
    return text


def _digest(secret: str, *what: str) -> bytes:
    return hmac.new(secret.encode(), "\n".join(what).encode(), sha256).digest()


def fingerprint(secret: str) -> str:
    """Sixteen characters that tell two secrets apart and say nothing about either.

    Examples
    --------
    >>> fingerprint("a" * 32) == fingerprint("a" * 32), fingerprint("a" * 32) == fingerprint("b" * 32)
    (True, False)
    """
    return _digest(secret, "fingerprint").hex()[:16]


def generator(secret: str, assignment: str, task: str) -> np.random.Generator:
    """The random numbers of a task's hidden tests: the same for all students of a class, and for it alone.

    Examples
    --------
    >>> draws = [int(generator(s * 32, "counting", "fraction").integers(10**9)) for s in "aab"]
    >>> draws[0] == draws[1], draws[0] == draws[2]
    (True, False)
    """
    return np.random.default_rng(int.from_bytes(_digest(secret, assignment, task), "big"))
