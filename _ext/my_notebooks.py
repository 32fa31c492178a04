"""The student's own notebooks: ``python _ext/my_notebooks.py`` makes them in ``my/``, and brings them up to date.

``make lab`` and Binder call this. Every chapter becomes a notebook (.ipynb), which keeps its outputs; the chapters themselves
are never opened, so that an update of the project (``git pull``) finds them as it left them. Git ignores ``my/``.

One rule protects the student's work: *nothing is written over that a student changed or computed.* What was handed out is
remembered as a hash of the cells' texts in ``my/.handed-out.json``. When a chapter is newer than a copy, the copy is

* replaced, if its texts are as handed out and all its outputs belong to cells that stay (they are kept);
* left alone otherwise, and the new chapter is put beside it as ``<name>.updated.ipynb``, whose first cell says so.

A notebook that is missing is made again. One that can't be read counts as changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
import nbformat

from notebook_words import citations, figure, in_words, labels

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = ".handed-out.json"
SPHINX_ONLY = {"reference/api", "reference/bibliography"}
"""Pages that a build fills; in a notebook they would be empty."""
GENERATED = "reference/api/"
FOR_TEACHERS = "classroom/"
"""The folder in which a build writes one page a module."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
NOTICE = "learnscape_notice"
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
FIGURE = re.compile(r"^(?:`{3,}|:{3,})\{(?:figure|image)\}\s*(\S+)", re.MULTILINE)
BLOCK_ATTRIBUTES = re.compile(r"^\{[.#][^}\n]*\}[ \t]*\n", re.MULTILINE)


@dataclass
class Report:
    """What was done, by path below ``my/``."""

    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    beside: list[tuple[str, str]] = field(default_factory=list)
    """Pairs: the changed copy, and the updated chapter put beside it."""
    gone: list[str] = field(default_factory=list)
    """Handed out once, but no longer a chapter; kept."""

    def __str__(self) -> str:
        lines = []
        if self.new:
            lines.append(f"my/: {len(self.new)} notebooks made from the chapters.")
        if self.replaced:
            lines.append(f"Updated, you had not changed them: {', '.join(self.replaced)}.")
        for own, updated in self.beside:
            lines.append(
                f"{own} has a new version. Your copy holds your work and stays as it is; the new version is {updated}."
            )
        lines += [
            f"{name} is no longer a chapter of the book; your copy stays, delete it if you like."
            for name in self.gone
        ]
        return "\n".join(lines)


# --- a chapter as a notebook ---------------------------------------------------------------------------------------------


def chapters(root: Path) -> Iterator[str]:
    """Names of the pages that become notebooks, such as "capacity/perceptron"."""
    folder = root / "chapters"
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name.startswith((GENERATED, FOR_TEACHERS)) or name in SPHINX_ONLY:
            continue
        if not any(part.startswith((".", "_")) for part in name.split("/")):
            yield name


def site_address(root: Path) -> str:
    """The public address of the site, from ``_config.yml``; empty if none is named."""
    found = re.search(
        r"^\s*url:\s*https://github\.com/([\w.-]+)/([\w.-]+)",
        (root / "_config.yml").read_text("utf-8"),
        re.MULTILINE,
    )
    return f"https://{found[1]}.github.io/{found[2]}" if found else ""


