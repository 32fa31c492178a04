"""The live host: an anywidget whose numbers come from the Numba kernel of the running Python.

The page sends ``request = [id, action, seed]`` together with ``values``; Python answers with ``results`` (the outputs as float64
bytes) and ``response = [id, seconds]``. The page has at most one request under way, so a slow kernel is never flooded. The state of
a simulation lives here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from learnscape.explore import core

if TYPE_CHECKING:
    from learnscape.explore.core import Explorable

__all__ = ["ExplorableWidget", "bundle_paths"]


def bundle_paths() -> tuple[str, str]:
    """The module and the style sheet shared by every widget of the library (also by the answer boxes)."""
    from learnscape.explore import assets

    found = assets()
    return str(found["learnscape.js"]), str(found["learnscape.css"])


class ExplorableWidget(anywidget.AnyWidget):
    """``values`` (name -> float) is what the reader moves; ``outputs`` gives the current answer by name."""

    _esm, _css = "", ""

    element = traitlets.Unicode("explorable").tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    request = traitlets.List([0, core.RESTART, 1]).tag(sync=True)
    response = traitlets.List([0, 0.0]).tag(sync=True)
    results = traitlets.Bytes(b"").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)

    def __init__(self, explorable: Explorable, **kwargs: Any) -> None:
        self.explorable = explorable
        self.state = np.zeros(explorable.size)
        defaults = {control.name: control.value for control in explorable.controls}
        explorable.run(self.state, defaults)
        simulation = explorable.simulation
        for _ in range(simulation.opening_steps if simulation is not None else 0):
            explorable.run(self.state, defaults, core.ADVANCE)
        module, sheet = (open(path, encoding="utf-8").read() for path in bundle_paths())
        super().__init__(
            _esm=module,
            _css=sheet,
            spec=explorable.spec(),
            values=defaults,
            results=self.state.tobytes(),
            **kwargs,
        )
        self.observe(self._answer, names="request")

    @property
    def outputs(self) -> dict[str, core.FloatArray]:
        """The current outputs by name (copies)."""
        return self.explorable.named(self.state.copy())

    @traitlets.validate("values")
    def _check(self, proposal: Any) -> dict[str, float]:
        given = {control.name: control.value for control in self.explorable.controls} | dict(proposal["value"])
        self.explorable.inputs(given)
        return {name: float(value) for name, value in given.items()}

    @traitlets.observe("values")
    def _moved(self, change: Any) -> None:
        if not self.explorable_ready():
            return
        restarts = {c.name: c.restarts for c in self.explorable.controls}
        changed = [name for name, value in change["new"].items() if change["old"].get(name) != value]
        again = any(restarts[name] for name in changed)
        self._run(core.RESTART if again or self.explorable.simulation is None else core.REDRAW, self.request[2])

    def explorable_ready(self) -> bool:
        """Whether the first state has been sent; before that nothing needs an answer."""
        return bool(self.results)

    def _answer(self, change: Any) -> None:
        number, action, seed = change["new"]
        if action != core.REDRAW or self.explorable.simulation is None:
            self._run(int(action), int(seed))
        self.response = [number, self.seconds]

    seconds = 0.0

    def _run(self, action: int, seed: int) -> None:
        start = time.perf_counter()
        try:
            self.explorable.run(self.state, self.values, action, seed)
        except Exception as failure:  # noqa: BLE001 - shown to the reader, who would otherwise see a dead slider
            self.error = f"{type(failure).__name__}: {failure}"
            raise
        self.seconds = time.perf_counter() - start
        with self.hold_sync():
            self.error = ""
            self.results = self.state.tobytes()
