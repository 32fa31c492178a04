"""Cells that only import and set up are folded in the page, so that a chapter opens with its question and its explorable.

The chapter's source stays as it is: in a notebook the cell stands open. A cell counts as setting up if it shows nothing:
imports, ``style.use()``, and the loading of stored results.
"""

from __future__ import annotations

import ast
import re
from typing import Any

CELL = re.compile(r"^```\{code-cell\} ipython3\n(?!:|---)(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "Show imports"
OPTIONS = f"""\
---
mystnb:
  code_prompt_show: {PROMPT}
  code_prompt_hide: Hide imports
tags: [hide-input]
---
"""


def only_sets_up(code: str) -> bool:
    """Whether a cell imports and shows nothing."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:  # magic commands
        return False
    imports = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [ast.unparse(node) for node in statements if node not in imports]
    return bool(imports) and all(
        re.match(r"style\.use\(\)$|stored = |\w+ = learnscape\.stored\(", line) for line in others
    )


def folded(text: str) -> str:
    """The source of a page with its import cells marked as folded."""

    def mark(match: re.Match[str]) -> str:
        code = match["code"]
        return f"```{{code-cell}} ipython3\n{OPTIONS}{code}```" if only_sets_up(code) else match[0]

    return CELL.sub(mark, text)


def fold(app: Any, docname: str, source: list[str]) -> None:
    source[0] = folded(source[0])


def setup(app: Any) -> None:
    app.connect("source-read", fold)