def notebook(root: Path, name: str, book: Book | None = None) -> tuple[Any, list[str]]:
    """The chapter as a notebook object, and the pictures it shows (paths below ``chapters/``); `book` spares reading all others."""
    cited, where, titles = book or read_book(root)
    pictures: list[str] = []
    folder = posixpath.dirname(name)
    site = site_address(root)

    def link(match: re.Match[str]) -> str:
        image, text, target = match.groups()
        path, hash_sign, fragment = target.partition("#")
        if ":" in path or not path:
            return match[0]
        page = posixpath.normpath(posixpath.join(folder, path))
        if image:
            pictures.append(page)
        elif path.endswith(".md"):
            page = page.removesuffix(".md")
            if page in titles:
                target = f"{path.removesuffix('.md')}.ipynb{hash_sign}{fragment}"
            elif site:
                target = f"{site}/chapters/{page}.html{hash_sign}{fragment}"
        elif target in where:  # a section, by its label; JupyterLab wants a # for those of the same notebook
            target = f"#{target}" if where[target] == name else f"{relative(where[target])}.ipynb"
        return f"{image}[{text}]({target})"

    def relative(page: str) -> str:
        return posixpath.relpath(page, folder or ".")

    def elsewhere(label: str) -> str | None:
        page = where.get(label)
        if page is None:
            return None
        return f"[{titles[page]}]({relative(page)}.ipynb)"

    source = jupytext.read(root / "chapters" / f"{name}.md")
    own = {label for label, page in where.items() if page == name}
    names = [figure(cell).get("name", "") for cell in source.cells if figure(cell)]
    figures = {label: number for number, label in enumerate(names, 1)}

    def words(text: str) -> str:
        return LINK.sub(link, in_words(text, cited, own, figures, elsewhere))

    cells = []
    for cell in source.cells:
        if cell.cell_type == "code":
            made = nbformat.v4.new_code_cell(cell.source)
            tags = list(cell.metadata.get("tags", []))
            if tags:
                made.metadata["tags"] = tags
            if any(tag in tags for tag in ("hide-input", "hide-cell", "remove-input")):
                made.metadata["jupyter"] = {"source_hidden": True}
        else:
            made = nbformat.v4.new_markdown_cell(words(BLOCK_ATTRIBUTES.sub("", cell.source)))
            pictures += [
                posixpath.normpath(posixpath.join(folder, path))
                for path in FIGURE.findall(made.source)
                if ":" not in path
            ]
        cells.append(made)
        shown = figure(cell) if cell.cell_type == "code" else {}
        if shown.get("caption"):  # JupyterLab does not show what stands in a cell's metadata
            text = f"*Figure {figures[shown.get('name', '')]}.* {shown['caption'].strip()}"
            cells.append(nbformat.v4.new_markdown_cell(words(text)))
    for number, made in enumerate(cells):
        made["id"] = f"cell-{number:03d}"  # the same in every run
    result = nbformat.v4.new_notebook(cells=cells)
    result.metadata["kernelspec"] = dict(KERNEL)
    result.metadata["language_info"] = {"name": "python"}
    return result, pictures


class Book(NamedTuple):
    """What chapters say of each other: key -> authors and year, label -> its chapter, chapter -> title."""

    cited: dict[str, str]
    where: dict[str, str]
    titles: dict[str, str]


def read_book(root: Path) -> Book:
    """Read the bibliography and every chapter once."""
    bibliography = root / "chapters" / "references.bib"
    cited = citations(bibliography.read_text("utf-8")) if bibliography.is_file() else {}
    where: dict[str, str] = {}
    titles = {}
    for name in chapters(root):
        text = (root / "chapters" / f"{name}.md").read_text("utf-8")
        where |= dict.fromkeys(labels(text), name)
        heading = re.search(r"^# (.+)$", text, re.MULTILINE)
        titles[name] = heading[1].strip() if heading else name
    return Book(cited, where, titles)


# --- what a student did to it --------------------------------------------------------------------------------------------


