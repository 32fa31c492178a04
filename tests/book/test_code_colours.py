"""Code keeps its colours, in fewer elements."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES

from learnscape_book.code_colours import formatter

STYLES = [get_style_by_name(f"a11y-high-contrast-{theme}") for theme in ("light", "dark")]
KINDS = {name: kind for kind, name in STANDARD_TYPES.items()}
CODE = {
    "python": Path(__file__).read_text(encoding="utf-8"),
    "pycon": ">>> 1 + 1  # two\n2\n>>> f'{x:.3f}'\nTraceback (most recent call last):\nNameError: x\n",
    "console": "$ make book\nDone\n",
    "toml": '[project]\nname = "a"\nn = 3\n',
}


def _coloured(page: str, style: type[Style]) -> list[tuple[str, str]]:
    """Every visible character with what it looks like."""
    plain = style.style_for_token(KINDS[""])
    found, kind = [], ""
    for piece in re.split(r"(<[^>]*>)", re.sub(r"^<div[^>]*><pre>|</pre></div>\n?$", "", page)):
        if piece.startswith("<"):
            kind = (re.search(r'class="(\w+)"', piece) or [""])[1] if piece.startswith("<span class") else ""
            continue
        look = {**style.style_for_token(KINDS[kind])}
        look["color"] = look["color"] or plain["color"]
        found += [(c, repr(look)) for c in html.unescape(piece) if not c.isspace()]
    return found


@pytest.mark.parametrize("language", CODE)
def test_each_character_keeps_its_colour_in_both_themes(language: str) -> None:
    lexer = get_lexer_by_name(language)
    before = highlight(CODE[language], lexer, HtmlFormatter())
    after = highlight(CODE[language], lexer, formatter(*STYLES)())
    for style in STYLES:
        assert _coloured(after, style) == _coloured(before, style)
    assert len(after) <= len(before)


def test_python_takes_less_than_half_of_the_elements() -> None:
    lexer = get_lexer_by_name("python")
    before, after = (
        highlight(CODE["python"], lexer, made()).count("<span")
        for made in (HtmlFormatter, formatter(*STYLES))
    )
    assert after < before / 2


def test_prompts_stay_what_the_copy_button_looks_for() -> None:
    page = highlight(CODE["pycon"], get_lexer_by_name("pycon"), formatter(*STYLES)())
    assert page.count('class="gp"') == 2
    assert 'class="go"' in page
