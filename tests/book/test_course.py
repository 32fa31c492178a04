"""The map of the course: the table against the chapters, and where it puts them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import yaml

from learnscape_book import course

NEED = re.compile(r"\*\*You need\.\*\*(.*?)\n\n", re.DOTALL)
FOR_EVERY_CHAPTER = "start/notation"
NAMED_ONLY = {("jamming/deep-networks", "jamming/hessian-spectra"), ("start/sweeps", "capacity/perceptron")}
"""Links to what is told in full later."""


def needs(root: Path) -> dict[str, tuple[str, ...]]:
    return {name: tuple(row["needs"]) for name, row in course.read(root).items()}


def test_the_map_shows_the_chapters_of_the_contents(root: Path) -> None:
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    parts = [part for part in contents["parts"] if part["caption"] in course.PARTS.values()]
    assert [part["caption"] for part in contents["parts"] if part not in parts] == ["Classroom", "Reference"]
    assert [part["caption"] for part in parts] == list(course.PARTS.values())
    chapters = [chapter["file"].removeprefix("chapters/") for part in parts for chapter in part["chapters"]]
    assert sorted(needs(root)) == sorted(chapters)


def test_the_map_says_what_each_chapter_says_that_it_needs(root: Path) -> None:
    labels = {
        label: path.relative_to(root / "chapters").with_suffix("").as_posix()
        for path in (root / "chapters").rglob("*.md")
        for label in re.findall(r"^\(([\w-]+)\)=$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for name, needed in needs(root).items():
        page = root / "chapters" / f"{name}.md"
        said = NEED.search(page.read_text(encoding="utf-8"))
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", said[1]) if said else []
        targets = {
            labels.get(link) or (page.parent / link).resolve().relative_to((root / "chapters").resolve()).with_suffix("").as_posix()
            for link in links
        }  # fmt: skip
        expected = {
            other for other in targets if other != FOR_EVERY_CHAPTER and (name, other) not in NAMED_ONLY
        }
        assert set(needed) == expected, name


def test_chapters_are_read_in_the_order_of_the_map(root: Path) -> None:
    """Down a part, then the next part: what is needed comes first, but for one chapter that any part may call for."""
    table = needs(root)
    order = list(table)
    late = {
        (other, name) for name in table for other in table[name] if order.index(other) > order.index(name)
    }
    assert late == {("capacity/binary-weights", "start/your-own-problem")}
    assert len(set(course.places(table).values())) == len(table)


def test_lines_that_follow_from_others_are_left_out() -> None:
    table = {"start/a": (), "start/b": ("start/a",), "start/c": ("start/a", "start/b")}
    assert course.direct(table) == [("start/a", "start/b"), ("start/b", "start/c")]
    assert course.before(table)["start/c"] == {"start/a", "start/b"}
    with pytest.raises(ValueError, match="start/a needs start/b needs start/a"):
        course.before({"start/a": ("start/b",), "start/b": ("start/a",)})


def pieces(corners: list[course.Point]) -> list[tuple[bool, float, float, float]]:
    """Of each piece of a line whether it runs down, where, and from where to where."""
    return [
        (x == u, x if x == u else y, *sorted((y, v) if x == u else (x, u)))
        for (x, y), (u, v) in itertools.pairwise(corners)
    ]


def test_no_line_touches_a_chapter_or_the_name_of_a_part(root: Path) -> None:
    table = needs(root)
    place = course.places(table)
    for pair, corners in course.lines(table, place).items():
        for down, at, low, high in pieces(corners):
            assert (low if down else at) > course.TOP, pair
            for p in place.values():
                across, along = ((p.left, p.right), (p.top, p.bottom))[:: 1 if down else -1]
                assert not (across[0] < at < across[1] and low < along[1] and along[0] < high), (pair, p)


def test_lines_from_different_chapters_can_be_told_apart(root: Path) -> None:
    """Side by side they are 6 px apart on a page of 1200 px, but where they come to the same chapter."""
    table = needs(root)
    drawn = course.lines(table, course.places(table))
    unit = {True: 896 * 1.028 / 500, False: 1.6}  # px: a hundredth of a column, a tenth of a rem
    for ((a, b), one), ((c, d), other) in itertools.combinations(drawn.items(), 2):
        if a == c:
            continue
        for down, at, low, high in pieces(one[:-1] if b == d else one):
            for beside, at2, low2, high2 in pieces(other[:-1] if b == d else other):
                if down == beside and min(high, high2) - max(low, low2) > course.BEND:
                    assert abs(at - at2) * unit[down] >= 6, ((a, b), (c, d))


def test_each_chapter_is_a_link_with_its_needs(root: Path) -> None:
    table = course.read(root)
    titles = {name: f"<{name}>" for name in table}
    made = course.html(table, titles, lambda name: f"{name}.html")
    assert made.count("<a href=") == len(table)
    assert '<a href="replicas/full-rsb.html"><strong>&lt;replicas/full-rsb&gt;</strong>' in made
    assert "Needs: &lt;jamming/packings&gt;; &lt;jamming/perceptron-jamming&gt;;" in made
    assert {tuple(row) for row in table.values()} == {("needs", "can")}, "a comma in words must be quoted"
    assert [row["can"] for row in table.values() if len(row["can"]) > 36] == [], "it must fit"


def test_the_front_page_has_the_map(site_dir: Path) -> None:
    page = (site_dir / "chapters/index.html").read_text(encoding="utf-8")
    assert page.index('id="the-course"') < page.index('class="ls-map"')
    assert '<a href="dense/geometry.html"><strong>' in page
