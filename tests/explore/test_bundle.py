"""The committed ES module, style sheet and MathJax are what the sources give today, and the lock file names no registry."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from learnscape.page import assets

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "tools" / "bundle"
MATHJAX = ROOT / "_ext" / "learnscape_book" / "vendor" / "mathjax" / "mathjax.js"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_bundle_is_in_step_with_its_sources(tmp_path: Path) -> None:
    if not (BUNDLE / "node_modules" / "mathjax-full").exists():
        pytest.skip("the locked npm packages are not installed: run python tools/build_bundle.py")
    subprocess.run(
        ["node", str(BUNDLE / "build.mjs"), str(tmp_path)], check=True, capture_output=True, cwd=BUNDLE
    )
    for name, path in (assets() | {MATHJAX.name: MATHJAX}).items():
        assert (tmp_path / name).read_bytes() == path.read_bytes(), (
            f"{name}: run python tools/build_bundle.py"
        )


def test_lock_is_complete_and_names_no_host() -> None:
    wanted = json.loads((BUNDLE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = json.loads((BUNDLE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert not [name for name, package in lock.items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock.items() if name)


def test_axe_is_the_locked_version() -> None:
    vendored = (BUNDLE.parents[1] / "tests" / "browser" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
    version = json.loads((BUNDLE / "package.json").read_text(encoding="utf-8"))["devDependencies"]["axe-core"]
    assert vendored.startswith(f"/*! axe v{version}\n")
