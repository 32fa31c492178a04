"""Whole pages before the accessibility checker axe-core: all its rules for levels A and AA, and its best practices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import check_site
from sampled import sampled

ROOT = Path(__file__).resolve().parents[2]
PAGES = check_site.pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
FOUND = """axe.run().then(found => found.violations.map(rule =>
  `${rule.id}, ${rule.nodes.length} times: ${rule.help}: ${rule.nodes[0].target} ${rule.nodes[0].html.slice(0, 160)}`))"""

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", [*sampled(PAGES, every=13, start=3), "search", "404"])
def test_axe_finds_nothing_on_the_page(site: str, open_page: Callable[..., Any], axe: str, name: str) -> None:
    for width, scheme in ((1280, "dark"), (390, "light")):
        options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        with open_page(f"{site}/{name}.html", **options) as page:
            if name != "404":
                page.wait_for_function("document.documentElement.dataset.laidOut === ''", timeout=60000)
            page.evaluate(axe)
            assert page.evaluate(FOUND) == [], (width, scheme)
