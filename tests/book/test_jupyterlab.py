"""A chapter in a real JupyterLab: it opens as a notebook, and a cell runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

import lab_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "learnscape-test"
# A question of JupyterLab, which may come late on a busy machine: yes to a kernel, no to everything else.
ANSWER = """() => {
  const dialog = document.querySelector('.jp-Dialog');
  const [yes, no] = ['accept', 'reject'].map((kind) => dialog?.querySelector(`button.jp-mod-${kind}`));
  (/kernel/i.test(dialog?.textContent) ? yes ?? no : no ?? yes)?.click();
}"""


@pytest.fixture
def lab(root: Path, tmp_path: Path) -> Iterator[str]:
    """A JupyterLab on a copy of the chapters, with settings, runtime and kernels of its own."""
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("JupyterLab is not installed")
    lab_settings.main()  # what `make venv` does
    shutil.copytree(root / "chapters", tmp_path / "book" / "chapters")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k not in ("LEARNSCAPE_HOST", "MPLBACKEND")}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
                 "JUPYTERLAB_WORKSPACES_DIR"):  # fmt: skip
        environment[name] = str(tmp_path / name.lower())
    log = (tmp_path / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
         f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path / 'book'}"],
        env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{base}/api", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "lab.log").read_text()
                time.sleep(0.5)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def test_a_chapter_opens_as_a_notebook_and_computes(lab: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{lab}/lab/tree/chapters/reference/status.md?token={TOKEN}") as page:
        notebook = page.locator(".jp-NotebookPanel")
        notebook.wait_for(timeout=90_000)
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for(timeout=90_000)
        cell = page.locator(".jp-CodeCell .jp-InputArea-editor, .jp-CodeCell .jp-Placeholder").first
        output = page.locator(".jp-CodeCell .jp-OutputArea-output").filter(has_text="learnscape").first
        for _ in range(
            12
        ):  # a run that is asked for before the kernel is really connected is dropped without a word
            page.evaluate(ANSWER)
            try:
                cell.click(timeout=10_000)
                page.keyboard.press("Control+Enter")
                output.wait_for(timeout=10_000)
                break
            except TimeoutError:
                continue
        text = output.inner_text()
        assert "numba" in text
        assert "python" in text
        assert page.outside == []
