"""What Binder does when it builds the image, as far as it can be done here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import lab_settings
import my_notebooks
from learnscape import warm
from learnscape.explore import REGISTRY
from learnscape_book import notebooks


def test_lab_neither_rewrites_a_chapter_nor_calls_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    lab_settings.main()
    written = json.loads((tmp_path / "share/jupyter/lab/settings/overrides.json").read_text(encoding="utf-8"))
    assert "@jupyterlab/docmanager-extension:plugin" not in written, (
        "a chapter opened as a notebook is rewritten when saved"
    )
    assert written["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_the_launch_button_opens_what_postbuild_makes(root: Path) -> None:
    assert "python _ext/my_notebooks.py" in (root / "binder/postBuild").read_text(encoding="utf-8")
    group: dict[str, Any] = {"label": "download-buttons", "buttons": []}
    context: dict[str, Any] = {"header_buttons": [group], "pathto": lambda target, _: target}
    app = SimpleNamespace(
        env=SimpleNamespace(metadata={"chapters/capacity/perceptron": {"kernelspec": {}}}),
        config=SimpleNamespace(html_theme_options={"repository_url": "https://github.com/who/book"}),
    )
    notebooks.add_buttons(app, "chapters/capacity/perceptron", "", context, doctree=object())
    links = {button["text"]: button["url"] for button in context["header_buttons"][0]["buttons"]}
    assert links["Binder"].endswith("urlpath=lab/tree/my/capacity/perceptron.ipynb")
    assert "capacity/perceptron" in set(my_notebooks.chapters(root))


def test_warming_calls_every_explorable() -> None:
    assert {f"explore.{name}" for name in REGISTRY} <= {name for name, _ in warm.steps()}


@pytest.mark.slow
@pytest.mark.weekly
def test_warming_compiles_for_a_generic_processor(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "learnscape.warm"]
    first = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert first.returncode == 0, first.stderr
    compiled = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert len(compiled) > 20
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == compiled, (
        "compiled a second time"
    )


def test_scripts_are_executable_and_agree_on_the_processor(root: Path) -> None:
    for name in ("postBuild", "start"):
        script = root / "binder" / name
        assert os.access(script, os.X_OK)
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
        assert "NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=" in script.read_text(encoding="utf-8")
    assert (root / "binder" / "runtime.txt").read_text(encoding="utf-8").strip() == "python-3.11"
