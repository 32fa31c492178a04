"""Slides of the built chapters: ``python _ext/slides.py [capacity/perceptron ...]`` writes ``_build/slides/PART/NAME.html``.

A deck is made from the chapter's built page, so there is one source. What goes onto a slide, unless the author says otherwise:

* the title with the chapter's goals, explorables, figures, tables, theorems and questions that ask for a prediction: one slide each;
* numbered equations, several on one slide if they follow each other, and short lists;
* of a section that has none of these, the first sentences of its paragraphs, or its only paragraph if that is short; a few
  below an equation that stands alone.

All text of the chapter is in the notes of the slide that it follows. Exercises and solutions are left out. An author says otherwise
by ``{.slide}`` or ``{.no-slide}`` on the line above a paragraph, a list or (``{.no-slide}``) a heading, by the tags ``slide`` and
``no-slide`` of a cell, and by ``:class: slide`` in an exercise. A marked paragraph or list stands on the slide that the text has come to.

The folder holds everything that it needs and opens without a server; the explorables' module stands in the pages themselves, because
a browser refuses to load a module from a file.
"""

from __future__ import annotations

import argparse
import copy
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from lxml import html

from check_site import pages
from my_notebooks import chapters, site_address

ROOT = Path(__file__).resolve().parents[1]
VIEW = Path(__file__).with_name("slide_view")
LINES = 4
"""Lines of equations and list items that stand on one slide beside each other."""
FEW = 2
"""Lines of equations that leave room for sentences below them."""
SENTENCES = 5
"""Sentences of a slide that has nothing but text."""
FEWEST = 6
"""Words of a sentence that says something by itself."""
LONGEST = 34
"""Words of a sentence that can still be read from the last row."""
ROWS = 12
"""Rows of a table that fit on a slide."""
ASSETS = (
    "tokens.css",
    "book.css",
    "pygments.css",
    "typeset.js",
    "favicon.svg",
    "explore/learnscape.css",
    "vendor",
)
STATEMENTS = ("theorem", "lemma", "proposition", "definition", "algorithm", "exercise")
TABLE = "pst-scrollable-table-container"
PROMPT = "Predict"
READING = "Further reading"
SENTENCE_END = re.compile(r"[.?!](?=\s|$)")
NOT_TAUGHT = "self::section[starts-with(@id, 'exercises')]"


@dataclass
class Slide:
    """What one slide shows, and what is said with it."""

    title: str
    section: str
    shown: list[Any] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    lines: int = 0
    alone: bool = False
    """Whether what it shows fills it."""


def has(element: Any, *names: str) -> bool:
    """Whether an element has one of these classes."""
    return not set(names).isdisjoint((element.get("class") or "").split())


