"""An explorable: one kernel, and a description of its controls and its picture; ``hosts.py`` knows where it is shown.

The kernel has the fixed signature ``kernel(inputs: float64[:], outputs: float64[:]) -> None``. The same compiled function answers

* in JupyterLab, through an ``anywidget`` (``widget.py``);
* in the static page, compiled ahead of time to WebAssembly (``wasm/``);
* in tests and for the picture without JavaScript, through :meth:`Explorable.evaluate`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import require
from learnscape.explore.actions import ACTIONS, ADVANCE, RESTART
from learnscape.explore.layout import Layout
from learnscape.explore.spec import Control, Note, Panel, Question, Readout, Simulation, View

if TYPE_CHECKING:
    from learnscape.explore.table import GridTable

__all__ = ["Explorable", "FloatArray", "Kernel"]

FloatArray = NDArray[np.float64]
Kernel = Callable[[FloatArray, FloatArray], None]


class Explorable:
    """A pure function of a few parameters with controls and a picture.

    Parameters
    ----------
    name : str
        Name of the factory and of ``wasm/<name>.wasm``.
    kernel : callable
        ``kernel(inputs, outputs)``, compiled by :func:`learnscape.numerics.jit.kernel`. ``inputs`` holds the controls' values in
        order (for a simulation followed by ``action`` and ``seed``). An output called ``status`` that is not zero after a call says
        that there is no answer; ``messages`` maps its value to a sentence.
    controls : sequence of Control
    outputs : Layout
        Where each output lies; made by :func:`learnscape.explore.layout.layout`, and read by the kernel.
    picture : sequence of Panel or View
    readouts, notes, question, simulation
        See :mod:`learnscape.explore.spec`.
    title : str
        The question the explorable answers, as its heading.
    alt : str
        What a person would see in the picture of the default state.
    announce : str
        Sentence read to screen readers after a change, with ``{name}`` or ``{name:.3f}`` for outputs and controls.
    constants : mapping of str to array
        Arrays that marks use and that no control changes.
    table : GridTable
        Where the kernel is ``table.kernel``, interpolation in a table over all controls, and ``outputs`` is ``table.layout``.

    Examples
    --------
    >>> from learnscape.explore import gardner_capacity
    >>> answer = gardner_capacity().evaluate(kappa=0.0)
    >>> round(float(answer["alpha_c"][0]), 12)
    2.0
    """

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        *,
        controls: Sequence[Control],
        outputs: Layout,
        picture: Sequence[Panel | View],
        alt: str,
        title: str,
        announce: str,
        readouts: Sequence[Readout] = (),
        notes: Sequence[Note | str] = (),
        question: Question | None = None,
        simulation: Simulation | None = None,
        messages: Mapping[int, str] | None = None,
        constants: Mapping[str, Sequence[float] | FloatArray] | None = None,
        table: GridTable | None = None,
    ) -> None:
        require(bool(alt.strip()), "alt", alt, "a sentence that says what is seen")
        require(
            len({c.name for c in controls}) == len(controls),
            "controls",
            [c.name for c in controls],
            "distinct names",
        )
        self.name, self.kernel, self.alt, self.title, self.announce = name, kernel, alt, title, announce
        self.controls, self.picture, self.readouts = tuple(controls), tuple(picture), tuple(readouts)
        self.notes = tuple(Note(note) if isinstance(note, str) else note for note in notes)
        self.question, self.simulation = question, simulation
        self.messages = dict(messages or {})
        self.constants = {
            key: np.asarray(value, dtype=np.float64) for key, value in (constants or {}).items()
        }
        if table is not None:
            require(simulation is None, "simulation", simulation, "None where there is a table")
            _check_axes(table, self.controls)
            self.notes += (table.note(self.readouts),)
        self.table = table
        self.slices, self.n_outputs = outputs.slices, outputs.size

    # ---- numbers ------------------------------------------------------------------------------------------------------------

    def inputs(
        self, values: Mapping[str, float], action: int = RESTART, seed: int | None = None
    ) -> FloatArray:
        """The kernel's input vector; controls not named keep their default. ``ValueError`` for what is not allowed."""
        unknown = set(values) - {control.name for control in self.controls}
        require(
            not unknown, "controls", sorted(unknown), f"among {[control.name for control in self.controls]}"
        )
        vector = [control.check(float(values.get(control.name, control.value))) for control in self.controls]
        if self.simulation is not None:
            vector += [float(action), float(self.simulation.seed if seed is None else seed)]
        return np.array(vector, dtype=np.float64)

    def run(
        self, state: FloatArray, values: Mapping[str, float], action: int = RESTART, seed: int | None = None
    ) -> None:
        """Call the kernel once on ``state``, which is changed in place; only a simulation remembers what it held."""
        if self.simulation is None or action == RESTART:
            state[:] = 0.0
        self.kernel(self.inputs(values, action, seed), state)

    def evaluate(
        self, *, steps: int | None = None, seed: int | None = None, **values: float
    ) -> dict[str, FloatArray]:
        """Outputs by name at the given values of the controls; a simulation starts afresh and takes ``steps`` steps."""
        if steps is None:
            steps = self.simulation.opening_steps if self.simulation is not None else 0
        require(steps == 0 or self.simulation is not None, "steps", steps, "0 where there is no simulation")
        state = np.zeros(self.n_outputs)
        self.run(state, values, RESTART, seed)
        for _ in range(steps):
            self.run(state, values, ADVANCE, seed)
        return self.named(state)

    def named(self, state: FloatArray) -> dict[str, FloatArray]:
        """Split a state into its named outputs."""
        return {name: state[part] for name, part in self.slices.items()}

    # ---- what is shown ------------------------------------------------------------------------------------------------------

    def spec(self) -> dict[str, Any]:
        """The description that the ES module draws, as JSON-able data."""
        picture = []
        for part in self.picture:
            kind = "view" if isinstance(part, View) else "panel"
            if isinstance(part, View):
                data = {"name": part.name, "alt": part.alt, "title": part.title, "aspect": part.aspect}
                data["options"] = dict(part.options)
            else:
                data = asdict(part)
                data["marks"] = [{"type": type(mark).__name__.lower(), **asdict(mark)} for mark in part.marks]
            picture.append({"kind": kind, **data})
        plain: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "alt": self.alt,
            "announce": self.announce,
            "controls": [asdict(control) for control in self.controls],
            "outputs": {name: [part.start, part.stop] for name, part in self.slices.items()},
            "size": self.n_outputs,
            "constants": self.constants,
            "picture": picture,
            "readouts": [asdict(readout) for readout in self.readouts],
            "notes": [asdict(note) for note in self.notes],
            "question": None if self.question is None else asdict(self.question),
            "actions": ACTIONS,
            "simulation": None if self.simulation is None else asdict(self.simulation),
            "messages": {str(code): text for code, text in self.messages.items()},
        }
        jsonable: dict[str, Any] = json.loads(json.dumps(plain, default=_plain))
        return jsonable


def _check_axes(table: GridTable, controls: Sequence[Control]) -> None:
    """A table has an axis for each control, in the same order, from end to end of its range."""
    axes = [axis.name for axis in table.axes]
    require(
        axes == [control.name for control in controls],
        "axes of the table",
        axes,
        "the controls in their order",
    )
    for axis, control in zip(table.axes, controls, strict=True):
        inside = axis.start <= control.min and control.max <= axis.stop
        ends = (control.min, control.max)
        require(
            inside, f"{control.name}: (min, max)", ends, f"within the table, [{axis.start:g}, {axis.stop:g}]"
        )


def _plain(value: Any) -> Any:
    """Arrays and mappings as JSON."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} cannot be put into a page")
