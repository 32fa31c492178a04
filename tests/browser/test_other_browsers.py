"""Pages of the built book in a real Firefox (with FULL=1 all of them, and in WebKitGTK as well): no error, and the numbers of Python.

Chromium's numbers are compared with Python's in the other tests, so that all agree.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import check_site
from learnscape.explore import REGISTRY

from . import firefox, webkit

FULL = os.environ.get("FULL") == "1"
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ABORTED = (
    "status=2152398850"  # Firefox' code for a font that was no longer wanted when the next page was opened
)
LOOK = """async () => {
  await (window.MathJax?.startup?.promise ?? null);
  await document.fonts.ready;
  const hosts = document.querySelectorAll('[data-learnscape]');
  const started = () => [...hosts].every(host => host.querySelector('.ls-root[data-ready]') || host.dataset.failed);
  for (let k = 0; k < 300 && !started(); k++) await new Promise(done => setTimeout(done, 50));
  const roots = [...document.querySelectorAll('.ls-root')].filter(root => root.learnscape);
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    broken: document.querySelectorAll('mjx-merror').length,
    failed: [...hosts].map(host => host.dataset.failed).filter(Boolean),
    mounted: document.querySelectorAll('.ls-root[data-ready]').length, hosts: hosts.length,
    explorables: roots.map(({learnscape: a}) => [a.spec.name, a.values, [...a.outputs].map(String), a.steps, a.seed]),
  };
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[firefox.Page]:
    program = firefox.path()
    if program is None:
        pytest.skip("no Firefox on this machine (Debian: apt-get install firefox-esr)")
    with firefox.launch(program, tmp_path_factory.mktemp("firefox")) as opened:
        opened.size(320, 700)
        yield opened


def _differences(name: str, values: Any, outputs: list[str], steps: int, seed: int) -> list[str]:
    """Outputs that are not those of the same kernel in Python."""
    explorable = REGISTRY[name]()
    extra = {"steps": steps, "seed": seed} if explorable.simulation else {}
    expected = explorable.evaluate(**extra, **values)
    found = explorable.named(np.array(outputs, dtype=float))
    return [
        f"{name}: {key}"
        for key, numbers in expected.items()
        if not np.allclose(found[key], numbers, rtol=1e-9, atol=1e-9, equal_nan=True)
    ]


def _faults(name: str, found: dict[str, Any]) -> list[str]:
    faults = [
        f"{name}: {difference}" for shown in found["explorables"] for difference in _differences(*shown)
    ]
    if found["wide"] > 0:
        faults.append(f"{name}: {found['wide']} px wider than the window")
    if found["broken"]:
        faults.append(f"{name}: {found['broken']} formulas that TeX does not know")
    if found["failed"] or found["mounted"] < found["hosts"]:
        faults.append(f"{name}: {found['mounted']} of {found['hosts']} elements live {found['failed']}")
    return faults


def _names(root: Path) -> list[str]:
    """All pages with FULL=1, else every eighth; of the reference's hundred, which one template makes, one."""
    names = check_site.pages(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")), root)
    modules = [name for name in names if name.startswith("chapters/reference/api/")]
    return names if FULL else [name for name in names if name not in modules][::8] + modules[:1]


def test_pages_in_firefox(root: Path, site: str, page: firefox.Page) -> None:
    faults, seen = [], 0
    for name in _names(root):
        page.goto(f"{site}/{name}.html")
        found = page.evaluate(LOOK)
        faults += _faults(name, found) + [
            f"{name}: {problem}" for problem in page.problems if ABORTED not in problem
        ]
        seen += len(found["explorables"])
    assert faults == []
    assert seen >= 3


@pytest.mark.weekly
def test_every_page_in_webkit(root: Path, site: str) -> None:
    programs = webkit.programs()
    if programs is None:
        pytest.skip("no WebKitGTK on this machine (Debian: apt-get install webkit2gtk-driver xvfb xauth)")
    faults = []
    with webkit.launch(*programs) as opened:
        for name in _names(root):
            opened.goto(f"{site}/{name}.html")
            faults += _faults(name, opened.evaluate(LOOK))
    assert faults == []
