"""An explorable whose numbers take too long to compute while a slider moves: a table made beforehand, and interpolation.

The table is a grid over all controls, stored in float32; between its nodes the outputs are interpolated linearly along each axis. It
carries its largest error, measured against the function itself. In Python a compiled kernel interpolates, in the page
``page/js/table.js`` does, by the same rules: a value beyond an end of an axis is the end; one within 1e-9 of a cell from a node is the
node; a corner of weight zero is not read, so that a NaN beside a node does not spread to it.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import require
from learnscape.explore.core import FloatArray, Kernel
from learnscape.explore.layout import Layout, layout
from learnscape.explore.spec import Note, Readout
from learnscape.numerics.jit import kernel

__all__ = ["GridTable", "TableAxis", "interpolate", "tabulate"]

Answer = Mapping[str, float | Sequence[float] | FloatArray]
SNAP = 1e-9
MARGIN = 1.25  # between the nodes and the midpoints the error may be a little larger than at either


@dataclass(frozen=True)
class TableAxis:
    """The nodes along one control: ``n`` of them from ``start`` to ``stop``, evenly spaced in the value or in its logarithm."""

    name: str
    start: float
    stop: float
    n: int
    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        ends = (self.start, self.stop)
        ordered = all(map(math.isfinite, ends)) and self.start < self.stop
        require(ordered, f"{self.name}: (start, stop)", ends, "finite, start < stop")
        require(
            self.scale == "linear" or self.start > 0,
            f"{self.name}: start",
            self.start,
            "> 0 where scale is log",
        )
        require(self.n >= 2, f"{self.name}: n", self.n, "at least 2 nodes")

    def nodes(self, refine: int = 1) -> FloatArray:
        """Values at the nodes, with ``refine - 1`` more between any two of them."""
        count = refine * (self.n - 1) + 1
        if self.scale == "log":
            return np.geomspace(self.start, self.stop, count)
        return np.linspace(self.start, self.stop, count)


@kernel
def interpolate(
    axes: FloatArray, entries: NDArray[np.float32], inputs: FloatArray, outputs: FloatArray
) -> None:
    """Multilinear interpolation of all outputs at once.

    ``axes`` has a row (start, stop, nodes, logarithmic?) for each input, ``entries`` a row for each node (the last axis runs fastest) and
    a column for each output.
    """
    k, size = axes.shape[0], entries.shape[1]
    outputs[:] = 0.0
    for corner in range(1 << k):  # a bit for each axis: below or above the value
        weight, node = 1.0, 0
        for a in range(k):
            start, stop, n = axes[a, 0], axes[a, 1], axes[a, 2]
            if axes[a, 3] > 0.0:
                along = math.log(inputs[a] / start) / math.log(stop / start)
            else:
                along = (inputs[a] - start) / (stop - start)
            cells = min(1.0, max(0.0, along)) * (n - 1.0)
            nearest = math.floor(cells + 0.5)
            if abs(cells - nearest) < SNAP:
                cells = nearest
            low = math.floor(cells)
            above = cells - low
            if (corner >> (k - 1 - a)) & 1:
                weight *= above
                low += 1.0
            else:
                weight *= 1.0 - above
            node = node * int(n) + int(low)
        if weight > 0.0:
            for i in range(size):
                outputs[i] += weight * entries[node, i]


@dataclass(frozen=True, eq=False)
class GridTable:
    """Outputs on a grid of controls; made by :func:`tabulate`, stored as what :meth:`spec` gives."""

    axes: tuple[TableAxis, ...]
    outputs: dict[str, NDArray[np.float32]]
    """Name -> values, shape (nodes of the first axis, ..., nodes of the last axis, length of the output)."""
    error: dict[str, float]
    """Name -> the largest difference between the interpolation and the function; zero where there is none."""

    def __post_init__(self) -> None:
        shape = tuple(axis.n for axis in self.axes)
        for name, values in self.outputs.items():
            require(
                values.shape[:-1] == shape,
                f"shape of {name}",
                values.shape,
                f"{shape} and the length of the output",
            )
        require(
            set(self.error) == set(self.outputs),
            "error",
            self.error,
            f"a number for each of {list(self.outputs)}",
        )

    @cached_property
    def layout(self) -> Layout:
        """Where each output lies."""
        return layout(**{name: values.shape[-1] for name, values in self.outputs.items()})

    @cached_property
    def kernel(self) -> Kernel:
        """The interpolation, as a kernel of an explorable whose controls are the axes in their order."""
        axes = np.array(
            [[axis.start, axis.stop, axis.n, axis.scale == "log"] for axis in self.axes], dtype=np.float64
        )
        nodes = math.prod(axis.n for axis in self.axes)
        entries = np.concatenate([values.reshape(nodes, -1) for values in self.outputs.values()], axis=1)

        def interpolated(inputs: FloatArray, outputs: FloatArray) -> None:
            interpolate(axes, entries, inputs, outputs)

        return interpolated

    def note(self, readouts: Iterable[Readout]) -> Note:
        """The sentence below the picture that says how far the numbers read off may be from the function's."""
        parts = []
        for readout in readouts:
            error = self.error.get(readout.value, 0.0) * (100.0 if readout.percent else 1.0)
            if error > 0.0:
                unit = " %" if readout.percent else f" {readout.unit}".rstrip()
                parts.append(f"{readout.label} by at most {_rounded_up(error)}{unit}")
        limits = f"; interpolation puts off {', '.join(parts)}" if parts else ""
        return Note(f"Read from a table computed beforehand{limits}.", exactness=True)

    def spec(self) -> dict[str, Any]:
        """The table as JSON-able data, for the page and for a file: values as base64 of little-endian float32, last axis fastest."""
        coded = {
            name: base64.b64encode(values.astype("<f4").tobytes()).decode()
            for name, values in self.outputs.items()
        }
        return {"axes": [asdict(axis) for axis in self.axes], "outputs": coded, "error": dict(self.error)}

    @classmethod
    def from_spec(cls, data: Mapping[str, Any]) -> GridTable:
        """The table that :meth:`spec` described, as in ``GridTable.from_spec(learnscape.stored("name"))``."""
        axes = tuple(TableAxis(**axis) for axis in data["axes"])
        shape = tuple(axis.n for axis in axes)
        outputs = {
            name: np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32).reshape(*shape, -1)
            for name, text in data["outputs"].items()
        }
        return cls(axes, outputs, dict(data["error"]))


