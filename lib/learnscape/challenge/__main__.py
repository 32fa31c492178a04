"""The command line: ``python -m learnscape.challenge list``, ``make NAME``, ``solve NAME METHOD``, ``verify NAME FILE``, ``score [NAME FILE]``."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from learnscape.challenge.baselines import METHODS, solve
from learnscape.challenge.leaderboard import FRACTION, farthest, known, local_energy, standings
from learnscape.challenge.series import find, instances
from learnscape.challenge.solutions import decode, encode, verify
from learnscape.challenge.table import Table
from learnscape.errors import require

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m learnscape.challenge",
        description="The Perceptron Challenge: make instances, verify solutions, see the records.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the instances of the ladder and what is known of them")
    make = commands.add_parser(
        "make", help="make an instance: a pattern a line, + and -; in a file *.npy an array of int8"
    )
    make.add_argument("name", metavar="NAME", help="family-N-P, such as asymmetric-1001-701")
    make.add_argument("file", metavar="FILE", nargs="?", type=Path, help="left out: the standard output")
    make.add_argument("--sha256", action="store_true", help="print the fingerprint of the bits instead")
    search = commands.add_parser("solve", help="run one of the library's searches and print what it found")
    search.add_argument("name", metavar="NAME", help="the instance")
    search.add_argument(
        "method", metavar="METHOD", help="; ".join(f"{f}: {', '.join(m)}" for f, m in METHODS.items())
    )
    search.add_argument("settings", metavar="KEY=VALUE", nargs="*", help="of the search, such as rng=1")
    check = commands.add_parser("verify", help="recount a solution; exit status 0 if it solves, 1 if not")
    score = commands.add_parser("score", help="the records, or one solution beside them")
    for command, times in ((check, None), (score, "?")):
        command.add_argument("name", metavar="NAME", nargs=times, help="the instance")
        command.add_argument(
            "file", metavar="FILE", nargs=times, help="base64 of the bits; - is the standard input"
        )
    return parser


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not a text: a solution is base64") from None


def _list() -> None:
    print(f"{'instance':24}{'alpha':>8}  {'demanded':24}satisfiable?")
    for instance in instances():
        print(f"{instance.name:24}{instance.alpha:8.3f}  {instance.demand:24}{known(instance)}")


def _make(name: str, file: Path | None, fingerprint: bool) -> None:
    instance = find(name)
    if fingerprint:
        print(f"{instance.sha256()}  {instance.name}")
    elif file is not None and file.suffix == ".npy":
        np.save(file, instance.patterns())
    else:
        lines = np.where(instance.patterns() > 0, b"+", b"-").view(f"S{instance.n}").ravel()
        text = "".join(line.decode() + "\n" for line in lines)
        if file is None:
            print(text, end="")
        else:
            file.write_text(text, encoding="ascii")


def _solve(name: str, method: str, settings: Sequence[str]) -> int:
    given = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        require(bool(equals), "the setting", setting, "KEY=VALUE, such as rng=1")
        try:
            given[key] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            given[key] = value
    try:
        run = solve(find(name), method, **given)
    except TypeError as error:  # a keyword that the search does not have
        raise ValueError(str(error)) from None
    print(f"{run.n_errors} patterns violated after {run.iterations} sweeps", file=sys.stderr)
    if run.solved:
        print(encode(run.weights))
    return 0 if run.solved else 1


def _verify(name: str, file: str) -> int:
    verdict = verify(find(name), _text(file))
    print(verdict.text)
    if not verdict.solved and verdict.first > 0:
        print(f"It does satisfy the first {verdict.first} patterns.")
    return 0 if verdict.solved else 1


def _score(name: str, file: str) -> int:
    instance, text = find(name), _text(file)
    verdict = verify(instance, text)
    print(verdict.text)
    energy = local_energy(instance, decode(instance, text))
    print(f"alpha = {instance.alpha:.4f}; local energy at {FRACTION:.0%} flips {energy:.5f}")
    best = farthest().get((instance.family, instance.n))
    if best is not None:
        print(f"farthest record of this series: {best.instance.name}, alpha = {best.instance.alpha:.4f}")
    flattest = {standing.instance: standing.energy for standing in standings()}.get(instance)
    if flattest is not None:
        print(f"flattest record of this instance: local energy {flattest:.5f}")
    return 0 if verdict.solved else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 for a solution that does not solve, 2 for bad input, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.command == "list":
            _list()
        elif options.command == "make":
            _make(options.name, options.file, options.sha256)
        elif options.command == "solve":
            return _solve(options.name, options.method, options.settings)
        elif options.command == "verify":
            return _verify(options.name, options.file)
        elif options.name is None:
            print(Table())
        else:
            if options.file is None:
                parser.error("score needs a name and a file, or neither")
            return _score(options.name, options.file)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # head has seen enough
        sys.stderr.close()
        return 0
    except (OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
