"""MyST to the Markdown that every notebook program understands.

A chapter's text uses directives (`{admonition}`, `{prf:theorem}`, `{exercise}` ...) and roles (`{eq}`, `{cite:p}`,
`{numref}` ...). Colab and plain Jupyter show those as code. This module rewrites them: a directive becomes a quoted block
with a bold heading, or a fold if the page folds it; an equation keeps its number; a reference becomes the words the page
shows. What it does not know it leaves readable: the text stays, only the fence goes.

What a label is called ("Fig. 3", "(2)", "Gardner 1988") is asked of a `Names` object, so that the rewriting itself is a
pure function of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

FENCE = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|:{3,}|~{3,})\{(?P<name>[\w:.+-]+)\}[ \t]*(?P<title>.*)$"
)
PLAIN_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
TARGET = re.compile(r"^\([\w:.+-]+\)=\s*$")
COMMENT = re.compile(r"^%.*$")
ROLE = re.compile(r"\{(?P<name>[\w:.+-]+)\}(?P<ticks>`+)(?P<text>.+?)(?P=ticks)(?!`)", re.DOTALL)
TITLED = re.compile(r"^(?P<title>.*?)\s*<(?P<target>[^>]+)>$", re.DOTALL)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
DISPLAYED = re.compile(r"(?P<indent>^[ \t]*)?\$\$(?P<text>.+?)\$\$", re.DOTALL | re.MULTILINE)
DOLLAR_LABEL = re.compile(r"\$\$\s*\((?P<label>[\w:.+-]+)\)[ \t]*$", re.MULTILINE)
HTML_ATTRIBUTES = re.compile(r"^\{[.#][^}]*\}\s*$")

HEADINGS = {
    "note": "Note", "tip": "Tip", "hint": "Hint", "warning": "Warning", "caution": "Caution", "important": "Important",
    "attention": "Attention", "danger": "Danger", "error": "Error", "seealso": "See also", "dropdown": "More",
    "exercise": "Exercise", "exercise-start": "Exercise", "solution": "Solution", "solution-start": "Solution",
    "margin": "Aside", "sidebar": "Aside", "admonition": "", "topic": "", "card": "", "epigraph": "",
}  # fmt: skip
DROPPED = {
    "bibliography",
    "contents",
    "tableofcontents",
    "toctree",
    "exercise-end",
    "solution-end",
    "raw",
    "index",
    "only",
}


@dataclass
class Names:
    """How the page calls a label. Each function takes a label and returns the words, or None if it does not know."""

    equation: Callable[[str], str | None] = lambda label: None
    number: Callable[[str], str | None] = lambda label: None
    section: Callable[[str], str | None] = lambda label: None
    citation: Callable[[str], str | None] = lambda key: None
    link: Callable[[str], str | None] = lambda target: None
    picture: Callable[[str], str | None] = lambda path: None


@dataclass
class Directive:
    name: str
    title: str
    options: dict[str, str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)


def convert(text: str, names: Names | None = None) -> str:
    """One Markdown cell, rewritten."""
    return "\n".join(_blocks(text.split("\n"), names or Names())).strip("\n")


def _blocks(lines: list[str], names: Names) -> list[str]:
    out: list[str] = []
    prose: list[str] = []

    def flush() -> None:
        if prose:
            out.extend(_inline("\n".join(prose), names).split("\n"))
            prose.clear()

    i = 0
    while i < len(lines):
        line = lines[i]
        opened = FENCE.match(line)
        if opened:
            flush()
            end = _closing(lines, i, opened["fence"])
            directive = _parse(opened, lines[i + 1 : end])
            out.extend(_render(directive, names))
            i = end + 1
        elif PLAIN_FENCE.match(line):  # a code block: not a word of it changes
            flush()
            end = _closing(lines, i, PLAIN_FENCE.match(line)[1])  # type: ignore[index]
            out.extend(lines[i : end + 1])
            i = end + 1
        else:
            if not (TARGET.match(line) or COMMENT.match(line) or HTML_ATTRIBUTES.match(line)):
                prose.append(line)
            i += 1
    flush()
    return out


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Index of the line that closes the fence opened at `start`; one past the last line if none does."""
    depth = 0
    mark, length = fence[0], len(fence)
    for j in range(start + 1, len(lines)):
        stripped = lines[j].strip()
        if stripped and set(stripped) == {mark} and len(stripped) >= length:
            if depth == 0 or len(stripped) > length:
                return j
            depth -= 1
        elif mark == ":" and FENCE.match(lines[j]) and FENCE.match(lines[j])["fence"] == fence:  # type: ignore[index]
            depth += 1  # colon fences of equal length may be nested
    return len(lines)


def _parse(opened: re.Match[str], lines: list[str]) -> Directive:
    directive = Directive(opened["name"], opened["title"].strip())
    i = 0
    if lines and lines[0].strip() == "---":
        i = 1
        while i < len(lines) and lines[i].strip() != "---":
            key, _, value = lines[i].partition(":")
            directive.options[key.strip()] = value.strip()
            i += 1
        i += 1
    else:
        while i < len(lines) and (option := re.match(r"^\s*:([\w-]+):\s*(.*)$", lines[i])):
            directive.options[option[1]] = option[2].strip()
            i += 1
    body = lines[i:]
    while body and not body[0].strip():
        body = body[1:]
    while body and not body[-1].strip():
        body = body[:-1]
    directive.body = body
    return directive


