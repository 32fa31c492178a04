"""The rewriting of a chapter's text for notebook programs that know Markdown only."""

from __future__ import annotations

import pytest

from learnscape_book.plain_markdown import Names, convert

NAMES = Names(
    equation={"eq-a": "3"}.get,
    number={"fig-x": "Fig. 2", "thm-y": "Theorem 4", "ex-z": "Exercise 7"}.get,
    section={"sec-s": "How sure is this?"}.get,
    citation={"gardner1988space": "Gardner 1988", "cover1965": "Cover 1965"}.get,
    link=lambda target: "SITE/" + target.removesuffix(".md") if target.endswith(".md") else None,
)

CASES = {
    "text stays": ("Let $x_1 \\ge 0$, *then* `a[1](b)`.", "Let $x_1 \\ge 0$, *then* `a[1](b)`."),
    "a label goes": ("(sec-s)=\n## How sure?", "## How sure?"),
    "an equation keeps its number": (
        "$$\na = b\n$$ (eq-a)\n\nmore",
        "$$\n\\begin{equation*}\na = b\n\\tag{3}\n\\end{equation*}\n$$\n\nmore",
    ),
    "an equation without label has none": ("$$\na\n$$", "$$\n\\begin{equation*}\na\n\\end{equation*}\n$$"),
    "an equation in a list": (
        "* x\n\n  $$\n  a\n  $$",
        "* x\n\n  $$\n  \\begin{equation*}\n  a\n  \\end{equation*}\n  $$",
    ),
    "an equation within a line": ("so $$a$$ it is", "so $$\\begin{equation*}a\\end{equation*}$$ it is"),
    "math directive": (
        "```{math}\n:label: eq-a\na = b\n```",
        "$$\n\\begin{equation*}\na = b\n\\tag{3}\n\\end{equation*}\n$$",
    ),
    "reference to an equation": ("by {eq}`eq-a`.", "by (3)."),
    "citation in parentheses": ("so {cite:p}`gardner1988space,cover1965`", "so (Gardner 1988; Cover 1965)"),
    "citation in the text": ("{cite:t}`cover1965` counts", "Cover 1965 counts"),
    "an unknown key is shown": ("{cite:p}`nobody`", "(nobody)"),
    "figure number": ("see {numref}`fig-x`", "see Fig. 2"),
    "figure number in words": ("see {numref}`figure %s <fig-x>`", "see figure 2"),
    "theorem": ("{prf:ref}`thm-y` says", "Theorem 4 says"),
    "section by its title": ("see {ref}`sec-s`", "see How sure is this?"),
    "section by other words": ("see {ref}`below <sec-s>`", "see below"),
    "link to a page": ("the [primer](start/p.md)", "the [primer](SITE/start/p)"),
    "link within the page": ("see [below](sec-s)", "see below"),
    "link to elsewhere": ("[a](https://example.org/x)", "[a](https://example.org/x)"),
    "admonition": ("```{note}\nMind **this**.\n```", "> **Note**\n>\n> Mind **this**."),
    "an equation in an admonition": (
        "```{note}\nSee\n\n$$\na\n= b\n$$ (eq-a)\n```",
        "> **Note**\n>\n> See\n>\n> $$ \\begin{equation*} a = b \\tag{3} \\end{equation*} $$",
    ),
    "title": ("```{admonition} A trap\nFall.\n```", "> **A trap**\n>\n> Fall."),
    "fold": (
        "```{admonition} More\n:class: note dropdown\nlong {eq}`eq-a`\n```",
        "<details>\n<summary><b>More</b></summary>\n\nlong (3)\n\n</details>",
    ),
    "theorem block": (
        "```{prf:theorem} Cover\n:label: thm-y\nHalf.\n```",
        "> **Theorem 4 (Cover)**\n>\n> Half.",
    ),
    "exercise": ("```{exercise} Try\n:label: ex-z\nDo.\n```", "> **Exercise 7: Try**\n>\n> Do."),
    "solution, folded": (
        "```{solution} ex-z\n:class: dropdown\nDone.\n```",
        "<details>\n<summary><b>Solution to Exercise 7</b></summary>\n\nDone.\n\n</details>",
    ),
    "nested": (
        "````{note}\nA\n```{tip}\nB\n```\n````",
        "> **Note**\n>\n> A\n> > **Tip**\n> >\n> > B",
    ),
    "nested colons": (":::{note}\nA\n:::{tip}\nB\n:::\n:::", "> **Note**\n>\n> A\n> > **Tip**\n> >\n> > B"),
    "code is left alone": (
        "```python\n# {eq}`eq-a` $$ (eq-a)\n[a](b.md)\n```",
        "```python\n# {eq}`eq-a` $$ (eq-a)\n[a](b.md)\n```",
    ),
    "list table": (
        "```{list-table} T\n:header-rows: 1\n* - a\n  - b\n* - 1\n  - {eq}`eq-a`\n```",
        "**T**\n\n| a | b |\n| --- | --- |\n| 1 | (3) |",
    ),
    "bibliography goes": ("before\n```{bibliography}\n:filter: x\n```\nafter", "before\nafter"),
    "an unknown directive keeps its text": ("```{surprise} T\nkept\n```", "**T**\n\nkept"),
    "a fence without end": ("```{note}\nA", "> **Note**\n>\n> A"),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_rewriting(source: str, expected: str) -> None:
    assert convert(source, NAMES) == expected


def test_an_image_becomes_an_attachment() -> None:
    names = Names(picture=lambda path: f"attachment:{path.rpartition('/')[2]}")
    source = "```{figure} ../images/a.png\n:alt: A line.\n:name: fig-a\nThe caption.\n```"
    assert convert(source, names) == "![A line.](attachment:a.png)\n\n*The caption.*"
