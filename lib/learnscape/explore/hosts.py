"""Where an explorable is shown: in a page without a kernel, as a live widget, and as a picture wherever no script runs.

With the environment variable ``LEARNSCAPE_HOST=static``, which the book build sets, displaying an explorable gives the static
HTML and no widget is made.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any

from learnscape.errors import require
from learnscape.explore import wasm
from learnscape.explore.core import Explorable
from learnscape.page import embed
from learnscape.page.markup import Markup, tag

if TYPE_CHECKING:
    from learnscape.explore.widget import ExplorableWidget

__all__ = ["Hosted", "explorable"]

STANDS_STILL = (
    "This picture stands still: the script of this page did not run. It needs JavaScript and a web server; a book opened as a file moves after ",
    tag("code", "make serve"),
    ".",
)


class Hosted(Explorable):
    """An explorable that displays itself, and stands for its widget wherever an ipywidget is expected.

    ``VBox([explorable, slider])`` and ``traitlets.link((explorable, "kappa"), (slider, "value"))`` work. It does not inherit from the
    widget: a page of the book shows explorables without a kernel, and there no widget may be made.
    """

    @classmethod
    def of(cls, plain: Explorable) -> Hosted:
        """The same explorable with its hosts."""
        made = cls.__new__(cls)
        vars(made).update(vars(plain))
        return made

    @cached_property
    def png(self) -> bytes:
        """The default state, drawn by Matplotlib."""
        from learnscape.explore.picture import draw

        return draw(self)

    def fallback_html(self) -> Markup:
        """The picture with its alt text."""
        image = base64.b64encode(self.png).decode()
        return tag("img", class_=embed.FALLBACK, alt=self.alt, src=f"data:image/png;base64,{image}")

    def html(self) -> Markup:
        """The static host: description, WebAssembly or table, and picture, brought to life by the page's ES module."""
        numbers: dict[str, Any]
        if self.table is None:
            numbers = {"wasm": base64.b64encode(wasm.load(self.name)).decode()}
        else:
            numbers = {"table": self.table.spec()}
        return embed.host(
            "explorable",
            {"spec": self.spec(), **numbers},
            self.fallback_html(),
            tag("p", *STANDS_STILL, class_="ls-still"),
            class_="ls-host",
            data_name=self.name,
        )

    @cached_property
    def widget(self) -> ExplorableWidget:
        """The live widget, made on first use: an ipywidget with one trait for each control."""
        from learnscape.explore.widget import widget_of

        return widget_of(self)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        from learnscape.explore.widget import ExplorableWidget

        return ExplorableWidget if "controls" in self.__dict__ else Hosted

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

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        bundle: dict[str, Any] = {"text/plain": self.alt, "image/png": base64.b64encode(self.png).decode()}
        if embed.static():
            return {**bundle, "text/html": self.html()}
        from learnscape.page.live import live_bundle

        note = tag("p", "Run this cell to make the picture move.")
        return live_bundle(self.widget, {**bundle, "text/html": self.fallback_html() + note})


def explorable(factory: Callable[[], Explorable]) -> Callable[[], Hosted]:
    """Let a factory of a plain explorable make one that is shown everywhere; for the functions of the parts, and for your own."""

    @wraps(factory)
    def make() -> Hosted:
        return Hosted.of(factory())

    return make
