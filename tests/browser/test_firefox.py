"""Every page of the built book in a real Firefox: no error, no sideways scrolling at 320 px, and the numbers of Python.

Chromium's numbers are compared with Python's in the other tests, so that all three agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import check_site
from learnscape.explore import REGISTRY

from . import firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOK = """async () => {
  await (window.MathJax?.startup?.promise ?? null);
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


def test_every_page(root: Path, site: str, page: firefox.Page) -> None:
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    faults, seen = [], set()
    for name in check_site.pages(toc, root):
        page.goto(f"{site}/{name}.html")
        found = page.evaluate(LOOK)
        if found["wide"] > 0:
            faults.append(f"{name}: {found['wide']} px wider than the window")
        if found["broken"]:
            faults.append(f"{name}: {found['broken']} formulas that TeX does not know")
        if found["failed"] or found["mounted"] < found["hosts"]:
            faults.append(f"{name}: {found['mounted']} of {found['hosts']} elements live {found['failed']}")
        faults += [f"{name}: {problem}" for problem in page.problems]
        for shown in found["explorables"]:
            seen.add(shown[0])
            faults += [f"{name}: {difference}" for difference in _differences(*shown)]
    assert faults == []
    assert len(seen) > 15, "the book's explorables were met"
