"""What the Python side of an explorable promises: checks of its input, named outputs, every host's bundle, the live widget."""

from __future__ import annotations

import base64
import json
import math
import re

import numpy as np
import pytest

from learnscape.explore import REGISTRY, Explorable, gardner_capacity, learning_perceptron
from learnscape.explore.layout import layout
from learnscape.explore.spec import Axis, Control, Panel
from learnscape.page import assets
from sampled import sampled

EVERY = sorted(REGISTRY)


@pytest.mark.parametrize("kappa", [math.nan, math.inf, -1.6, 2.1])
def test_values_out_of_range_are_named(kappa: float) -> None:
    with pytest.raises(
        ValueError, match=rf"kappa = {kappa} is not allowed: it must be a finite number in \[-1.5, 2\]"
    ):
        gardner_capacity().evaluate(kappa=kappa)


def test_unknown_controls_and_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="controls"):
        gardner_capacity().evaluate(alpha=1.0)
    with pytest.raises(ValueError, match="steps = 3"):
        gardner_capacity().evaluate(steps=3)


def test_gardner_capacity_against_quadrature() -> None:
    from scipy.integrate import quad
    from scipy.stats import norm

    for kappa in (-1.5, -0.3, 0.0, 0.7, 2.0):
        answer = gardner_capacity().evaluate(kappa=kappa)
        moment = quad(lambda z, k=kappa: (k - z) ** 2 * norm.pdf(z), -12, kappa, epsabs=1e-14)[0]
        assert answer["alpha_c"][0] == pytest.approx(1 / moment, rel=1e-10)
        above = np.trapezoid(answer["tail_density"], answer["tail_x"])
        assert above + answer["at_margin"][0] == pytest.approx(1.0, abs=2e-3)
        assert answer["rs_unstable"][0] == float(kappa < 0)


@pytest.mark.parametrize("seed", range(1, 9))
def test_learning_perceptron_obeys_the_theorem(seed: int) -> None:
    answer = learning_perceptron().evaluate(steps=400, seed=seed, gap=0.05, patterns=40)
    points = np.stack([answer["x"], answer["y"]], axis=1)
    assert answer["wrong"][0] == 0
    assert answer["finished"][0] == 1
    assert np.all(answer["labels"] * (points @ answer["weights"]) > 0)
    assert answer["gamma"][0] == pytest.approx(np.min(answer["labels"] * (points @ answer["teacher"])))
    assert answer["gamma"][0] >= 0.05 - 1e-12
    assert answer["updates"][0] <= answer["bound"][0]
    known = np.isfinite(answer["lengths"])
    assert np.all(answer["lengths"][known] <= answer["upper"][known] + 1e-12)
    assert np.all(answer["overlaps"][known] >= answer["lower"][known] - 1e-12)


