"""What all tests share: one Hypothesis profile, the built site, and a browser that refuses to leave this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parents[1]
LOCAL = (
    "http://127.0.0.1",
    "http://localhost",
    "ws://127.0.0.1",
    "ws://localhost",
    "data:",
    "blob:",
    "about:",
)

# The same examples in every run: a test that fails does so for everybody. No deadline: a first call compiles.
settings.register_profile(
    "learnscape", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("learnscape")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `weekly` run with FULL=1 in the environment only, and say so."""
    if os.environ.get("FULL") != "1":
        for item in items:
            if item.get_closest_marker("weekly"):
                item.add_marker(pytest.mark.skip(reason="weekly: FULL=1 runs it"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the source distribution, built from a copy: nothing is left in the repository."""
    build = "import setuptools.build_meta as b, sys; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"
    copy, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "lib", "classroom", "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    found = {}
    for kind in ("wheel", "sdist"):
        done = subprocess.run(
            [sys.executable, "-c", build, kind, str(target)],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found[kind] = target / done.stdout.strip().splitlines()[-1]
    return found


@pytest.fixture(scope="session")
def site_dir() -> Path:
    """The built site; tests of it are skipped, visibly, where nobody has built it."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.skip("the book is not built: run `make book` first")
    return folder


@pytest.fixture(scope="session")
def site(site_dir: Path) -> Iterator[str]:
    """The address at which the built site is served during the tests."""
    from local_site import serve

    with serve(site_dir) as base:
        yield base


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the whole run (Debian's, or the one named in CHROMIUM); skipped where there is none."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker axe-core, to be evaluated in a page."""
    return (Path(__file__).parent / "browser" / "vendor" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def open_page(chromium: Any) -> Callable[..., AbstractContextManager[Any]]:
    """``with open_page(url, color_scheme="dark") as page:`` a page that can reach this machine only.

    ``page.outside`` lists what it tried to load from elsewhere, ``page.problems`` what its console complained about.
    """

    @contextlib.contextmanager
    def opened(url: str, **options: Any) -> Iterator[Any]:
        options.setdefault("viewport", {"width": 1200, "height": 900})
        context = chromium.new_context(**options)
        page = context.new_page()
        page.outside, page.problems = [], []

        def route(request_route: Any) -> None:
            if request_route.request.url.startswith(LOCAL):
                request_route.continue_()
            else:
                page.outside.append(request_route.request.url)
                request_route.abort()

        context.route("**/*", route)
        page.on("pageerror", lambda error: page.problems.append(f"uncaught: {error}"))
        page.on(
            "console", lambda m: page.problems.append(f"console: {m.text}") if m.type == "error" else None
        )
        page.on("requestfailed", lambda r: page.problems.append(f"failed: {r.url}"))
        page.goto(url)
        try:
            yield page
        finally:
            context.close()

    return opened
