"""Code in as few elements as its colours need.

Pygments puts every name, bracket and space into an element of its own, most of a chapter's elements, though many have the colour of plain text
and neighbours often have the same. Here kinds of tokens that look alike in both themes are one kind; Pygments joins neighbours of one kind itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Generic, Text, Token
from sphinx.highlighting import PygmentsBridge


def alike(*styles: type[Style]) -> Any:
    """A function from a kind of token to the first kind that looks like it in all of these styles; plain text is the first of all.

    Prompts and what a program prints stay what they are: the button that copies code looks for them.
    """

    def look(kind: Any) -> tuple[str, ...]:
        seen = [{**style.style_for_token(kind)} for style in styles]
        for style, one in zip(styles, seen, strict=True):
            one["color"] = one["color"] or style.style_for_token(Token)["color"]
        return tuple(repr(sorted(one.items(), key=str)) for one in seen)

    first = {look(Text): Text}
    for kind in STANDARD_TYPES:
        if kind not in Generic:
            first.setdefault(look(kind), kind)

    @functools.cache
    def stands_for(kind: Any) -> Any:
        return kind if kind in Generic else first.get(look(kind), kind)

    return stands_for


def formatter(*styles: type[Style]) -> type[HtmlFormatter]:
    stands_for = alike(*styles)

    class FewElements(HtmlFormatter):
        def format_unencoded(self, tokensource: Iterable[tuple[Any, str]], outfile: Any) -> None:
            tokens: Iterator[tuple[Any, str]] = ((stands_for(kind), text) for kind, text in tokensource)
            super().format_unencoded(tokens, outfile)

    return FewElements


def colour_with_both_styles(app: Any) -> None:
    options = app.config.html_theme_options
    styles = [get_style_by_name(options[f"pygments_{theme}_style"]) for theme in ("light", "dark")]
    PygmentsBridge.html_formatter = formatter(*styles)


def setup(app: Any) -> None:
    app.connect("builder-inited", colour_with_both_styles)
