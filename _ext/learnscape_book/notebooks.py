"""Every chapter as a plain notebook, and the buttons that lead to it.

At the end of a build each executed page is written once more as ``_build/html/notebooks/<part>/<chapter>.ipynb``: the same
code cells, the text in plain Markdown, no outputs, and a first cell that installs the library when the notebook runs on
Colab. The file is a pure function of the page and the published version, so that rebuilding changes nothing.
"""

from __future__ import annotations

import ast
import base64
import mimetypes
import os
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from docutils import nodes
from pybtex.database import BibliographyData, parse_file
from sphinx.util import logging

from learnscape.classroom.assignments import install

from .plain_markdown import Names, convert

LIBRARY = Path(__file__).resolve().parents[2] / "lib" / "learnscape"
logger = logging.getLogger(__name__)

EXTRAS = {"sklearn": "data", "dask": "sweeps", "distributed": "sweeps", "pandas": "sweeps", "pyarrow": "sweeps",
          "learnscape.sweeps": "sweeps", "learnscape.real_data": "data"}  # fmt: skip
"""Import -> the optional part of the library's dependencies (pyproject.toml) that brings it."""


def setup(app: Any) -> None:
    app.connect("html-page-context", add_buttons, priority=502)  # after the theme has made its own
    app.connect("build-finished", export_all)


def notebook_path(docname: str) -> str | None:
    """Where the notebook of a page stands in the site: ``notebooks/<part>/<chapter>.ipynb``."""
    return f"notebooks/{docname.removeprefix('chapters/')}.ipynb"


def is_notebook(app: Any, docname: str) -> bool:
    return "kernelspec" in app.env.metadata.get(docname, {})


def site_address(repository: str) -> str:
    """The public address of the site that the deployment makes from a repository's address."""
    owner, name = repository.rstrip("/").split("/")[-2:]
    return f"https://{owner}.github.io/{name}"


# --- buttons -------------------------------------------------------------------------------------------------------------


