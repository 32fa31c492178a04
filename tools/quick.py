"""What `make quick` tests before a commit: the mirror of what has changed since the last commit, or in it if nothing has.

``python tools/quick.py`` prints the arguments for pytest. A file of ``lib/learnscape/replica`` brings ``tests/replica`` and its own
doctests, a test file itself, a page or the book's extension the tests of the extension. What no test mirrors is left to `make test`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def changed(root: Path = ROOT) -> list[str]:
    """Files changed since the last commit, new ones included; those of the last commit if there are none."""

    def git(*arguments: str) -> list[str]:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    now = git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    return now or git("show", "--name-only", "--format=", "HEAD")


def mirror(files: Iterable[str], root: Path = ROOT) -> list[str]:
    """Test files and modules with doctests that stand for these files."""
    found: set[str] = set()
    for name in files:
        path = Path(name)
        exists, python = (root / path).is_file(), path.suffix == ".py"
        if path.parts[0] == "tests" and path.name.startswith("test_") and python and exists:
            found.add(name)
        elif path.parts[:2] == ("lib", "learnscape") and len(path.parts) > 2:
            if python and exists:
                found.add(name)
            part = path.parts[2].removesuffix(".py")
            found |= {twin for twin in (f"tests/{part}", f"tests/test_{part}.py") if (root / twin).exists()}
        elif path.parts[0] in ("chapters", "_ext"):
            found.add("tests/book/test_extension.py")
    folders = [name for name in found if not name.endswith(".py")]
    return sorted(name for name in found if not any(name.startswith(f"{folder}/") for folder in folders))


if __name__ == "__main__":
    print(" ".join(mirror(changed())))
