"""The map of the course: the table against the chapters, and where it puts them."""

from __future__ import annotations

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


def test_what_is_needed_stands_to_the_left_and_no_place_is_taken_twice(root: Path) -> None:
    table = needs(root)
    place = course.places(table)
    assert all(place[other].column < place[name].column for name in table for other in table[name])
    assert len({(p.column, p.row) for p in place.values()}) == len(table)


def test_lines_that_follow_from_others_are_left_out() -> None:
    table = {"start/a": (), "start/b": ("start/a",), "start/c": ("start/a", "start/b")}
    assert course.direct(table) == [("start/a", "start/b"), ("start/b", "start/c")]
    assert course.columns(table) == {"start/a": 0, "start/b": 1, "start/c": 2}
    with pytest.raises(ValueError, match="start/a needs start/b needs start/a"):
        course.columns({"start/a": ("start/b",), "start/b": ("start/a",)})


def test_no_line_runs_through_a_chapter(root: Path) -> None:
    """Vertical pieces stay in the gutters, and a long way along a row runs between two rows."""
    table = needs(root)
    place = course.places(table)
    for path in course.lines(table, place).values():
        x, y = map(int, re.match(r"M(-?\d+),(-?\d+)", path).groups())  # type: ignore[union-attr]
        for kind, text in re.findall(r"([HV])(-?\d+)", path):
            to = int(text)
            for p in place.values():
                left, right = 100 * p.column + 50 - course.HALF, 100 * p.column + 50 + course.HALF
                if kind == "V":
                    crossed = left < x < right and min(y, to) < p.middle < max(y, to)
                else:
                    crossed = min(x, to) < left and right < max(x, to) and abs(y - p.middle) < 20
                assert not crossed, (path, p)
            x, y = (x, to) if kind == "V" else (to, y)


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
