"""``python -m learnscape.classroom COMMAND``: what an instructor runs."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {"release": "notebooks from the assignments' sources"}
"""Command -> what it does; each is a module of `learnscape.classroom.assignments` with a function `main`."""


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m learnscape.classroom COMMAND [--help]", file=sys.stderr)
        for name, text in COMMANDS.items():
            print(f"  {name:10} {text}", file=sys.stderr)
        return 2
    module = import_module(f"learnscape.classroom.assignments.{arguments[0]}")
    return int(module.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