def test_learning_perceptron_takes_rosenblatts_steps() -> None:
    explorable = learning_perceptron()
    start = explorable.evaluate(steps=0, seed=6)
    points, labels, weights, last = (
        np.stack([start["x"], start["y"]], axis=1)[:30],
        start["labels"][:30],
        np.zeros(2),
        -1,
    )
    for step in range(1, 12):
        for k in range(30):
            mu = (last + 1 + k) % 30
            if labels[mu] * (weights @ points[mu]) <= 0:
                weights, last = weights + labels[mu] * points[mu], mu
                break
        np.testing.assert_allclose(explorable.evaluate(steps=step, seed=6)["weights"], weights, atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_description_is_complete(name: str) -> None:
    explorable = REGISTRY[name]()
    assert explorable.name == name
    spec = explorable.spec()
    json.dumps(spec, allow_nan=False)
    known = {*spec["outputs"], *spec["constants"], *(control["name"] for control in spec["controls"])}
    used = {readout.value for readout in explorable.readouts}
    used |= {part.when for part in (*explorable.readouts, *explorable.notes) if part.when}
    used |= set(re.findall(r"\{(\w+)", explorable.announce))
    for part in explorable.picture:
        assert part.alt
        for mark in part.marks if isinstance(part, Panel) else ():
            channels = (getattr(mark, field, None) for field in ("x", "y", "base", "error"))
            used |= {channel for channel in channels if isinstance(channel, str)}
    used |= {at for control in explorable.controls for at in control.marks.values() if isinstance(at, str)}
    assert used <= known, used - known
    assert sum(control.kind not in ("hidden", "button") for control in explorable.controls) <= 3, (
        "at most three controls"
    )


@pytest.mark.parametrize("name", EVERY)
def test_readouts_are_numbers_at_both_ends_of_every_slider(name: str) -> None:
    explorable = REGISTRY[name]()
    start = {control.name: control.value for control in explorable.controls}
    for control in explorable.controls:
        for end in (control.min, control.max):
            state = start | {control.name: end}
            answer = {key: value[0] for key, value in explorable.evaluate(**state).items()} | state
            if answer.get("status", 0.0):
                assert int(answer["status"]) in explorable.messages
                continue
            for readout in explorable.readouts:
                shown = not readout.when or (answer[readout.when] and not math.isnan(answer[readout.when]))
                assert not shown or math.isfinite(answer[readout.value]), (readout.value, control.name, end)


@pytest.mark.parametrize("name", sampled(EVERY, every=4))
def test_static_bundle_needs_no_widget(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNSCAPE_HOST", "static")
    explorable = REGISTRY[name]()
    bundle = explorable._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"}
    assert "widget" not in vars(explorable)
    data = json.loads(re.search(r"<script[^>]*>(.*?)</script>", bundle["text/html"], re.DOTALL)[1])
    if explorable.table is None:
        assert base64.b64decode(data["wasm"])[:4] == b"\0asm"
    else:
        assert data["table"] == explorable.table.spec()
    assert base64.b64decode(bundle["image/png"])[:4] == b"\x89PNG"


def test_live_widget_answers_with_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEARNSCAPE_HOST", raising=False)
    explorable = gardner_capacity()
    bundle, _ = explorable._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "ls-fallback" in bundle["text/html"]
    widget, seen = explorable.widget, []
    explorable.observe(lambda change: seen.append(change["new"]["kappa"]))
    widget.request = [1, 2, 0, {"kappa": 1.0}]  # what the page sends
    assert widget.response[0] == 1
    assert seen == [1.0]
    expected = np.concatenate(list(explorable.evaluate(kappa=1.0).values()))
    assert np.array_equal(np.frombuffer(widget.results), expected)
    explorable.values = {"kappa": -0.5}  # from Python
    assert widget.outputs["alpha_c"][0] == explorable.evaluate(kappa=-0.5)["alpha_c"][0]
    assert widget.response[0] == 1
    with pytest.raises(ValueError, match="kappa = 9"):
        explorable.values = {"kappa": 9}


def test_two_live_simulations_keep_their_own_state() -> None:
    one, two = learning_perceptron(), learning_perceptron()
    start = one.values
    one.widget.request = [1, 2, 7, start]
    for k in range(3):
        one.widget.request = [2 + k, 1, 7, start]
    two.widget.request = [1, 2, 8, start]
    for simulation, steps, seed in ((one, 3, 7), (two, 0, 8)):
        expected = simulation.evaluate(steps=steps, seed=seed)
        for name, numbers in simulation.widget.outputs.items():
            np.testing.assert_array_equal(numbers, expected[name], err_msg=name)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Control("a b", "x"), "identifier"),
        (lambda: Control("a", "x", min=1, max=0), "min <= max"),
        (lambda: Control("a", "x", value=2.0), r"a = 2.0 is not allowed"),
        (lambda: Control("a", "x", min=0, scale="log"), "logarithmic"),
        (lambda: Control("a", "x", kind="select"), "options"),
        (lambda: Axis("x", (1.0, 1.0)), "domain"),
        (lambda: Axis("x", (0.0, 1.0), scale="log"), "positive"),
    ],
)
def test_descriptions_are_checked(make: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


def test_alt_text_is_required() -> None:
    source = gardner_capacity()
    with pytest.raises(ValueError, match="alt"):
        Explorable(
            "x", source.kernel, controls=[], outputs=layout(a=1), picture=[], alt=" ", title="", announce=""
        )


def test_assets_are_the_bundle() -> None:
    found = assets()
    assert set(found) == {"learnscape.js", "learnscape.css"}
    assert "--ls-theory" in found["learnscape.css"].read_text(encoding="utf-8")
    assert "data-learnscape" in found["learnscape.js"].read_text(encoding="utf-8")
    assert found["learnscape.js"].stat().st_size < 150_000