def _render(directive: Directive, names: Names) -> list[str]:
    name, title = directive.name, directive.title
    if name in DROPPED:
        return []
    if name == "math":
        tag = _tag(directive.options.get("label", ""), names)
        return _equation(
            "\n".join([*([title] if title else []), *directive.body, *([tag] if tag else [])])
        ).split("\n")
    if name in ("code", "code-block", "sourcecode", "code-cell", "literalinclude"):
        return [f"```{title}", *directive.body, "```"]
    if name in ("figure", "image"):
        alt = directive.options.get("alt", "")
        caption = _blocks(directive.body, names)
        picture = f"![{alt}]({names.picture(title) or title})"
        return [picture, "", *[f"*{line.strip()}*" if line.strip() else "" for line in caption]]
    if name == "list-table":
        return _table(directive, names)
    if name == "glossary":
        return _blocks(directive.body, names)
    label = directive.options.get("label") or directive.options.get("name") or ""
    return _box(directive, _heading(directive, names, label), names)


def _heading(directive: Directive, names: Names, label: str) -> str:
    name, title = directive.name, _inline(directive.title, names)
    if name.startswith("prf:"):
        kind = names.number(label) or name.removeprefix("prf:").capitalize()
        return f"{kind} ({title})" if title else kind
    if name.startswith("exercise"):
        kind = names.number(label) or "Exercise"
        return f"{kind}: {title}" if title else kind
    if name.startswith("solution"):
        of = names.number(directive.title)
        return f"Solution to {of}" if of else "Solution"
    return title or HEADINGS.get(name, "")


def _box(directive: Directive, heading: str, names: Names) -> list[str]:
    inner = _blocks(directive.body, names)
    if directive.name.endswith("-start"):  # its end is in a later cell, and code cells stand between
        return ["---", "", f"**{heading}**", "", *inner]
    if "dropdown" in directive.options.get("class", "").split() or directive.name in ("dropdown", "toggle"):
        return ["<details>", f"<summary><b>{heading or 'More'}</b></summary>", "", *inner, "", "</details>"]
    if directive.name.startswith("prf:") or directive.name in HEADINGS:
        head = [f"> **{heading}**", ">"] if heading else []
        return [*head, *[f"> {line}".rstrip() for line in _equations_in_a_line(inner)]]
    head = [f"**{heading}**", ""] if heading else []
    return [*head, *inner]


def _equations_in_a_line(lines: list[str]) -> list[str]:
    """JupyterLab's MyST takes the marks of a quotation for parts of an equation that has several lines."""
    return DISPLAYED.sub(lambda m: " ".join(m[0].split()), "\n".join(lines)).split("\n")


def _table(directive: Directive, names: Names) -> list[str]:
    """A list-table as a Markdown table."""
    rows: list[list[str]] = []
    for line in directive.body:
        row = re.match(r"^\s*\*\s+-\s?(.*)$", line)
        cell = re.match(r"^\s+-\s?(.*)$", line)
        if row:
            rows.append([row[1]])
        elif cell and rows:
            rows[-1].append(cell[1])
        elif rows and line.strip():
            rows[-1][-1] += " " + line.strip()
    if not rows:
        return []
    text = [f"| {' | '.join(_inline(cell, names) for cell in row)} |" for row in rows]
    title = [f"**{_inline(directive.title, names)}**", ""] if directive.title else []
    return [*title, text[0], "|" + " --- |" * len(rows[0]), *text[1:]]


def _tag(label: str, names: Names) -> str:
    number = names.equation(label) if label else None
    return rf"\tag{{{number}}}" if number else ""


def _equation(text: str, indent: str | None = "") -> str:
    """Set apart, in an environment without number: JupyterLab's MyST gives every other one a number, beside the book's own."""
    begin, end = r"\begin{equation*}", r"\end{equation*}"
    if indent is None:  # within a line
        return f"$${begin}{text}{end}$$"
    lines = ["$$", begin, *text.strip().split("\n"), end, "$$"]
    return "\n".join(indent + line.removeprefix(indent) for line in lines)


def _inline(text: str, names: Names) -> str:
    text = DOLLAR_LABEL.sub(lambda m: f"{_tag(m['label'], names)}\n$$".lstrip("\n"), text)
    text = DISPLAYED.sub(lambda m: _equation(m["text"], m["indent"]), text)
    parts = re.split(r"((?<!`)`[^`]+`(?!`))", ROLE.sub(lambda m: _role(m, names), text))
    return "".join(
        part if part.startswith("`") else LINK.sub(lambda m: _link(m, names), part) for part in parts
    )


def _link(match: re.Match[str], names: Names) -> str:
    target = names.link(match["target"])
    text = match["text"] or (names.section(match["target"].lstrip("#")) or match["target"])
    return f"[{text}]({target})" if target else match[0] if ":" in match["target"] else text


def _role(match: re.Match[str], names: Names) -> str:
    name, text = match["name"], match["text"].strip()
    titled = TITLED.match(text)
    words, target = (titled["title"], titled["target"]) if titled else ("", text)
    if name == "eq":
        return f"({names.equation(target) or target})"
    if name.startswith("cite"):
        cited = "; ".join(names.citation(key.strip()) or key.strip() for key in target.split(","))
        return cited if name in ("cite:t", "cite:ts", "cite:ct") else f"({cited})"
    if name in ("numref", "prf:ref"):
        number = names.number(target)
        if words and number:
            digits = number.split()[-1]
            return words.replace("%s", digits).replace("{number}", digits)
        return number or words or "the figure"
    if name == "ref":
        return words or names.number(target) or names.section(target) or target
    if name == "doc":
        return f"[{words or target}]({names.link(target + '.md') or target})"
    if name == "math":
        return f"${text}$"
    if name == "checked":
        return f"({words or 'checked'} by `{target}`)"
    if name in (
        "py:func",
        "py:class",
        "py:mod",
        "py:meth",
        "py:attr",
        "func",
        "class",
        "mod",
        "code",
        "kbd",
        "file",
    ):
        return f"`{words or text.lstrip('~')}`"
    return words or text
