"""The built site, file by file: complete, no broken link, no picture without words, nothing loaded from elsewhere."""

from __future__ import annotations

import os
import re
import urllib.parse
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from lxml import html
from PIL import Image
from pybtex.database import parse_string

import api_names
import check_site
from learnscape.explore import REGISTRY
from learnscape_book import icons, imports, notebooks


@cache
def tree(page: Path) -> html.HtmlElement:
    return html.fromstring(page.read_bytes())


def having(name: str) -> str:
    """In XPath: of this class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


@cache
def anchors(page: Path) -> frozenset[str]:
    return frozenset(tree(page).xpath("//@id | //a/@name"))


@cache
def place(folder: Path, path: str) -> Path | None:
    """The file that a relative address leads to, if there is one; every page has hundreds of the same links."""
    target = Path(os.path.normpath(folder / path))
    target = target / "index.html" if target.is_dir() else target
    return target if target.exists() else None


def pages(site_dir: Path) -> list[Path]:
    found = sorted(site_dir.rglob("*.html"))
    assert len(found) > 5
    return found


def chapters(root: Path) -> list[str]:
    """Document names of the pages that run code."""
    names = check_site.pages(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    return [name for name in names if "kernelspec:" in (root / f"{name}.md").read_text(encoding="utf-8")]


def test_every_page_of_the_contents_was_built(root: Path, site_dir: Path) -> None:
    assert check_site.faults(root) == []


def test_a_missing_page_is_noticed(root: Path, site_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(
        "root: chapters/index\nparts: [{chapters: [{file: a}, {file: b}]}]", encoding="utf-8"
    )
    for name, words in (("index", 50), ("chapters/index", 50), ("a", 3)):
        page = tmp_path / "_build/html" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<article>{'word ' * words}</article>", encoding="utf-8")
    assert [fault.split(":")[0] for fault in check_site.faults(tmp_path)] == ["a", "b"]


def test_what_cells_print_fits_into_the_column(root: Path, site_dir: Path) -> None:
    assert check_site.too_wide(root) == []
    mended = [name for name in check_site.NOT_YET if check_site.widest((site_dir / f"{name}.html").read_text(encoding="utf-8")) <= check_site.WIDEST]  # fmt: skip
    assert mended == [], "take these out of NOT_YET"


def test_a_line_that_is_too_wide_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text("root: a\nchapters: [{file: b}, {file: c}]", encoding="utf-8")
    printed = '<div class="output stream highlight"><div class="highlight"><pre>{}\n<span class="r">&lt;</span>\n</pre></div></div>'
    for name, text in (("a", "x" * 70), ("b", "x" * 71), ("c", "")):
        page = tmp_path / "_build/html" / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<pre>{'x' * 100}</pre>" + printed.format(text), encoding="utf-8")
    assert check_site.too_wide(tmp_path) == ["b: a cell prints a line of 71 characters, more than 70"]


def test_pages_that_are_not_yet_mended_may_not_become_wider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_toc.yml").write_text("root: a", encoding="utf-8")
    (tmp_path / "_build/html").mkdir(parents=True)
    page = tmp_path / "_build/html/a.html"
    monkeypatch.setattr(check_site, "NOT_YET", {"a": 80})
    for width, faults in ((71, 0), (80, 0), (81, 1)):
        page.write_text(f'<div class="output stream"><pre>{"x" * width}</pre></div>', encoding="utf-8")
        assert len(check_site.too_wide(tmp_path)) == faults


def test_links_within_the_site_lead_somewhere(site_dir: Path) -> None:
    broken = []
    for page in pages(site_dir):
        for name, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
            for address in tree(page).xpath(f"//{name}/@{attribute}"):
                url = urllib.parse.urlsplit(address)
                if url.scheme or url.netloc:
                    continue
                target = place(page.parent, urllib.parse.unquote(url.path)) if url.path else page
                if target is None:
                    broken.append(f"{page.relative_to(site_dir)}: {address}")
                elif url.fragment and target.suffix == ".html" and name == "a":
                    fragment = urllib.parse.unquote(url.fragment)
                    if fragment not in anchors(target):
                        broken.append(f"{page.relative_to(site_dir)}: {address} (no such place)")
    assert broken == []


def test_a_chapter_opens_with_a_question_and_its_explorable(site_dir: Path) -> None:
    """The chapters of the start, which are tools, and the challenge have theirs where they are needed, or none."""
    late = []
    for part in ("capacity", "jamming", "replicas", "dense"):
        for page in sorted((site_dir / "chapters" / part).glob("*.html")):
            (question,) = tree(page).xpath("//section[@id='the-question']")
            shown = question.xpath("./div[contains(@class, 'cell')] | ./section")
            if not shown or not shown[0].xpath(".//*[@data-learnscape='explorable']"):
                late.append(page.stem)
    assert late == ["perceptron-challenge"]


def test_a_colon_in_the_words_of_a_field_makes_no_type(site_dir: Path) -> None:
    """The field "q: overlaps. Two that coincide: the step changes nothing" has no type "overlaps. Two that coincide"."""
    api = site_dir / "chapters" / "reference" / "api"
    assert "Two that coincide: the step" in (api / "learnscape.replica.rsb.html").read_text(encoding="utf-8")
    torn = [
        page.stem
        for page in api.glob("*.html")
        if 'Type<span class="colon">' in page.read_text(encoding="utf-8")
    ]
    assert torn == []


def test_nothing_is_loaded_from_elsewhere(site_dir: Path) -> None:
    foreign = []
    for page in pages(site_dir):
        for name, attribute in (
            ("script", "src"),
            ("img", "src"),
            ("iframe", "src"),
            ("source", "src"),
            ("link", "href"),
        ):
            for tag in tree(page).xpath(f"//{name}[@{attribute}]"):
                kinds = {"stylesheet", "preload", "icon", "modulepreload"} & set(tag.get("rel", "").split())
                if (kinds or name != "link") and urllib.parse.urlsplit(tag.get(attribute)).netloc:
                    foreign.append(f"{page.relative_to(site_dir)}: {tag.get(attribute)}")
    for sheet in site_dir.rglob("*.css"):
        for url in re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            if urllib.parse.urlsplit(url.strip()).scheme in ("http", "https") or url.startswith("//"):
                foreign.append(f"{sheet.relative_to(site_dir)}: {url}")
    assert foreign == []


def test_every_explorable_stands_in_the_book(site_dir: Path) -> None:
    path = "//*[@data-learnscape='explorable']/@data-name"
    assert {name for page in pages(site_dir) for name in tree(page).xpath(path)} == set(REGISTRY)


def test_the_still_pictures_of_explorables_are_files(site_dir: Path) -> None:
    stills = [
        (page, picture)
        for page in pages(site_dir)
        for picture in tree(page).xpath("//img[@class='ls-fallback']")
    ]
    assert len(stills) >= len(REGISTRY)
    for page, picture in stills:
        file = place(page.parent, picture.get("src"))
        assert file is not None, f"{page.name}: {picture.get('src')[:80]}"
        assert file.name.startswith("still-")
        with Image.open(file) as opened:
            assert opened.size == (int(picture.get("width")), int(picture.get("height")))
        assert picture.get("loading") == "lazy"


def test_what_scripts_of_a_page_count_on_comes_before_them(site_dir: Path) -> None:
    for page in site_dir.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        uses, made = text.find("DOCUMENTATION_OPTIONS."), text.find("documentation_options.js")
        assert uses < 0 or 0 <= made < uses, page.name


def test_every_image_has_words(site_dir: Path) -> None:
    silent = [
        f"{page.relative_to(site_dir)}: {tag.get('src', '')[:60]}"
        for page in pages(site_dir)
        for tag in tree(page).iter("img")
        if not tag.get("alt", "").strip() and tag.getparent().get("class") not in ("left-prev", "right-next")
    ]
    assert silent == [], "only beside the name of a neighbouring chapter"


def test_neighbouring_chapters_are_shown_by_small_pictures(root: Path, site_dir: Path) -> None:
    for name in chapters(root):
        for image in tree(site_dir / f"{name}.html").xpath(
            "//a[@class='left-prev' or @class='right-next']/img"
        ):
            assert image.get("loading") == "lazy"
            assert place((site_dir / name).parent, image.get("src")).stat().st_size < 15_000, name
    shown = tree(site_dir / "chapters/capacity/binary-weights.html").xpath(
        "//a[@class='left-prev' or @class='right-next']/img"
    )
    assert [image.get("class") for image in shown] == ["only-light", "only-dark"] * 2


def test_chapters_open_with_their_question(root: Path, site_dir: Path) -> None:
    """The title, the question, its explorable before any import, and what it says; goals, time and need end the section."""
    page = tree(site_dir / "chapters/capacity/binary-weights.html")
    (opening,) = page.xpath(f"//section[@id='the-question']/div[{having('ls-opening')}]")
    assert opening.getnext() is None
    assert [part.text_content().split()[0] for part in opening] == ["Goals.", "Time.", "You"]
    first, second = page.xpath(f"//div[{having('cell')}]")[:2]
    assert first.xpath(".//*[@data-learnscape='explorable']")
    assert [child.tag for child in first] == ["div", "details"], "the picture, then its code"
    assert "Show imports" in second.text_content()


def test_mathematics_is_set_by_our_own_mathjax(site_dir: Path) -> None:
    with_math = [page for page in pages(site_dir) if tree(page).xpath(f"//*[{having('math')}]")]
    assert with_math
    for page in with_math:
        scripts = tree(page).xpath("//script/@src")
        assert any("vendor/mathjax/mathjax.js" in src for src in scripts), page
        assert any("typeset.js" in src for src in scripts), "what loads it"


def test_every_public_name_of_the_library_is_in_the_reference(site_dir: Path) -> None:
    pages = sorted((site_dir / "chapters/reference/api").glob("*.html"))
    documented = {name for page in pages for name in tree(page).xpath("//dt/@id")}
    missing = [name for name, places in api_names.public_names().items() if not documented & places]
    assert missing == []
    linked = set(tree(site_dir / "chapters/reference/api.html").xpath("//a/@href"))
    unlinked = [page.name for page in pages if not any(f"api/{page.name}" in href for href in linked)]
    assert unlinked == []


def test_no_page_of_the_reference_is_too_long_to_be_opened(site_dir: Path) -> None:
    """In one page the reference had 1.9 MB and took 21 s to typeset; a browser for phones gave up."""
    sizes = {page.name: page.stat().st_size for page in (site_dir / "chapters/reference").rglob("*.html")}
    assert max(sizes.values()) < 600_000, max(sizes, key=sizes.__getitem__)


def test_every_icon_is_drawn_and_no_other_is_loaded(site_dir: Path) -> None:
    sheet = (site_dir / "_static" / icons.SHEET).read_text(encoding="utf-8")
    pages = [page.read_text(encoding="utf-8") for page in site_dir.glob("**/*.html")]
    assert not any("fontawesome" in page for page in pages)
    shown = icons.named(pages)
    assert len(shown) > 10
    assert {name for name in shown if f".fa-{name}::before" not in sheet} == set()
    assert sum(file.stat().st_size for file in (site_dir / "_static" / "icons").iterdir()) < 10_000
    assert not list((site_dir / "_static" / "vendor" / "fontawesome").glob("**/*.js"))


def test_an_id_stands_once_in_a_page(site_dir: Path) -> None:
    twice = []
    for page in pages(site_dir):
        seen: set[str] = set()
        for name in tree(page).xpath("//@id"):
            if name in seen:
                twice.append(f"{page.relative_to(site_dir)}: {name}")
            seen.add(name)
    assert twice == []


def test_no_template_of_a_theme_is_left_over(site_dir: Path) -> None:
    assert list(site_dir.glob("_static/**/*.html")) == []


def test_a_wrong_address_gets_a_page_that_loads_nothing(site_dir: Path) -> None:
    page = tree(site_dir / "404.html")
    # It is shown at any depth, where relative addresses fail
    assert page.xpath("//script | //img | //link") == []
    assert {address.partition("github.io")[1] for address in page.xpath("//a/@href")} == {"github.io"}


def test_import_cells_are_folded(root: Path, site_dir: Path) -> None:
    open_cells = []
    for name in chapters(root):
        for cell in tree(site_dir / f"{name}.html").xpath(f"//div[{having('cell_input')}]"):
            if (
                imports.only_sets_up(cell.text_content())
                and next(cell.iterancestors("details"), None) is None
            ):
                open_cells.append(f"{name}: {cell.text_content()[:60]}")
    assert open_cells == []


def test_chapters_use_only_markup_that_jupyterlab_shows(root: Path) -> None:
    """Attributes of a block, ``{.class}`` in a line of its own, stand there as literal text."""
    literal = [
        f"{path.name}: {line}"
        for path in sorted((root / "chapters").rglob("*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\{[.#][^}]*\}\s*$", line)
    ]
    assert literal == []


def test_every_chapter_is_there_as_a_plain_notebook(root: Path, site_dir: Path) -> None:
    names = chapters(root)
    assert names
    for name in names:
        path = site_dir / "notebooks" / f"{name.removeprefix('chapters/')}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        page = [
            cell.source
            for cell in jupytext.read(site_dir / "_sources" / f"{name}.md").cells
            if cell.cell_type == "code"
        ]
        assert "google.colab" in code[0], name
        assert code[1:] == page, f"{name}: the notebook's code is not the page's, which the build executes"
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                assert not re.search(r"^[`:]{3,}\{", cell.source, re.MULTILINE), (
                    f"{name}: {cell.source[:200]}"
                )
                assert not re.search(r"[({][\\w ]*\\{\\\\['\"`^]", cell.source), ()
                assert not re.search(r"\{(eq|cite|numref|ref|doc|prf:ref)[\w:]*\}`", cell.source), (
                    cell.source[:400]
                )


def test_names_in_citations_are_written_out(root: Path) -> None:
    source = r"@article{a, author={Krauth, Werner and M{\'e}zard, Marc}, title={T}, year={1989}}"
    entry = parse_string(source, "bibtex").entries["a"]
    assert notebooks._author_year(entry) == "Krauth and Mézard 1989"


def test_notebooks_find_the_data_they_read(site_dir: Path) -> None:
    for path in (site_dir / "notebooks").rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for name in re.findall(r"\.\./data/[\w.-]+", cell.source if cell.cell_type == "code" else ""):
                assert (path.parent / name).is_file(), f"{path.name}: {name}"


@pytest.mark.parametrize("name", ["chapters/index", "chapters/reference/api"])
def test_readers_can_skip_to_the_text_and_find_the_source(site_dir: Path, name: str) -> None:
    page = tree(site_dir / f"{name}.html")
    assert page.xpath("//*[@id='pst-skip-link']//a[@href='#main-content']")
    assert page.get_element_by_id("main-content") is not None
    assert page.get("lang") == "en"


def test_no_page_is_stored_with_the_environment(site_dir: Path) -> None:
    """A page that is parsed through a second document would carry nine megabytes, to be read again for the numbers of figures."""
    stored = {file.name: file.stat().st_size for file in (site_dir.parent / ".doctrees").rglob("*.doctree")}
    assert len(stored) > 30
    assert max(stored.values()) < 4_000_000, max(stored, key=lambda name: stored[name])


def test_a_page_of_the_reference_is_marked_on_its_way_up(site_dir: Path) -> None:
    """The side bar is made from a shortened tree: the modules are left out of it, the way to the page's own one is not."""
    page = tree(site_dir / "chapters/reference/api/learnscape.replica.rs.html")
    bar = "//*[contains(@class, 'bd-sidebar-primary')]"
    assert page.xpath(f"{bar}//li[contains(@class, 'current')]/a/@href") == ["../api.html"]
    assert not page.xpath(f"{bar}//a[contains(@href, 'learnscape.')]")
