"""A chapter in a real JupyterLab, as `make lab` opens it: a cell runs, the work is saved, and the chapter itself stays as it was."""

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

import nbformat
import pytest
from playwright.sync_api import TimeoutError

import lab_settings
import my_notebooks

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "learnscape-test"
# A question of JupyterLab, which may come late on a busy machine: yes to a kernel, no to everything else.
ANSWER = """() => {
  const dialog = document.querySelector('.jp-Dialog');
  const [yes, no] = ['accept', 'reject'].map((kind) => dialog?.querySelector(`button.jp-mod-${kind}`));
  (/kernel/i.test(dialog?.textContent) ? yes ?? no : no ?? yes)?.click();
}"""


@pytest.fixture(scope="module")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server below has its notebooks (book/my), settings and log."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(root: Path, lab_folder: Path) -> Iterator[str]:
    """A JupyterLab on notebooks of a copy of the chapters, with settings, runtime and kernels of its own."""
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("JupyterLab is not installed")
    lab_settings.main()  # what `make venv` does
    shutil.copytree(root / "chapters", lab_folder / "book" / "chapters")
    shutil.copy(root / "_config.yml", lab_folder / "book")
    my_notebooks.update(lab_folder / "book")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k not in ("LEARNSCAPE_HOST", "MPLBACKEND")}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
                 "JUPYTERLAB_WORKSPACES_DIR"):  # fmt: skip
        environment[name] = str(lab_folder / name.lower())
    log = (lab_folder / "lab.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
         f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={lab_folder / 'book' / 'my'}"],
        env=environment, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{base}/api", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (lab_folder / "lab.log").read_text()
                time.sleep(0.5)
        yield base
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except (
            subprocess.TimeoutExpired
        ):  # it waits for a kernel that is just starting; the kernel ends with it
            server.kill()
            server.wait()
        log.close()


def test_a_chapter_computes_and_keeps_the_work(
    lab: str, lab_folder: Path, open_page: Callable[..., Any]
) -> None:
    chapter = lab_folder / "book" / "chapters" / "reference" / "status.md"
    before = chapter.read_bytes()
    with open_page(f"{lab}/lab/tree/reference/status.ipynb?token={TOKEN}") as page:
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
        page.keyboard.press("Control+s")
        own = lab_folder / "book" / "my" / "reference" / "status.ipynb"
        for _ in range(40):
            if "numba" in str([c.get("outputs") for c in nbformat.read(own, as_version=4).cells]):
                break
            page.wait_for_timeout(500)
        else:
            pytest.fail("the outputs were not saved")
    assert chapter.read_bytes() == before
    (lab_folder / "book" / "chapters" / "reference" / "status.md").write_bytes(
        before + b"\nOne more sentence.\n"
    )
    assert my_notebooks.update(lab_folder / "book").replaced == ["reference/status.ipynb"]
    kept = nbformat.read(own, as_version=4)
    assert "One more sentence." in kept.cells[-1].source
    assert "numba" in str([c.get("outputs") for c in kept.cells])


def test_a_link_leads_from_notebook_to_notebook(lab: str, open_page: Callable[..., Any]) -> None:
    with open_page(f"{lab}/lab/tree/index.ipynb?reset&token={TOKEN}") as page:
        page.set_default_timeout(90_000)
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
        page.evaluate(ANSWER)
        page.locator(".jp-MarkdownCell a", has_text="primer").first.click()
        page.get_by_role("tab", name="statistical-mechanics.ipynb").wait_for()
