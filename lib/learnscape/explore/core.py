"""An explorable: one kernel, a description of its controls and its picture, and every place where it is shown.

The kernel has the fixed signature ``kernel(inputs: float64[:], outputs: float64[:]) -> None``. The same compiled function answers

* in JupyterLab, through an ``anywidget`` (``widget.py``);
* in the static page, compiled ahead of time to WebAssembly (``wasm/``);
* in tests and for the picture without JavaScript, through :meth:`Explorable.evaluate`.

With the environment variable ``LEARNSCAPE_HOST=static``, which the book build sets, displaying an explorable gives the static
HTML and no widget is made.
"""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from learnscape.errors import require
from learnscape.explore import wasm
from learnscape.explore.spec import Control, Note, Panel, Question, Readout, Simulation, View

if TYPE_CHECKING:
    from learnscape.explore.widget import ExplorableWidget

__all__ = ["REGISTRY", "Explorable", "explorable"]

FloatArray = NDArray[np.float64]
Kernel = Callable[[FloatArray, FloatArray], None]
REDRAW, ADVANCE, RESTART = 0, 1, 2
STANDS_STILL = (
    "This picture stands still: the script of this page did not run. It needs JavaScript and a web server; "
    "a book opened as a file moves after <code>make serve</code>."
)

REGISTRY: dict[str, Callable[[], Explorable]] = {}
"""Name -> factory of every explorable of the book; the browser tests run over it."""


def explorable(factory: Callable[[], Explorable]) -> Callable[[], Explorable]:
    """Register a factory under its function name."""
    REGISTRY[factory.__name__] = factory
    return factory


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
    outputs : mapping of str to int
        Name -> length, in the order in which they lie in the outputs. Names starting with ``_`` (state, scratch) are not shown.
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
        outputs: Mapping[str, int],
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
    ) -> None:
        require(bool(alt.strip()), "alt", alt, "a sentence that says what is seen")
        require(
            len({c.name for c in controls}) == len(controls),
            "controls",
            [c.name for c in controls],
            "distinct names",
        )
        require(all(length > 0 for length in outputs.values()), "outputs", dict(outputs), "lengths > 0")
        self.name, self.kernel, self.alt, self.title, self.announce = name, kernel, alt, title, announce
        self.controls, self.picture, self.readouts = tuple(controls), tuple(picture), tuple(readouts)
        self.notes = tuple(Note(note) if isinstance(note, str) else note for note in notes)
        self.question, self.simulation = question, simulation
        self.messages = dict(messages or {})
        self.constants = {
            key: np.asarray(value, dtype=np.float64) for key, value in (constants or {}).items()
        }
        edges = np.concatenate([[0], np.cumsum(list(outputs.values()))]).astype(int)
        self.slices = {
            key: slice(int(a), int(b)) for key, a, b in zip(outputs, edges[:-1], edges[1:], strict=True)
        }
        self.n_outputs = int(edges[-1])

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
            "simulation": None if self.simulation is None else asdict(self.simulation),
            "messages": {str(code): text for code, text in self.messages.items()},
        }
        jsonable: dict[str, Any] = json.loads(json.dumps(plain, default=_plain))
        return jsonable

    @cached_property
    def png(self) -> bytes:
        """The default state, drawn by Matplotlib."""
        from learnscape.explore.picture import draw

        return draw(self)

    def fallback_html(self) -> str:
        """The picture with its alt text."""
        image = base64.b64encode(self.png).decode()
        return f'<img class="ls-fallback" alt="{html.escape(self.alt)}" src="data:image/png;base64,{image}">'

    def html(self) -> str:
        """The static host: description, WebAssembly and picture, brought to life by the page's ES module."""
        data = {
            "element": "explorable",
            "spec": self.spec(),
            "wasm": base64.b64encode(wasm.load(self.name)).decode(),
        }
        text = (
            json.dumps(data, separators=(",", ":"), ensure_ascii=True)
            .replace("</", "<\\/")
            .replace("<!--", "<\\u0021--")
        )
        return (
            f'<div class="ls-host" data-learnscape="explorable" data-name="{html.escape(self.name)}">'
            f'<script type="application/json">{text}</script>{self.fallback_html()}<p class="ls-still">{STANDS_STILL}</p></div>'
        )

    @cached_property
    def widget(self) -> ExplorableWidget:
        """The live widget, made on first use: an ipywidget with one trait for each control."""
        from learnscape.explore.widget import widget_of

        return widget_of(self)

    # An explorable stands for its widget wherever an ipywidget is expected, as in ``VBox([explorable, slider])`` or
    # ``traitlets.link((explorable, "kappa"), (slider, "value"))``. It does not inherit from it: a page of the book shows explorables
    # without a kernel, and there no widget may be made.

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        from learnscape.explore.widget import ExplorableWidget

        return ExplorableWidget if "controls" in self.__dict__ else Explorable

    def __getattr__(self, name: str) -> Any:
        """A control's value, or what else the widget has; names that Python and IPython try by themselves are left out."""
        if name.startswith("_") or "controls" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.widget, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dict__ and any(
            control.name == name for control in self.__dict__.get("controls", ())
        ):
            setattr(self.widget, name, value)
        else:
            object.__setattr__(self, name, value)

    def slider(self, name: str) -> Any:
        """A plain ipywidgets slider that moves with a control: for ``interactive_output``, which needs one with a ``value``.

        Examples
        --------
        >>> from learnscape.explore import gardner_capacity
        >>> explorable = gardner_capacity()
        >>> slider = explorable.slider("kappa")
        >>> explorable.kappa = 0.5
        >>> slider.value
        0.5
        """
        import ipywidgets
        import traitlets

        found = {control.name: control for control in self.controls}
        require(name in found, "control", name, f"among {list(found)}")
        control = found[name]
        made = ipywidgets.FloatSlider(
            value=getattr(self.widget, name),
            min=control.min,
            max=control.max,
            step=control.step,
            description=name,
        )
        traitlets.link((self.widget, name), (made, "value"))
        return made

    @property
    def values(self) -> dict[str, float]:
        """Current values of the controls by name; setting them moves the sliders."""
        return dict(self.widget.values)

    @values.setter
    def values(self, new: Mapping[str, float]) -> None:
        self.widget.values = {**self.widget.values, **new}

    def observe(self, handler: Callable[..., Any], names: str | Sequence[str] = "values") -> None:
        """Call ``handler`` when the reader moves a control, as for every ipywidget."""
        self.widget.observe(handler, names=names)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": self.alt, "image/png": base64.b64encode(self.png).decode()}
        if os.environ.get("LEARNSCAPE_HOST", "live") == "static":
            return {**bundle, "text/html": self.html()}
        note = "<p>Run this cell to make the picture move.</p>"
        live = self.widget._repr_mimebundle_()
        view = live[0] if isinstance(live, tuple) else live
        return {**(view or {}), **bundle, "text/html": self.fallback_html() + note}


def _plain(value: Any) -> Any:
    """Arrays and mappings as JSON."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} cannot be put into a page")