def fingerprint(notebook: Any) -> str:
    """Hash of what a person writes: kinds, texts and attachments of the cells. Outputs, counters and folds don't count."""
    cells = [
        [cell.get("cell_type"), cell.get("source", "").rstrip(), cell.get("attachments") or {}]
        for cell in notebook.cells
        if not cell.get("metadata", {}).get(NOTICE)
    ]
    while cells and cells[-1][1] == "" and not cells[-1][2]:
        cells.pop()  # JupyterLab appends an empty cell when the last one is run
    text = json.dumps(cells, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def keep_outputs(old: Any, new: Any) -> bool:
    """Move the outputs of `old` to the cells of `new` with the same text; False, and nothing moved, if any would be lost."""
    waiting = [
        cell for cell in new.cells if cell.cell_type == "code"
    ]  # equal cells are matched in their order
    moves = []
    for cell in old.cells:
        if cell.cell_type != "code":
            continue
        match = next((other for other in waiting if other.source.rstrip() == cell.source.rstrip()), None)
        if match is not None:
            waiting.remove(match)
        if cell.get("outputs"):
            if match is None:
                return False
            moves.append((cell, match))
    for cell, match in moves:
        match["outputs"], match["execution_count"] = cell.outputs, cell.get("execution_count")
    widgets = old.metadata.get("widgets")
    if widgets is not None:
        new.metadata["widgets"] = widgets
    return True


def read(path: Path) -> Any | None:
    """The notebook, or None if the file is none."""
    try:
        found = nbformat.read(path, as_version=4)
        fingerprint(found)
    except Exception:  # a student's file may hold anything; whatever it is, it is left alone
        return None
    return found


# --- handing out ---------------------------------------------------------------------------------------------------------


def update(root: Path = ROOT, my: Path | None = None) -> Report:
    """Make what is missing in ``my/``, replace what is untouched, put the rest beside."""
    my = root / "my" if my is None else my
    manifest = _load(my / MANIFEST)
    report = Report()
    names = list(chapters(root))
    book = read_book(root)
    for name in names:
        made, pictures = notebook(root, name, book)
        _hand_out(my, f"{name}.ipynb", made, manifest, report)
        for picture in pictures:
            source = root / "chapters" / picture
            if source.is_file() and not picture.startswith("../"):
                (my / picture).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, my / picture)
        _save(my / MANIFEST, manifest)
    for path in sorted(set(manifest) - {f"{name}.ipynb" for name in names}):
        if ".updated" not in path:
            if (my / path).exists():
                report.gone.append(path)
            del manifest[path]
    _save(my / MANIFEST, manifest)
    return report


def _hand_out(my: Path, path: str, made: Any, manifest: dict[str, Any], report: Report) -> None:
    wanted = fingerprint(made)
    entry = manifest.setdefault(path, {})
    file = my / path
    if not file.exists():
        _write(file, made)
        manifest[path] = {"handed_out": wanted}
        report.new.append(path)
        return
    own = read(file)
    current = None if own is None else fingerprint(own)
    if current == wanted:
        manifest[path] = {"handed_out": wanted}
    elif own is not None and current == entry.get("handed_out") and keep_outputs(own, made):
        _write(file, made)
        manifest[path] = {"handed_out": wanted}
        report.replaced.append(path)
    elif entry.get("offered") != wanted and entry.get("handed_out") != wanted:
        beside = _beside(my, path, made, manifest)
        entry["offered"] = wanted  # once: who has deleted the new version has seen it
        report.beside.append((path, beside))


def _beside(my: Path, path: str, made: Any, manifest: dict[str, Any]) -> str:
    """Write the new version beside a changed copy, under the first name that is free or holds nothing of the student's."""
    stem = path.removesuffix(".ipynb")
    wanted = fingerprint(made)
    name = stem.rpartition("/")[2]
    notice = nbformat.v4.new_markdown_cell(
        f"> **The chapter has been updated.** This is the new version. Your own copy, with your changes, is "
        f"[{name}.ipynb]({name}.ipynb) in this folder, and nothing in it was touched. When you no longer need yours, delete it "
        "and give this one its name, or delete both and run `make lab` again.",
        metadata={NOTICE: True},
    )
    notice["id"] = "notice"
    made.cells.insert(0, notice)
    for count in range(1, 1000):
        candidate = f"{stem}.updated{'' if count == 1 else f'-{count}'}.ipynb"
        file = my / candidate
        own = read(file) if file.exists() else None
        if file.exists():
            current = None if own is None else fingerprint(own)
            untouched = (
                own is not None
                and current in (wanted, manifest.get(candidate, {}).get("handed_out"))
                and keep_outputs(own, made)
            )
            if not untouched:
                continue
        _write(file, made)
        manifest[candidate] = {"handed_out": wanted}
        return candidate
    raise RuntimeError(f"no free name beside {my / path}")


def _write(file: Path, made: Any) -> None:
    nbformat.validate(made)
    _replace(file, nbformat.writes(made) + "\n")


def _replace(file: Path, text: str) -> None:
    """Whole or not at all: an interrupted update leaves the old file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)


def _load(path: Path) -> dict[str, Any]:
    """What was handed out; without the file (or with a broken one) every copy that differs counts as changed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def _save(path: Path, manifest: dict[str, Any]) -> None:
    known = {name: entry for name, entry in manifest.items() if entry}
    _replace(path, json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    said = str(update(my=Path(sys.argv[1]) if len(sys.argv) > 1 else None))
    if said:
        print(said)
