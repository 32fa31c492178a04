"""The small markup of labels, as Matplotlib mathtext and as plain words.

``*κ*`` is italic, ``α_c`` and ``N_{eff}`` have a subscript, ``N^2`` and ``N^{1/2}`` a superscript, and ``e^{*N*}`` an italic
one. ``page/js/labels.js`` does the same for HTML and SVG.
"""

from __future__ import annotations

import re

__all__ = ["mathtext", "plain"]

TOKEN = re.compile(r"\*(?P<italic>[^*]+)\*|(?P<kind>[_^])(?:\{(?P<long>[^}]*)\}|(?P<short>\w))")
ITALIC = re.compile(r"\*([^*]+)\*")


def mathtext(label: str) -> str:
    """The label for Matplotlib.

    Examples
    --------
    >>> mathtext("margin *κ*")
    'margin $κ$'
    >>> mathtext("*α*_c")
    '$α$$_{\\\\mathrm{c}}$'
    >>> mathtext("e^{*N*/2}")
    'e$^{N\\\\mathrm{/2}}$'
    """

    def replace(match: re.Match[str]) -> str:
        if match["italic"] is not None:
            return f"${match['italic']}$"
        inner = match["long"] if match["long"] is not None else match["short"]
        pieces = ITALIC.split(inner)  # every second one is italic
        set_as = [piece if k % 2 else f"\\mathrm{{{piece}}}" for k, piece in enumerate(pieces) if piece]
        return f"${match['kind']}{{{''.join(set_as)}}}$"

    return TOKEN.sub(replace, label)


def plain(label: str) -> str:
    """The label as a screen reader should say it.

    Examples
    --------
    >>> plain("*α*_c against *N*^{1/2}")
    'α_c against N^1/2'
    >>> plain("e^{*N*}")
    'e^N'
    """

    def replace(match: re.Match[str]) -> str:
        if match["italic"] is not None:
            return match["italic"]
        inner = match["long"] if match["long"] is not None else match["short"]
        return match["kind"] + ITALIC.sub(r"\1", inner)

    return TOKEN.sub(replace, label)
