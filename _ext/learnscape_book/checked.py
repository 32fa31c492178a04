"""The role ``checked``: beside an equation, a link to the test that checks it.

``{checked}`tests/algebra/test_hessian.py::test_replicon_of_the_sphere` `` leads to the row of the page *checked derivations* that runs this test
when the book is built and says that it passed; other words than "checked" stand before the name, ``{checked}`words <tests/...>` ``. A test that does
not exist, or is not run by that page, is a Sphinx warning, and the book is built with warnings as errors.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)
FOLDERS = ("tests/algebra", "tests/certified")
PAGE = "chapters/reference/checks"
PLACEHOLDER = "# all files of tests of derivations"
NAME = re.compile(r"(?P<file>[\w/]+\.py)::(?P<test>test_\w+)")
TITLED = re.compile(r"(?P<words>.*?)\s*<(?P<name>[^<>]+)>", re.DOTALL)


class Check(NamedTuple):
    """One test that checks a derivation."""

    file: str
    """Its file, from the root of the repository."""
    test: str
    """Name of the function."""
    line: int
    """Where it begins."""
    statement: str
    """First paragraph of its docstring: what it proves; its name in words where there is none."""

    @property
    def id(self) -> str:
        """Name of its row, by which links find it."""
        return f"check-{Path(self.file).parent.name}-{Path(self.file).stem}-{self.test}".replace("_", "-")


@lru_cache(maxsize=64)
def _functions(text: str, file: str) -> tuple[Check, ...]:
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            words = (ast.get_docstring(node) or node.name.removeprefix("test_").replace("_", " ")).split(
                "\n\n"
            )[0]
            found.append(Check(file, node.name, node.lineno, " ".join(words.split())))
    return tuple(found)


def checks(root: Path) -> tuple[Check, ...]:
    """All tests of derivations, file by file."""
    files = sorted(file for folder in FOLDERS for file in (root / folder).glob("test_*.py"))
    return tuple(
        check
        for file in files
        for check in _functions(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    )


def find(name: str, root: Path) -> Check:
    """The test of this name; ``ValueError`` says what is wrong with the name."""
    match = NAME.fullmatch(name.strip())
    if match is None:
        raise ValueError(f"{name!r} is no test: write tests/algebra/test_x.py::test_y")
    known = {(check.file, check.test): check for check in checks(root)}
    key = match["file"], match["test"]
    if key not in known:
        raise ValueError(f"there is no test {name!r} in {' or '.join(FOLDERS)}")
    return known[key]


class Checked(SphinxRole):
    """The role itself."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        titled = TITLED.fullmatch(self.text)
        words, name = (titled["words"] or "checked", titled["name"]) if titled else ("checked", self.text)
        try:
            check = find(name, Path(self.env.srcdir))
        except ValueError as error:
            logger.warning(str(error), location=self.get_location(), type="learnscape", subtype="checked")
            return [nodes.literal(text=name)], []
        address = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        link = nodes.reference(
            "", f"✓ {words}", refuri=f"{address}#{check.id}", internal=True, reftitle=check.statement
        )
        link["classes"] += ["ls-checked"]
        self.env.note_dependency(str(Path(self.env.srcdir, check.file)))
        return [link], []


def put_below_equations(app: Any, doctree: nodes.document) -> None:
    """A paragraph of such links alone belongs to the equation above it: the style sheet puts it there."""
    for paragraph in doctree.findall(nodes.paragraph):
        words = [child for child in paragraph.children if child.astext().strip(" \n,.")]
        if words and all(
            "ls-checked" in getattr(child, "attributes", {}).get("classes", ()) for child in words
        ):
            paragraph["classes"].append("ls-checks")


def name_files(app: Any, docname: str, source: list[str]) -> None:
    """The cell that runs the tests names their files: it is another cell, and executed again, when one more stands there."""
    if docname == PAGE:
        files = dict.fromkeys(check.file for check in checks(Path(app.srcdir)))
        source[0] = source[0].replace(PLACEHOLDER, f"# {', '.join(files)}")


def setup(app: Any) -> None:
    app.add_role("checked", Checked())
    app.connect("source-read", name_files)
    app.connect("doctree-read", put_below_equations)
