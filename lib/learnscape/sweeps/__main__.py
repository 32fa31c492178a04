"""The command line: ``python -m learnscape.sweeps run SCRIPT``, ``status PATH``, ``export PATH FILE``.

``run`` executes a script as ``python SCRIPT`` would, and steers every call of ``sweep`` in it: where it computes, whether it only
estimates, whether it repeats what failed. The script says what to compute, the command line how.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from learnscape.sweeps import SweepError, export, failures, status
from learnscape.sweeps._driver import DryRunEnds, override


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m learnscape.sweeps", description="Run and look at parameter sweeps."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="execute a script that calls sweep()")
    run.add_argument("script", type=Path)
    where = run.add_mutually_exclusive_group()
    where.add_argument("--scheduler", metavar="ADDRESS", help="compute on the Dask cluster at this address")
    where.add_argument("--workers", type=int, metavar="N", help="compute with N processes of this machine")
    run.add_argument(
        "--dry-run",
        action="store_true",
        help="print the number of tasks and an estimate of the time, and stop at the first sweep",
    )
    run.add_argument("--retry", action="store_true", help="run the tasks that failed, and only those")
    run.add_argument(
        "--keep", action="store_true", help="go on although the function has changed, keeping finished tasks"
    )
    run.add_argument("arguments", nargs="*", help="arguments of the script (after --)")
    show = commands.add_parser("status", help="what is done, what failed")
    show.add_argument("path", type=Path)
    show.add_argument("--failures", action="store_true", help="also print the tracebacks")
    write = commands.add_parser("export", help="write the results as one file (.parquet, .csv, .json)")
    write.add_argument("path", type=Path)
    write.add_argument("target", type=Path)
    return parser


def _run(options: argparse.Namespace) -> None:
    if not options.script.is_file():
        raise SweepError(f"there is no script {options.script}")
    chosen: dict[str, object] = {}
    if options.scheduler is not None or options.workers is not None:
        chosen["executor"] = options.scheduler if options.workers is None else options.workers
    for name in ("dry_run", "retry"):
        if getattr(options, name):
            chosen[name] = True
    if options.keep:
        chosen["on_change"] = "keep"
    sys.argv = [str(options.script), *options.arguments]
    sys.path.insert(0, str(options.script.resolve().parent))
    with override(**chosen), suppress(DryRunEnds):
        runpy.run_path(str(options.script), run_name="__main__")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status (2 for bad input, 130 after Ctrl-C)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            _run(options)
        elif options.command == "status":
            print(status(options.path))
            if options.failures:
                for row in failures(options.path).to_dict("records"):
                    error = row.pop("error")
                    print(f"\n{row}\n{error}")
        else:
            print(export(options.path, options.target))
    except KeyboardInterrupt:
        return 130
    except (SweepError, OSError, ValueError) as error:
        if options.command == "run" and not isinstance(error, SweepError):
            raise  # it comes from the script, whose author wants the traceback
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