def is_(kind: str) -> str:
    """XPath: has this class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {kind} ')"


EQUATIONS = (
    f"descendant-or-self::div[{is_('math')}][span[@class='eqno']][not(ancestor::*[{is_('dropdown')}])]"
)
BESIDE_A_PICTURE = f".//div[{is_('cell_input')} or {is_('stream')} or {is_('text_plain')}]"
NOT_SHOWN = f".//*[self::a[{is_('headerlink')}] or self::noscript or self::details[{is_('hide')}] or {is_('solution')} or self::button]"


class Deck:
    """The slides of one article."""

    def __init__(self, article: Any) -> None:
        self.slides: list[Slide] = []
        article = copy.deepcopy(article)
        for element in article.xpath(NOT_SHOWN):
            element.drop_tree()
        self.chapter = next(iter(article.xpath("./section")))
        for goals in self.chapter.xpath(f".//*[{is_('ls-opening')}]"):
            self.chapter.insert(1, goals)  # the page has them below its question
        self.title = heading(self.chapter)
        self._section(self.chapter, "")

    def _section(self, section: Any, above: str) -> None:
        if section.xpath(NOT_TAUGHT) or has(section, "no-slide"):
            return
        title = heading(section)
        first = len(self.slides)
        self._new(title, above)
        for block in section:
            if not isinstance(block.tag, str) or re.fullmatch(r"h\d", block.tag):
                continue
            if block.tag == "section":
                self._section(block, "" if section is self.chapter else title)
            else:
                self._block(block)
        for slide in self.slides[first:]:
            if not slide.shown or (slide.lines <= FEW and all(has(shown, "math") for shown in slide.shown)):
                slide.shown += first_sentences(slide.notes, LINES - slide.lines if slide.shown else SENTENCES)
        if section is not self.chapter:
            self.slides[first:] = [slide for slide in self.slides[first:] if slide.shown or slide.notes]

    def _new(self, title: str, section: str) -> Slide:
        self.slides.append(Slide(title, section))
        return self.slides[-1]

    def _next(self, lines: int = 0) -> Slide:
        """A slide with room for so many lines; 0 asks for a slide alone."""
        now = self.slides[-1]
        if now.shown and (now.alone or not lines or now.lines + lines > LINES):
            now = self._new(now.title, now.section)
        now.lines += lines
        now.alone = not lines
        return now

    def _block(self, block: Any) -> None:
        now = self.slides[-1]
        marked = has(block, "slide", "tag_slide")
        if has(block, "no-slide", "tag_no-slide"):
            now.notes.append(block)
        elif has(block, "ls-opening"):
            self._next().shown.append(block[0])
            self.slides[-1].notes += list(block)[1:]
        elif has(block, "exercise") and not marked:
            return
        elif block.tag in ("p", "ul", "ol") and marked:
            now.shown.append(copied(block))  # beside what is there: the author's wish
            now.notes.append(block)
        elif block.tag == "p" and block.text_content().startswith(PROMPT):
            self._next().shown.append(block)
        elif block.tag in ("ul", "ol") and is_short(block):
            self._next(len(block)).shown.append(copied(block))
            self.slides[-1].notes.append(block)
        elif has(block, *STATEMENTS):
            self._next().shown.append(copied(block))
            self.slides[-1].notes.append(block)
        elif has(block, "cell") and (marked or is_picture(block)):
            self._next().shown.append(block)
            for printed in [] if marked else block.xpath(BESIDE_A_PICTURE):
                printed.getparent().remove(printed)
                self.slides[-1].notes.append(printed)
        elif has(block, TABLE) or block.tag in ("figure", "table"):
            self._next().shown.append(block)
        elif len(block) or block.text_content().strip():
            for equation in block.xpath(EQUATIONS):
                self._next(1 + equation.text_content().count("\\\\")).shown.append(copied(equation))
            self.slides[-1].notes.append(block)


def heading(section: Any) -> str:
    """The heading of a section as HTML, without its number."""
    first = next(child for child in section if re.fullmatch(r"h\d", str(child.tag)))  # after its labels
    found = copy.deepcopy(first)
    for number in found.xpath(f".//*[{is_('section-number')}]"):
        number.drop_tree()
    return inner(found).strip()


def inner(element: Any) -> str:
    """What an element contains, as HTML."""
    parts = [escape(element.text or "", quote=False)]
    return "".join(parts + [html.tostring(child, encoding="unicode") for child in element])


def copied(element: Any) -> Any:
    """A copy for the slide, which takes over the names by which links find it; on paper the original is enough."""
    twin = copy.deepcopy(element)
    twin.tail = None
    twin.set("class", f"{twin.get('class') or ''} copied".strip())
    for named in element.xpath("descendant-or-self::*[@id]"):
        del named.attrib["id"]
    return twin


def is_short(block: Any) -> bool:
    return len(block) <= LINES + 2 and len(block.text_content().split()) <= LONGEST * LINES


def is_picture(cell: Any) -> bool:
    """Whether a cell shows an explorable, a picture or a table that fits."""
    if cell.xpath(".//*[@data-learnscape='explorable'] | .//figure | .//img"):
        return True
    tables = cell.xpath(".//table")
    return bool(tables) and sum(len(table.xpath(".//tr")) for table in tables) <= ROWS


def first_sentences(notes: list[Any], most: int) -> Iterator[Any]:
    """One list with at most so many first sentences of the first paragraphs and items of lists, if possible of short ones; an only paragraph that is short, whole."""
    found = [
        block
        for note in map(copy.deepcopy, notes)
        for block in ([note] if note.tag == "p" else note.xpath("self::*[self::ul or self::ol]/li"))
        if begins(block)
    ]
    texts = [first_sentence(block[0] if len(block) and block[0].tag == "p" else block) for block in found]
    if len(found) == 1 and words(inner(found[0])) <= 2 * LONGEST:
        texts = [inner(found[0])]  # its first sentence alone says too little
    short = [text for text in texts if words(text) <= LONGEST]
    lines = short[:most] or texts[:1]
    if lines:
        yield html.fromstring(f'<ul class="copied">{"".join(f"<li>{text}</li>" for text in lines)}</ul>')


def begins(block: Any) -> bool:
    """Whether a sentence begins here: below an equation one may go on. Marks of checked equations before it are dropped."""
    for mark in block.xpath(f".//a[{is_('ls-checked')}]"):
        mark.drop_tree()
    text = block.text_content().strip()
    return bool(re.search(r"\w", text)) and not text[0].islower() and not text.startswith(READING)


def words(text: str) -> int:
    """How many words stand in HTML."""
    return len(re.sub(r"<[^>]*>", "", text).split())


def first_sentence(paragraph: Any) -> str:
    """The first sentence as HTML, with the formulas and emphasis in it, and the second if the first is only a few words.

    Examples
    --------
    >>> first_sentence(html.fromstring("<p>There are just <em>two</em> kinds of it. And more.</p>"))
    'There are just <em>two</em> kinds of it.'
    >>> first_sentence(html.fromstring("<p><strong>Aim.</strong> Find the crowd first of all. And more.</p>"))
    '<strong>Aim.</strong> Find the crowd first of all.'
    """
    said = ""
    for part in (None, *paragraph):
        if part is not None:
            said += html.tostring(part, encoding="unicode", with_tail=False)
            if (
                part.tag in ("strong", "em")
                and part.text_content().rstrip().endswith((".", "?", "!"))
                and words(said) >= FEWEST
            ):
                return said
        text = (paragraph.text if part is None else part.tail) or ""
        for end in SENTENCE_END.finditer(text):
            upto = said + escape(text[: end.end()], quote=False)
            if words(upto) >= FEWEST:
                return upto.strip()
        said += escape(text, quote=False)
    return said.strip()


# --- writing ---------------------------------------------------------------------------------------------------------------


def written(slide: Slide) -> str:
    """One slide as HTML."""
    show = "".join(html.tostring(element, encoding="unicode", with_tail=False) for element in slide.shown)
    notes = "".join(html.tostring(element, encoding="unicode", with_tail=False) for element in slide.notes)
    kicker = f"<p class='kicker'>{slide.section}</p>" if slide.section else ""
    return (
        f"<header>{kicker}<h2>{slide.title}</h2></header><div class='room'><div class='fit'>{show}</div></div>"
        f"<aside class='notes'>{notes}</aside>"
    )


def taught(root: Path) -> list[str]:
    """Chapters in the order of the course, without the front page, the reference and what is for teachers."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    known = set(chapters(root))
    names = [name.removeprefix("chapters/") for name in pages(toc)]
    return [
        name for name in names if name in known and not name.startswith(("classroom/", "reference/", "index"))
    ]


