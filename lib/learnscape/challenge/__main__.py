"""The command line: ``python -m learnscape.challenge list``, ``make NAME``, ``solve NAME METHOD``, ``verify NAME FILE``, ``score [NAME FILE]``."""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from learnscape.challenge.baselines import METHODS, solve
from learnscape.challenge.leaderboard import FRACTION, farthest, known, local_energy, standings
from learnscape.challenge.series import MOST, find, instances
from learnscape.challenge.solutions import decode, encode, verify
from learnscape.challenge.table import Table
from learnscape.errors import require

__all__ = ["main"]

MOST_READ = 1_000_000


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
        if file == "-":
            require(sys.stdin is not None, "the standard input", None, "open")
            text = sys.stdin.read(MOST_READ + 1)
        else:
            with Path(file).open(encoding="utf-8") as stream:
                text = stream.read(MOST_READ + 1)
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not a text: a solution is base64") from None
    require(len(text) <= MOST_READ, "the file", file, f"at most {MOST_READ} characters")  # some never end
    return text


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
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            given[key] = value
    try:
        run = solve(find(name), method, **given)
    except TypeError as error:  # a keyword that the search does not have
        raise ValueError(str(error)) from None
    print(f"patterns violated after {run.iterations} sweeps: {run.n_errors}", file=sys.stderr)
    if run.solved:
        print(encode(run.weights))
    return 0 if run.solved else 1


def _verify(name: str, file: str) -> int:
    text = _text(file)
    verdict = verify(find(name), text)
    print(verdict.text)
    series = replace(verdict.instance, p=MOST * verdict.instance.n)
    reach = verify(series, text).first
    if reach > 0 and reach != verdict.instance.p:
        print(f"Satisfied from the start of the series: {reach}.")
    return 0 if verdict.solved else 1


def _score(name: str, file: str) -> int:
    instance, text = find(name), _text(file)
    verdict = verify(instance, text)
    print(verdict.text)
    energy = local_energy(instance, decode(instance, text))
    print(f"alpha = {instance.alpha:.4f}; local energy at {FRACTION:.0%} flips {energy:.5f}")
    best = farthest().get((instance.family, instance.n))
    if best is not None:
        print(f"farthest record of this series: P = {best.reach}, alpha = {best.reach / instance.n:.4f}")
    flattest = {standing.instance: standing.energy for standing in standings()}.get(instance)
    if flattest is not None:
        print(f"flattest record of this instance: local energy {flattest:.5f}")
    return 0 if verdict.solved else 1


def _run(options: argparse.Namespace) -> int:
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
        return _score(options.name, options.file)
    return 0


def _flush() -> None:
    """Notice here, and not after the end, what cannot be written."""
    if sys.stdout is None:  # closed by whoever asks for the exit status alone
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries once more
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 for a solution that does not solve, 2 for bad input, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "score" and options.name is not None and options.file is None:
        parser.error("score needs a name and a file, or neither")
    try:
        try:
            return _run(options)
        finally:
            _flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # head has seen enough
        return 0
    except (OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
