"""A real JupyterLab with a real kernel: a slider is moved, and Python answers; Python moves the slider; a box is judged."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import TimeoutError

from learnscape.challenge import farthest
from learnscape.challenge.verifier import judge
from learnscape.explore import gardner_capacity, learning_perceptron

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed (extra `lab`)")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    "from learnscape.explore import gardner_capacity, learning_perceptron\nexplorable = gardner_capacity()\nexplorable",
    "learning_perceptron()",
    "explorable.values = {'kappa': 1.0}\nprint('from python', round(float(explorable.widget.outputs['alpha_c'][0]), 6))",
]
OTHERS = [
    "from learnscape.explore import gardner_capacity\nfrom learnscape.classroom import check\nimport ipywidgets\n"
    "explorable = gardner_capacity()\nplain = ipywidgets.FloatSlider(min=-1, max=1, step=0.25, description='plain')\n"
    "link = ipywidgets.jslink((plain, 'value'), (explorable, 'kappa'))\n"
    "ipywidgets.VBox([explorable, plain])",
    "from learnscape.classroom import check\ncheck('how-to-use/first', ...)",
    "print('slider at', plain.value, explorable.kappa, explorable.widget.kappa)",
]
VERIFIER = ["from learnscape import challenge\nchallenge.Verifier()"]
STATE = "name => { const a = document.querySelector(`.ls-root[data-name=${name}]`).learnscape; return [a.values, [...a.outputs], a.steps, a.seed] }"
IDLE = "name => document.querySelector(`.ls-root[data-name=${name}]`).learnscape.idle()"


def _notebook(sources: list[str]) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{k}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab of this environment in a folder with three notebooks; nothing of the user's settings is read or written."""
    folder = tmp_path_factory.mktemp("lab")
    for name, sources in {"small": CELLS, "others": OTHERS, "verifier": VERIFIER}.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(_notebook(sources)), encoding="utf-8")
    own = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "IPYTHONDIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
    )
    environment = {**os.environ, **{name: str(folder / f".{name.lower()}") for name in own}}
    environment.pop("LEARNSCAPE_HOST", None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
    ]
    command += [
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=",
    ]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(f"{base}/api/status", folder / "log")
            yield base, folder
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(url: str, log: Path) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-1500:]}")


def _run(page: Any, cell: int, expected: str) -> None:
    """Run a cell. JupyterLab loses an execution that is asked for while the kernel is still connecting: then ask again."""
    for _ in range(8):
        page.keyboard.press("Escape")
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(cell).click()
        page.keyboard.press("Shift+Enter")
        try:
            page.wait_for_selector(expected, timeout=12_000)
            return
        except TimeoutError:
            continue
    pytest.fail(f"cell {cell} did not show {expected}")