def article(site: Path, name: str) -> Any:
    """What a chapter's built page says."""
    tree = html.parse(site / "chapters" / f"{name}.html", parser=html.HTMLParser(encoding="utf-8"))
    return tree.xpath("//article")[0]


def deck_page(name: str, root: Path, site: Path, out: Path) -> tuple[str, Deck]:
    """The HTML of a chapter's slides, and the deck; pictures that it shows are copied below `out`."""
    page = article(site, name)
    deck = Deck(page)
    slides = "\n".join(
        f"<section class='slide{' again' if k and deck.slides[k - 1].title == slide.title else ''}' id='slide-{k + 1}'>"
        f"{written(slide)}</section>"
        for k, slide in enumerate(deck.slides)
    )
    options = next(text for text in page.xpath("//script/text()") if text.startswith("window.MathJax"))
    module = (site / "_static/explore/learnscape.js").read_text(encoding="utf-8")
    parts = {
        "title": re.sub(r"<[^>]*>", "", deck.title),
        "mathjax": options,
        "slides": mended(slides, name, root, site, out),
        "module": module if "data-learnscape=" in slides else "",
    }
    return filled("deck.html", up="../" * name.count("/"), **parts), deck


def filled(template: str, **parts: str) -> str:
    """A file of `slide_view` with its ``{{names}}`` filled in."""
    text = (VIEW / template).read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


