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

from learnscape.explore import gardner_capacity, learning_perceptron

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed (extra `lab`)")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    "from learnscape.explore import gardner_capacity, learning_perceptron\nexplorable = gardner_capacity()\nexplorable",
    "learning_perceptron()",
    "explorable.values = {'kappa': 1.0}\nprint('from python', round(float(explorable.widget.outputs['alpha_c'][0]), 6))",
]
STATE = "name => { const a = document.querySelector(`.ls-root[data-name=${name}]`).learnscape; return [a.values, [...a.outputs], a.steps, a.seed] }"
IDLE = "name => document.querySelector(`.ls-root[data-name=${name}]`).learnscape.idle()"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab of this environment in a folder with one notebook; nothing of the user's settings is read or written."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{k}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "small.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
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
            yield base
        finally:
            server.terminate()
            server.wait(timeout=20)


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
    page.keyboard.press("Escape")
    prompt = page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-InputArea-prompt").first
    for _ in range(6):
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(cell).click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(1500)
        if prompt.text_content().strip() not in ("[ ]:", ""):
            break
    page.wait_for_selector(expected)


def test_python_answers_the_slider(lab: str, open_page: Any) -> None:
    with open_page(f"{lab}/lab/tree/small.ipynb", viewport={"width": 1400, "height": 1000}) as page:
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