def add_buttons(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Download as notebook; open on Binder or Colab. Links only: nothing is loaded from there."""
    if doctree is None or not is_notebook(app, pagename) or "header_buttons" not in context:
        return
    target = notebook_path(pagename)
    for group in context["header_buttons"]:
        if group.get("label") == "download-buttons":
            group["buttons"].insert(0, _link(context["pathto"](target, 1), ".ipynb", "Download this chapter as a notebook",
                                             "fas fa-code", "download-notebook-button"))  # fmt: skip
    options = app.config.html_theme_options
    repository, branch = options.get("repository_url", ""), options.get("repository_branch") or "main"
    if "github.com/" not in repository:
        return
    slug = repository.split("github.com/")[1].strip("/")
    binder = f"https://mybinder.org/v2/gh/{slug}/{branch}?urlpath=lab/tree/my/{pagename.removeprefix('chapters/')}.ipynb"
    colab = f"https://colab.research.google.com/github/{slug}/blob/gh-pages/{target}"
    context["header_buttons"].insert(0, {
        "type": "group", "tooltip": "Run this chapter", "icon": "fas fa-rocket", "label": "launch-buttons",
        "buttons": [
            _link(binder, "Binder", "Open in JupyterLab on Binder", "_static/images/logo_binder.svg", "launch-binder"),
            _link(colab, "Colab", "Open on Google Colab", "_static/images/logo_colab.png", "launch-colab"),
        ],
    })  # fmt: skip


def _link(url: str, text: str, tooltip: str, icon: str, label: str) -> dict[str, str]:
    return {"type": "link", "url": url, "text": text, "tooltip": tooltip, "icon": icon, "label": label}


# --- export --------------------------------------------------------------------------------------------------------------


def export_all(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    bibliography = _bibliography(app)
    for docname in sorted(app.env.found_docs):
        if is_notebook(app, docname):
            target = Path(app.outdir) / str(notebook_path(docname))
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(export(app, docname, bibliography), target)


def export(app: Any, docname: str, bibliography: BibliographyData) -> Any:
    """The page as a notebook object."""
    source = Path(app.env.doc2path(docname))
    page = jupytext.read(source)
    repository = app.config.html_theme_options.get("repository_url", "")
    cells = [nbformat.v4.new_markdown_cell(_preamble(docname, repository, extras_text(page)))]
    if repository:
        first = nbformat.v4.new_code_cell(
            install.cell(repository, install.published(app.srcdir), extras_text(page))
        )
        first.metadata["tags"] = ["colab"]
        cells.append(first)
    for cell in page.cells:
        if cell.cell_type == "markdown":
            attachments: dict[str, dict[str, str]] = {}
            text = convert(cell.source, _names(app, docname, repository, bibliography, attachments))
            if not text.strip():
                continue
            plain = nbformat.v4.new_markdown_cell(text)
            if attachments:
                plain["attachments"] = attachments
            cells.append(plain)
        elif cell.cell_type == "code":
            code = nbformat.v4.new_code_cell(cell.source)
            tags = list(cell.metadata.get("tags", []))
            if tags:
                code.metadata["tags"] = tags
            if "hide-input" in tags or "hide-cell" in tags:
                code.metadata["jupyter"] = {"source_hidden": True}
            cells.append(code)
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:03d}"  # deterministic, and steady when nothing changed
    nbformat.validate(notebook)
    return notebook


def extras_of(page: Any) -> set[str]:
    """The extras that a chapter's code needs: from its imports, and from those of the library's modules that it names.

    A module of the library counts with all that it imports anywhere, also inside functions.
    """
    found: set[str] = set()
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    waiting, seen = set(_imports(code)), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found |= {
            extra for module, extra in EXTRAS.items() if name == module or name.startswith(f"{module}.")
        }
        file = _library_file(name)
        if file is not None and name.count(".") >= 1:  # not `learnscape` itself, which would bring everything
            waiting |= _imports(file.read_text(encoding="utf-8"))
    return found


def extras_text(page: Any) -> str:
    extras = sorted(extras_of(page))
    return f"[{','.join(extras)}]" if extras else ""


@cache
def _imports(code: str) -> frozenset[str]:
    """Names of the modules that code imports; `from a import b` names a and a.b. Lines that are no Python are skipped."""
    plain = "\n".join(line for line in code.split("\n") if not line.lstrip().startswith(("%", "!")))
    names: set[str] = set()
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *[f"{node.module}.{alias.name}" for alias in node.names]}
    return frozenset(names)


def _library_file(name: str) -> Path | None:
    if not name.startswith("learnscape"):
        return None
    path = LIBRARY.joinpath(*name.split(".")[1:])
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _preamble(docname: str, repository: str, extras: str) -> str:
    text = "*A chapter of Learnscape, an executable course on the statistical physics of learning landscapes."
    if repository:
        page = f"{site_address(repository)}/{docname}.html"
        text += f" The page with its pictures, and all others: [{page}]({page})."
        text += f' To run it on your machine: `pip install "learnscape{extras} @ git+{repository}"`.'
    return text + " Text: CC BY 4.0. Code: BSD 3-Clause.*"


def _names(
    app: Any, docname: str, repository: str, bibliography: BibliographyData, attachments: Any
) -> Names:
    """What the built page calls each label, asked of Sphinx' environment."""
    std, math = app.env.get_domain("std"), app.env.get_domain("math")
    folder = Path(app.env.doc2path(docname)).parent

    def equation(label: str) -> str | None:
        known = math.equations.get(label)
        if known is None:
            return None
        numbers = app.env.toc_fignumbers.get(known[0], {}).get("displaymath", {})
        in_chapter = numbers.get(nodes.make_id(f"equation-{label}"))
        return ".".join(map(str, in_chapter)) if in_chapter else str(known[1])

    def number(label: str) -> str | None:
        where, target = std.anonlabels.get(label, ("", ""))
        for kind, numbers in app.env.toc_fignumbers.get(where, {}).items():
            if target in numbers:
                digits = ".".join(map(str, numbers[target]))
                return f"{ {'figure': 'Fig.', 'table': 'Table'}.get(kind, kind.capitalize()) } {digits}"
        return None

    def section(label: str) -> str | None:
        known = std.labels.get(label)
        return str(known[2]) if known else None

    def citation(key: str) -> str | None:
        entry = bibliography.entries.get(key)
        return None if entry is None else _author_year(entry)

    def link(target: str) -> str | None:
        if re.match(r"^[a-z]+:", target) or not repository:
            return target if ":" in target else None
        path, _, fragment = target.partition("#")
        if path and not path.endswith((".md", ".ipynb")):
            return None
        page = (
            posixpath.normpath(posixpath.join(posixpath.dirname(docname), os.path.splitext(path)[0]))
            if path
            else docname
        )
        if not path and fragment in std.labels:
            page, fragment = std.labels[fragment][0], std.labels[fragment][1]
        return f"{site_address(repository)}/{page}.html" + (f"#{fragment}" if fragment else "")

    def picture(path: str) -> str | None:
        file = (folder / path).resolve()
        kind = mimetypes.guess_type(file.name)[0]
        if not file.is_file() or kind is None:
            return None
        attachments[file.name] = {kind: base64.b64encode(file.read_bytes()).decode()}
        return f"attachment:{file.name}"

    return Names(equation, number, section, citation, link, picture)


def _bibliography(app: Any) -> BibliographyData:
    merged = BibliographyData()
    for name in getattr(app.config, "bibtex_bibfiles", []):
        for key, entry in parse_file(Path(app.srcdir) / name, bib_format="bibtex").entries.items():
            merged.add_entry(key, entry)
    return merged


def _author_year(entry: Any) -> str:
    people = [
        " ".join(map(str, person.rich_prelast_names + person.rich_last_names))
        for person in entry.persons.get("author", [])
    ]
    if len(people) > 2:
        people = [f"{people[0]} and others"]
    return f"{' and '.join(people) or entry.fields.get('title', '?')} {entry.fields.get('year', '')}".strip()
