"""Explorables among other ipywidgets: traits, links, boxes, as the ecosystem expects them."""

from __future__ import annotations

import ipywidgets
import pytest
import traitlets

from learnscape.explore import REGISTRY, discs, gardner_capacity, gardner_volume
from learnscape.explore.hosts import Hosted
from learnscape.explore.widget import ExplorableWidget


@pytest.mark.parametrize("name", REGISTRY)
def test_every_control_is_a_trait_that_hides_nothing(name: str) -> None:
    explorable = REGISTRY[name]()
    taken = set(dir(ExplorableWidget)) | set(dir(Hosted)) | set(explorable.__dict__)
    for control in explorable.controls:
        assert control.name not in taken
        assert control.name.isidentifier()
        assert getattr(explorable.widget, control.name) == control.value
        assert explorable.widget.traits()[control.name].metadata["sync"] is True
        assert control.name in explorable.widget.get_state()


def test_traits_and_values_agree_and_the_numbers_follow() -> None:
    explorable = gardner_capacity()
    explorable.widget.kappa = 1.0
    assert explorable.values == {"kappa": 1.0}
    assert explorable.widget.outputs["alpha_c"][0] == pytest.approx(0.51957, abs=1e-5)
    explorable.values = {"kappa": 0.0}
    assert explorable.widget.kappa == explorable.kappa == 0.0
    explorable.kappa = 0.5
    assert explorable.widget.outputs["alpha_c"][0] == gardner_capacity().evaluate(kappa=0.5)["alpha_c"][0]


def test_a_value_out_of_range_is_refused_with_the_range() -> None:
    explorable = gardner_capacity()
    with pytest.raises(traitlets.TraitError, match=r"kappa.*-1\.5"):
        explorable.kappa = -77
    assert explorable.kappa == explorable.values["kappa"] == explorable.widget.kappa


def test_link_in_both_directions() -> None:
    explorable, slider = gardner_capacity(), ipywidgets.FloatSlider(min=-1.0, max=1.0, value=0.25)
    link = traitlets.link((slider, "value"), (explorable, "kappa"))
    assert explorable.kappa == 0.25
    explorable.widget.request = [1, 2, 0, {"kappa": 0.75}]  # the reader moves the explorable
    assert slider.value == 0.75
    slider.value = 0.5
    assert explorable.widget.outputs["alpha_c"][0] == gardner_capacity().evaluate(kappa=0.5)["alpha_c"][0]
    link.unlink()


def test_two_explorables_share_a_control() -> None:
    one, two = gardner_capacity(), gardner_volume()
    traitlets.link((one, "kappa"), (two, "kappa"))
    one.kappa = 0.5
    assert two.kappa == 0.5


def test_jslink_accepts_it() -> None:
    explorable, slider = gardner_capacity(), ipywidgets.FloatSlider()
    link = ipywidgets.jslink((explorable, "kappa"), (slider, "value"))
    assert link.get_state()["source"] == [f"IPY_MODEL_{explorable.widget.model_id}", "kappa"]


def test_observe_tells_the_new_value() -> None:
    explorable = gardner_capacity()
    seen: list[float] = []
    explorable.observe(lambda change: seen.append(change["new"]), names="kappa")
    explorable.widget.request = [1, 2, 0, {"kappa": 0.75}]
    explorable.values = {"kappa": 1.0}
    assert seen == [0.75, 1.0]


def test_boxes_take_it() -> None:
    explorable = gardner_capacity()
    box = ipywidgets.VBox([explorable, ipywidgets.Label("below")])
    assert box.get_state()["children"][0] == f"IPY_MODEL_{explorable.widget.model_id}"
    assert isinstance(explorable, Hosted)
    assert isinstance(explorable, ipywidgets.Widget)


def test_interactive_output_follows_its_slider() -> None:
    explorable = gardner_capacity()
    seen: list[float] = []
    shown = ipywidgets.interactive_output(
        lambda kappa: seen.append(kappa), {"kappa": explorable.slider("kappa")}
    )
    explorable.kappa = 0.5
    assert seen[-1] == 0.5
    assert isinstance(shown, ipywidgets.Output)
    with pytest.raises(ValueError, match="kappa"):
        explorable.slider("alpha")


def test_a_message_of_the_browser_computes_once() -> None:
    explorable = discs()
    widget = explorable.widget
    calls: list[int] = []
    run = explorable.run
    explorable.run = lambda state, values, action, seed: (
        calls.append(action) or run(state, values, action, seed)
    )
    moved = {control.name: control.value for control in explorable.controls}
    name = next(control.name for control in explorable.controls if control.min < control.max)
    control = next(c for c in explorable.controls if c.name == name)
    moved[name] = control.max if control.value != control.max else control.min
    widget.set_state({**moved, "request": [1, 2, 5, moved]})  # what the page sends, in one message
    assert calls == [2]
    assert getattr(widget, name) == moved[name]
    before = len(calls)
    widget.set_state({name: control.value})  # what jslink sends
    assert len(calls) == before + 1
    assert widget.values[name] == control.value


def test_in_a_page_no_widget_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNSCAPE_HOST", "static")
    explorable = gardner_capacity()
    assert "text/html" in explorable._repr_mimebundle_()
    repr(explorable)
    hasattr(explorable, "_ipython_display_")
    assert "widget" not in explorable.__dict__
    with pytest.raises(AttributeError):
        explorable._nothing  # noqa: B018