def test_python_answers_the_slider(lab: tuple[str, Path], open_page: Any) -> None:
    with open_page(f"{lab[0]}/lab/tree/small.ipynb", viewport={"width": 1400, "height": 1000}) as page:
        page.set_default_timeout(40_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.wait_for_function(
            "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
        )
        _run(page, 0, ".ls-root[data-name=gardner_capacity][data-ready]")
        paint = page.locator(".ls-root[data-name=gardner_capacity]").evaluate(
            "e => [getComputedStyle(e).borderRadius, getComputedStyle(e.querySelector('.ls-axes line')).strokeWidth]"
        )
        assert paint == ["12px", "1px"], f"the widget brings its style sheet: {paint}"
        slider = page.locator(".ls-root[data-name=gardner_capacity] input[type=range]")
        slider.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.evaluate(IDLE, "gardner_capacity")
        values, outputs, *_ = page.evaluate(STATE, "gardner_capacity")
        assert values == pytest.approx({"kappa": -1.49})
        expected = np.concatenate(list(gardner_capacity().evaluate(**values).values()))
        assert np.array_equal(np.array(outputs), expected)  # the same kernel, so the same bits
        assert page.evaluate("document.querySelector('.ls-root').learnscape.milliseconds") < 1000

        _run(page, 1, ".ls-root[data-name=learning_perceptron][data-ready]")
        simulation = page.locator(".ls-root[data-name=learning_perceptron]")
        simulation.get_by_role("button", name="New patterns").click()
        for _ in range(3):
            simulation.get_by_role("button", name="Step").click()
        page.evaluate(IDLE, "learning_perceptron")
        values, outputs, steps, seed = page.evaluate(STATE, "learning_perceptron")
        assert steps == 3
        expected = np.concatenate(
            list(learning_perceptron().evaluate(steps=steps, seed=seed, **values).values())
        )
        assert np.array_equal(np.array(outputs), expected, equal_nan=True)

        _run(page, 2, "text=from python 0.519")
        page.wait_for_function(
            "document.querySelector('.ls-root[data-name=gardner_capacity]').learnscape.values.kappa === 1"
        )
        assert (
            "0.519"
            in page.locator(".ls-root[data-name=gardner_capacity] .ls-readout dd").first.text_content()
        )
        page.wait_for_function(
            "document.querySelector('.ls-root[data-name=gardner_capacity] input').value === '1'"
        )


@pytest.mark.weekly
def test_the_kernel_verifies_a_solution(lab: tuple[str, Path], open_page: Any) -> None:
    record = farthest()["asymmetric", 10001]
    wrong = ("A" if record.solution[0] != "A" else "B") + record.solution[1:]
    address = f"{lab[0]}/lab/workspaces/verifier/tree/verifier.ipynb"
    with open_page(address, viewport={"width": 1400, "height": 1000}) as page:
        page.set_default_timeout(40_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.wait_for_function(
            "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
        )
        _run(page, 0, ".ls-check[data-ready]")
        box = page.locator(".ls-check")
        for name, text in (
            (record.instance.name, record.solution),
            (record.instance.name, wrong),
            ("asymmetric-21-16", "iw0X"),
            ("asymmetric-21-16", "\ufeffiw0X\n"),
            ("asymmetric-21-16", "iw0"),
            ("asymmetric-21-16", ""),
        ):
            box.get_by_label("Instance").select_option(name)
            box.get_by_label("Your solution").fill(text)
            if text == "iw0X":  # the notebook, which would run the cell, leaves this to the box
                box.get_by_label("Your solution").press("Control+Enter")
            else:
                box.get_by_role("button", name="Verify").click()
            expected = judge(f"{name} {text}")
            box.get_by_role("status").filter(has_text=expected.text).wait_for()
            assert box.get_attribute("data-status") == expected.status


@pytest.mark.weekly
def test_links_saving_and_a_restarted_kernel(lab: tuple[str, Path], open_page: Any) -> None:
    base, folder = lab
    with open_page(
        f"{base}/lab/workspaces/others/tree/others.ipynb", viewport={"width": 1400, "height": 1000}
    ) as page:
        page.set_default_timeout(60_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.wait_for_function(
            "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
        )
        _run(page, 0, ".widget-vbox .ls-root[data-name=gardner_capacity][data-ready]")
        _run(page, 1, ".ls-check[data-ready]")
        slider = page.locator(".ls-root[data-name=gardner_capacity] input[type=range]")
        slider.focus()
        page.keyboard.press("Home")
        page.evaluate(IDLE, "gardner_capacity")
        # The plain slider is linked to the explorable, and moves it.
        handle = page.locator(".widget-vbox .widget-slider .noUi-handle")
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "document.querySelector('.ls-root[data-name=gardner_capacity]').learnscape.values.kappa >= -0.75"
        )
        page.wait_for_timeout(500)
        linked = page.evaluate(
            "document.querySelector('.ls-root[data-name=gardner_capacity]').learnscape.values.kappa"
        )
        _run(page, 2, f"text=slider at {linked} {linked} {linked}")

        # Ctrl+S with the focus on a slider saves; an arrow key still belongs to the slider.
        before = (folder / "others.ipynb").stat().st_mtime_ns
        slider.focus()
        page.keyboard.press("Control+s")
        for _ in range(40):
            if (folder / "others.ipynb").stat().st_mtime_ns != before:
                break
            page.wait_for_timeout(250)
        assert (folder / "others.ipynb").stat().st_mtime_ns != before, "not saved"

        # The right answer, then a restarted kernel: a wrong answer gets no verdict, and the old one is gone.
        field = page.locator(".ls-check input[type=text]")
        field.fill("0,159")
        page.keyboard.press("Enter")
        page.locator(".ls-check[data-status=correct]").wait_for()
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(2).click()
        page.keyboard.press("Escape")
        page.keyboard.press("0")
        page.keyboard.press("0")
        page.locator(".jp-Dialog button.jp-mod-warn, .jp-Dialog button.jp-mod-accept").last.click()
        gone = page.locator(".ls-check .ls-verdict", has_text="Run this cell again")
        gone.wait_for()
        field.fill("0.9")
        page.keyboard.press("Enter")
        gone.wait_for()
        assert page.locator(".ls-check").get_attribute("data-status") is None
        problem = page.locator(".ls-root[data-name=gardner_capacity] .ls-problem")
        assert "Run this cell again" in problem.text_content()
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        assert "Run this cell again" in problem.text_content()
        # Running the cell again mends it.
        _run(page, 1, ".ls-check[data-ready]")
        page.wait_for_function("!document.querySelector('.ls-check .ls-verdict').textContent")


@pytest.mark.weekly
def test_a_kernel_that_does_not_answer_is_noticed(lab: tuple[str, Path], open_page: Any) -> None:
    """Nobody tells the widgets of a kernel that died or is busy: then the missing answer does."""
    base, folder = lab
    cells = ["from learnscape.classroom import check\nimport os\ncheck('how-to-use/first', ...)",
             "import time\ntime.sleep(8)"]  # fmt: skip
    (folder / "dead.ipynb").write_text(json.dumps(_notebook(cells)), encoding="utf-8")
    with open_page(
        f"{base}/lab/workspaces/dead/tree/dead.ipynb", viewport={"width": 1400, "height": 1000}
    ) as page:
        page.set_default_timeout(60_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.wait_for_function(
            "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
        )
        _run(page, 0, ".ls-check[data-ready]")
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(1).click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(500)
        page.locator(".ls-check input[type=text]").fill("0.159")
        page.keyboard.press("Enter")
        page.locator(".ls-check .ls-verdict", has_text="has not answered for 5 seconds").wait_for()
        page.locator(".ls-check[data-status=correct]").wait_for()  # it was only busy
