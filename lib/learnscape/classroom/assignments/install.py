"""The first cell of a notebook that may be opened where the course is not installed."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

__all__ = ["address", "cell", "published"]

CELL = """\
# Where the course is installed, this cell does nothing. On Google Colab it installs it: the version that this notebook was made with.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("learnscape") is None:
    course = "learnscape{extras} @ git+{repository}@{revision}"
    if "google.colab" in sys.modules:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)
    else:
        print(f'The course is not installed here. In a terminal, and then a new kernel: pip install "{{course}}"')
"""


def cell(repository: str, revision: str, extras: str = "") -> str:
    """The source of the cell.

    Parameters
    ----------
    repository : str
        Its address.
    revision : str
        Branch, tag or commit.
    extras : str
        Optional parts of the library's dependencies, as in "[data,sweeps]".

    Examples
    --------
    >>> "learnscape[data] @ git+https://example.org/x/y@v1" in cell("https://example.org/x/y", "v1", "[data]")
    True
    """
    return CELL.format(repository=repository, revision=revision, extras=extras).rstrip()


def address(root: str | Path) -> str:
    """Where the repository is published, from its ``_config.yml``; empty if it names none."""
    config = Path(root) / "_config.yml"
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    found = re.search(r"^\s*url:\s*(https://\S+)", text, re.MULTILINE)
    return found[1] if found else ""


@cache
def published(root: str | Path, branch: str = "main") -> str:
    """The commit that is checked out, if a remote repository has it; otherwise the branch, which everybody can install from."""

    def git(*arguments: str) -> str:
        try:
            done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        except OSError:  # no git here
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    return git("rev-parse", "HEAD") if git("branch", "--remotes", "--contains", "HEAD") else branch