def _rounded_up(error: float) -> str:
    """One digit and a power of ten, never less than the error."""
    exponent = math.floor(math.log10(error))
    digit = math.ceil(error / 10.0**exponent * (1.0 - 1e-12))
    if digit == 10:
        digit, exponent = 1, exponent + 1
    return f"{digit}·10^{{{exponent}}}".replace("-", "\u2212")


def _call(function: Callable[..., Answer], names: Sequence[str], place: tuple[float, ...]) -> Answer:
    return function(**dict(zip(names, place, strict=True)))


def tabulate(
    function: Callable[..., Answer],
    axes: Sequence[TableAxis],
    *,
    apply: Callable[[Callable[[tuple[float, ...]], Answer], list[tuple[float, ...]]], Iterable[Answer]] = map,
) -> GridTable:
    """Compute a table, and its error at the middle of every cell and of every side of a cell.

    Parameters
    ----------
    function : callable
        ``function(**controls)`` gives a mapping from names to numbers or one-dimensional arrays. NaN means that there is no value.
    axes : sequence of TableAxis
        Named as the controls.
    apply : callable
        ``map``, or one that computes side by side, such as the ``map`` of a process pool.

    Returns
    -------
    GridTable
        Its ``error`` is a quarter more than the largest difference found, rounding to float32 included.

    Raises
    ------
    ValueError
        If the interpolation has a value at a place where the function has none.

    Examples
    --------
    >>> made = tabulate(lambda x: {"square": x * x}, [TableAxis("x", 0.0, 1.0, 11)])
    >>> print(f"{made.error['square']:.6f}")   # (1/4) (1/10)^2, and a quarter more
    0.003125
    """
    names = [axis.name for axis in axes]
    places = list(product(*(axis.nodes(refine=2).tolist() for axis in axes)))
    answers = list(apply(partial(_call, function, names), places))
    fine = tuple(2 * axis.n - 1 for axis in axes)
    exact = {
        name: np.array(
            [np.atleast_1d(np.asarray(answer[name], dtype=np.float64)) for answer in answers]
        ).reshape(*fine, -1)
        for name in answers[0]
    }
    every_other = (slice(None, None, 2),) * len(axes)
    outputs = {name: values[every_other].astype(np.float32) for name, values in exact.items()}
    made = GridTable(tuple(axes), outputs, dict.fromkeys(outputs, 0.0))
    found = np.empty((len(places), made.layout.size))
    for place, row in zip(places, found, strict=True):
        made.kernel(np.array(place), row)
    error = {}
    for name, part in made.layout.slices.items():
        interpolated, wanted = found[:, part], exact[name].reshape(len(places), -1)
        beyond = np.isfinite(interpolated) & ~np.isfinite(wanted)
        if beyond.any():
            at = dict(zip(names, places[int(np.argmax(beyond.any(axis=1)))], strict=True))
            raise ValueError(
                f"{name} has no value at {at}, but the table interpolates one: use more nodes there"
            )
        error[name] = float(MARGIN * np.nanmax(np.abs(interpolated - wanted), initial=0.0))
    return GridTable(tuple(axes), outputs, error)
