"""The table of records, ``records.json``: who solved what and how; everything that can be counted is counted again from the solutions."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from learnscape.challenge.counting import fields
from learnscape.challenge.series import FAMILIES, MOST, SIZES, Instance, find, instances
from learnscape.challenge.solutions import as_weights, decode, verify
from learnscape.errors import is_integer, require
from learnscape.learn.kernels import energy_after_flips

__all__ = ["FRACTION", "Record", "Standing", "farthest", "known", "local_energy", "records", "standings"]

FRACTION = 0.05
"""Part of the weights that is flipped where flatness is compared."""
FIELDS = ("instance", "solution", "who", "method", "date", "sweeps")


@dataclass(frozen=True)
class Record:
    """One line of the table."""

    instance: Instance
    """What was solved."""
    solution: str
    """Base64 of its bits."""
    who: str
    """Who sent it in."""
    method: str
    """How it was found, in the sender's words."""
    date: str
    """When, YYYY-MM-DD."""
    sweeps: int | None
    """Sweeps over the patterns that were needed, as the sender *claims*: nobody can recount them. None where none are claimed."""

    @cached_property
    def reach(self) -> int:
        """How many leading patterns of the series the solution satisfies: often more than those of the instance that was searched."""
        verdict = verify(replace(self.instance, p=MOST * self.instance.n), self.solution)
        return verdict.instance.p if verdict.solved else verdict.first


class Standing(NamedTuple):
    """The best on one rung of the ladder, over all records that solve it; None where no record does."""

    instance: Instance
    """The rung."""
    flattest: Record | None
    """The solution of lowest local energy."""
    energy: float | None
    """Its :func:`local_energy`."""
    quickest: Record | None
    """The one with the fewest claimed sweeps."""


@cache
def records() -> tuple[Record, ...]:
    """The lines of the table.

    Raises
    ------
    ValueError
        The file has a line that is not of the form that the chapter states.
    """
    return _read(resources.files(__package__).joinpath("records.json").read_text(encoding="utf-8"))


def _read(text: str) -> tuple[Record, ...]:
    table = json.loads(text, object_pairs_hook=tuple)  # a dict would keep the last of two fields of one name
    require(isinstance(table, list), "the table", table, "a list of records")
    return tuple(_record(line) for line in table)


def _record(line: object) -> Record:
    require(
        isinstance(line, tuple) and tuple(name for name, _ in line) == FIELDS,
        "a record",
        line,
        f"an object of {', '.join(FIELDS)}",
    )
    assert isinstance(line, tuple)
    instance, solution, who, method, date, sweeps = (value for _, value in line)
    for name, value in zip(FIELDS[:-1], (instance, solution, who, method, date), strict=True):
        fine = isinstance(value, str) and value.isprintable() and value.strip() == value != ""
        require(fine, name, value, "a text of one line")
    require(
        sweeps is None or (is_integer(sweeps) and sweeps >= 1), "sweeps", sweeps, "an integer >= 1, or null"
    )
    return Record(
        find(str(instance)),
        str(solution),
        str(who),
        str(method),
        str(date),
        int(sweeps) if is_integer(sweeps) else None,
    )


def local_energy(instance: Instance, weights: ArrayLike, fraction: float = FRACTION) -> float:
    """Mean fraction of violated patterns when that fraction of the weights is flipped; the mean over *all* choices of them, exactly.

    By :func:`learnscape.learn.kernels.energy_after_flips`, from the w.xi alone: no draws, no seed.

    Parameters
    ----------
    instance : Instance
    weights : array_like, shape (N,)
        +1 and -1, a solution or not.
    fraction : float
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from learnscape.challenge import find
    >>> instance = find("asymmetric-21-1")  # one pattern; w is that pattern, and half of the weights are flipped
    >>> round(local_energy(instance, instance.patterns()[0], 10 / 21), 3), round(local_energy(instance, instance.patterns()[0], 11 / 21), 3)
    (0.0, 1.0)
    """
    require(0.0 <= fraction <= 1.0, "fraction", fraction, "a number in [0, 1]")
    now = fields(instance, as_weights(weights))
    low, high = instance.bounds
    if low == -high:  # then w and -w are alike to the last digit, and neither is flatter
        now = np.abs(now)
    return float(energy_after_flips(now, instance.n, int(fraction * instance.n + 0.5), low, high))


def farthest(table: Sequence[Record] | None = None) -> dict[tuple[str, int], Record]:
    """The record that satisfies the most patterns of each series, by family and N; the earlier one of two alike."""
    best: dict[tuple[str, int], Record] = {}
    for record in records() if table is None else table:
        series = record.instance.family, record.instance.n
        if series not in best or record.reach > best[series].reach:
            best[series] = record
    return {(f, n): best[f, n] for f in FAMILIES for n in SIZES if (f, n) in best}


def standings(table: Sequence[Record] | None = None) -> list[Standing]:
    """The best of every rung of the ladder: whoever solves more patterns of a series solves fewer, too."""
    found = []
    given = records() if table is None else table
    for rung in instances():
        able = [
            record
            for record in given
            if (record.instance.family, record.instance.n) == (rung.family, rung.n) and record.reach >= rung.p
        ]
        energies = [_energy(rung, record.solution) for record in able]
        flattest = min(range(len(able)), key=energies.__getitem__, default=None)
        claimed = [record for record in able if record.sweeps is not None]
        quickest = min(claimed, key=lambda record: record.sweeps or math.inf, default=None)
        found.append(
            Standing(
                rung,
                None if flattest is None else able[flattest],
                None if flattest is None else energies[flattest],
                quickest,
            )
        )
    return found


@cache
def _energy(instance: Instance, solution: str) -> float:
    return local_energy(instance, decode(instance, solution))


def known(instance: Instance) -> str:
    """What is known about the instance's satisfiability, in words.

    Examples
    --------
    >>> from learnscape.challenge import find
    >>> known(find("asymmetric-21-17")), known(find("symmetric-10001-40000"))
    ('unsatisfiable, by enumeration', 'unknown')
    """
    if instance.satisfiable is not None:
        return "satisfiable" if instance.satisfiable else "unsatisfiable, by enumeration"
    record = farthest().get((instance.family, instance.n))
    return "solved" if record is not None and record.reach >= instance.p else "unknown"