def mended(slides: str, name: str, root: Path, site: Path, out: Path) -> str:
    """Addresses that hold in the folder of slides: pictures beside it, names on these slides, and the public site for the rest."""
    body = html.fragment_fromstring(slides, create_parent="main")
    folder = (site / "chapters" / name).parent
    for picture in body.xpath(".//*[@src][not(starts-with(@src, 'data:'))]"):
        source = (folder / unquote(picture.get("src"))).resolve()
        target = out / source.relative_to(site.resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        picture.set("src", "../" * name.count("/") + target.relative_to(out).as_posix())
    names = set(body.xpath(".//@id"))
    public = site_address(root)
    for link in body.xpath(".//a[@href]"):
        target = link.get("href")
        if (target.startswith("#") and target[1:] in names) or ":" in target:
            continue
        page = f"chapters/{name}.html" if target.startswith("#") else ""
        path = page or (folder / target.partition("#")[0]).resolve().relative_to(site.resolve()).as_posix()
        if not public or has(link, "image-reference"):
            link.drop_tag()
            continue
        link.set("href", f"{public}/{path}" + (f"#{target.partition('#')[2]}" if "#" in target else ""))
    return inner(body)


def make(names: list[str], root: Path = ROOT, site: Path | None = None, out: Path | None = None) -> list[str]:
    """Write the decks of these chapters (of all, if none is named) and a page that lists all decks; returns the names."""
    site = site or root / "_build" / "html"
    out = out or root / "_build" / "slides"
    known = taught(root)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"no chapter {unknown[0]!r}; there are {', '.join(known)}")
    for asset in ASSETS:
        source, target = site / "_static" / asset, out / "_static" / asset
        target.parent.mkdir(parents=True, exist_ok=True)
        (
            shutil.copytree(source, target, dirs_exist_ok=True)
            if source.is_dir()
            else shutil.copy2(source, target)
        )
    for file in ("slides.css", "slides.js"):
        shutil.copy2(VIEW / file, out / "_static" / file)
    for name in names or known:
        text, deck = deck_page(name, root, site, out)
        target = out / f"{name}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"{name}: {len(deck.slides)} slides")
    made = [name for name in known if (out / f"{name}.html").exists()]
    titles = {
        name: re.search("<title>(.*?)</title>", (out / f"{name}.html").read_text(encoding="utf-8"))[1]
        for name in made
    }
    items = "".join(f'<li><a href="{name}.html">{titles[name]}</a></li>' for name in made)
    (out / "index.html").write_text(filled("index.html", items=items), encoding="utf-8")
    return names or known


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "chapters", nargs="*", help="names such as capacity/perceptron; without them all chapters"
    )
    try:
        make(parser.parse_args().chapters)
    except (ValueError, FileNotFoundError) as error:
        print(f"No slides: {error}", file=sys.stderr)
        return 1
    print(
        f"\nThe slides are in {ROOT / '_build' / 'slides' / 'index.html'}: open it in a browser, no server is needed."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
