"""The live host: an anywidget whose numbers come from the Numba kernel of the running Python.

The page sends ``request = [id, action, seed, values]``; Python answers with ``results`` (the outputs as float64 bytes) and
``response = [id, seconds]``. The page has at most one request under way, so a slow kernel is never flooded. The state of a
simulation lives here. Setting ``values`` in Python moves the sliders.

Every control is a trait of its own as well, ``widget.kappa``, so that the widget can be linked, observed and put into boxes like any
other ipywidget. ``values`` and these traits always agree.
"""

from __future__ import annotations

import time
from types import new_class
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from learnscape.explore.actions import REDRAW, RESTART
from learnscape.page.live import PageWidget

if TYPE_CHECKING:
    from learnscape.explore.core import Explorable, FloatArray
    from learnscape.explore.spec import Control

__all__ = ["ControlTrait", "ExplorableWidget", "widget_of"]


class ControlTrait(traitlets.CFloat):  # type: ignore[type-arg]
    """A number that its control allows."""

    def __init__(self, control: Control) -> None:
        self.control = control
        super().__init__(control.value, help=control.label)

    def validate(self, obj: Any, value: Any) -> float:
        number = float(super().validate(obj, value))
        try:
            return self.control.check(number)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


def widget_of(explorable: Explorable) -> ExplorableWidget:
    """The widget of an explorable, of a class of its own that has a trait for each control."""
    traits = {control.name: ControlTrait(control).tag(sync=True) for control in explorable.controls}
    kind = new_class("ExplorableWidget", (ExplorableWidget,), exec_body=lambda body: body.update(traits))
    widget: ExplorableWidget = kind(explorable)
    return widget


class ExplorableWidget(PageWidget):
    """``values`` (name -> float) is what the reader moves; ``outputs`` gives the current answer by name."""

    values = traitlets.Dict().tag(sync=True)
    request = traitlets.List([0, RESTART, 1, {}]).tag(sync=True)
    response = traitlets.List([0, 0.0]).tag(sync=True)
    results = traitlets.Bytes(b"").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)

    def __init__(self, explorable: Explorable, **kwargs: Any) -> None:
        self.explorable = explorable
        self.state = np.concatenate(list(explorable.evaluate().values()))
        self._answering = False
        self._answered = 0
        defaults = {control.name: control.value for control in explorable.controls}
        seed = 0 if explorable.simulation is None else explorable.simulation.seed
        super().__init__(
            element="explorable",
            spec=explorable.spec(),
            values=defaults,
            request=[0, RESTART, seed, defaults],
            **kwargs,
        )
        self.results = self.state.tobytes()
        self.observe(self._control_moved, names=list(defaults))

    @property
    def outputs(self) -> dict[str, FloatArray]:
        """The current outputs by name (copies)."""
        return self.explorable.named(self.state.copy())

    @traitlets.validate("values")
    def _check(self, proposal: Any) -> dict[str, float]:
        given = {control.name: control.value for control in self.explorable.controls} | dict(
            proposal["value"]
        )
        self.explorable.inputs(given)
        return {name: float(value) for name, value in given.items()}

    def _control_moved(self, change: Any) -> None:
        """A control's own trait was set: in Python, by a link, or in the browser by a link there."""
        name, value = change["name"], change["new"]
        request: list[Any] = list(self.request)
        number, asked = request[0], request[3]
        if number != self._answered and asked.get(name) == value:
            return  # part of a request, which is answered as a whole
        if self.values.get(name) != value:
            self.values = {**self.values, name: value}

    @traitlets.observe("values")
    def _show_in_traits(self, change: Any) -> None:
        for name, value in change["new"].items():
            if self.has_trait(name) and getattr(self, name) != value:
                setattr(self, name, value)

    @traitlets.observe("values")
    def _set_in_python(self, change: Any) -> None:
        if self._answering or not self.results:
            return
        restarts = {control.name: control.restarts for control in self.explorable.controls}
        again = any(
            restarts[name] for name, value in change["new"].items() if change["old"].get(name) != value
        )
        request: list[Any] = list(self.request)
        self._run(RESTART if again or self.explorable.simulation is None else REDRAW, int(request[2]), [])

    @traitlets.observe("request")
    def _answer(self, change: Any) -> None:
        if not self.results:
            return
        number, action, seed, values = change["new"]
        self._answered = number
        self._answering = True
        try:
            self.values = values
        finally:
            self._answering = False
        self._run(int(action), int(seed), [number])

    def _run(self, action: int, seed: int, answered: list[int]) -> None:
        """One call of the kernel; results, and the number of the request they answer, leave in one message."""
        start = time.perf_counter()
        error = ""
        try:
            self.explorable.run(self.state, self.values, action, seed)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        with self.hold_sync():
            self.error, self.results = error, self.state.tobytes()
            if answered:
                self.response = [answered[0], time.perf_counter() - start]
