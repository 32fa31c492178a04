"""The instructor's guide against the chapters: minutes, needs, syllabuses, assignments; and that solutions of the examination stay out of the book."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from learnscape import Margin, Spherical
from learnscape.classroom import __main__ as command_line
from learnscape.classroom.assignments import pregrade, public
from learnscape.classroom.assignments.grade import STATUSES
from learnscape.classroom.assignments.report import FIELDS
from learnscape.classroom.assignments.sandbox import WALLS, Limits
from learnscape.classroom.assignments.source import read
from learnscape.explore import REGISTRY
from learnscape.numerics.gaussian import H
from learnscape.replica import rs
from learnscape_book import course

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20,
    "forty": 40, "fifty-five": 55, "ninety": 90,
}  # fmt: skip
FRACTIONS = {"half": 30, "quarter": 15, "three quarter": 45}
NO_DURATION = r"first \w+|last (one|two)|three stars|open end|patterns? per \w+"
WORDS = "|".join(sorted(NUMBERS, key=len, reverse=True))
DURATION = re.compile(
    rf"(?P<half>half an hour)|(?P<nearly>nearly )?\b(?P<n>{WORDS}|\d+)\b(?P<early> hour)?"
    r"(?: and (?:a )?(?P<part>half|three quarter|quarter))?(?: (?P<unit>hour|minute)s?)?",
    re.IGNORECASE,
)


def durations(words: str) -> list[int]:
    """Minutes, in order. A number below ten without a unit counts hours; "nearly" takes a quarter of an hour off."""
    found = []
    for match in DURATION.finditer(re.sub(NO_DURATION, "", words)):
        if match["half"]:
            found.append(30)
            continue
        if match["n"].lower() in ("a", "an") and not (match["early"] or match["unit"]):
            continue  # an article
        n = NUMBERS.get(match["n"].lower()) or int(match["n"])
        hours = bool(match["early"]) or (match["unit"] == "hour" if match["unit"] else n < 10)
        minutes = (60 * n if hours else n) + (FRACTIONS[match["part"]] if match["part"] else 0)
        found.append(minutes - 15 if match["nearly"] else minutes)
    return found


def promised(page: Path) -> tuple[int, int, int]:
    """Minutes for the text, for the exercises, and for what comes on top (mostly with an open end), as the head of a chapter says."""
    text = page.read_text(encoding="utf-8")
    head = re.search(
        r"\*\*Time\.\*\* (.*?)(?:\n\n|\*\*You| If you know| Each section| Beating)", text, re.DOTALL
    )
    assert head, page
    said = re.sub(r"\s+", " ", head[1])
    found = durations(said)
    parts = found[1:] if ": " in said else found
    return parts[0], sum(parts[1:2]), sum(parts[2:])


LINK = re.compile(r"\]\(\.\./([\w-]+/[\w-]+)\.md\)")


def guide(root: Path) -> str:
    return (root / "chapters/classroom/teaching.md").read_text(encoding="utf-8")


def section(text: str, title: str, level: int = 2) -> str:
    return re.split(rf"^#{{1,{level}}} ", text.partition(f"\n{'#' * level} {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]  # fmt: skip


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines() if line.startswith("| ")
    ][1:]  # fmt: skip


def test_durations() -> None:
    assert durations("About two and three quarter hours: ninety minutes, an hour and a half.") == [
        165,
        90,
        90,
    ]
    assert durations("nearly three for the text, half an hour for the first five exercises") == [165, 30]


def test_minutes_of_the_guide_are_those_of_the_chapters(root: Path) -> None:
    table = {LINK.findall(name)[0]: tuple(int(cell or 0) for cell in cells)
             for name, *cells in rows(section(guide(root), "How long a chapter takes"))}  # fmt: skip
    expected = {name: promised(root / "chapters" / f"{name}.md") for name in course.read(root)}
    assert table == expected


def test_minutes_of_the_exercises_make_what_a_head_promises(root: Path) -> None:
    """Within ten minutes, where the head names the open end apart."""
    for name in course.read(root):
        page = root / "chapters" / f"{name}.md"
        _, exercises, last = promised(page)
        said = re.findall(
            r"^\*[^*]*?(\d+) minutes, (\w+) star", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        if last:
            assert abs(sum(int(minutes) for minutes, _ in said) - exercises - last) <= 10, name


def test_a_syllabus_respects_the_map_and_adds_up(root: Path) -> None:
    needs = {name: set(row["needs"]) for name, row in course.read(root).items()}
    for word, weeks in (("Six", 6), ("Ten", 10), ("Fourteen", 14)):
        text = section(guide(root), f"{word} weeks", 3)
        table = rows(text)
        assert [int(week) for week, *_ in table] == list(range(1, weeks + 1))
        seen: set[str] = set()
        total = 0
        for _, chapters, minutes, _ in table:
            names = LINK.findall(chapters)
            times = [promised(root / "chapters" / f"{name}.md") for name in names]
            assert int(minutes) == sum(text + exercises for text, exercises, _ in times)
            assert int(minutes) <= 420, "seven hours are a week"
            total += int(minutes)
            for name in names:
                assert name not in seen
                assert needs[name] <= seen, name
                seen.add(name)
        assert f"Together {total / 60:.0f} hours" in text


def test_each_chapter_has_its_needs_and_what_can_be_skipped(root: Path) -> None:
    text = section(guide(root), "Chapter by chapter")
    told = re.findall(
        r"^\*\*\[[^]]*\]\(\.\./([\w/-]+)\.md\)\.\*\* (.+)\n\n- \*Needs:\* (.+)\.\n- \*Difficult:\* (.+)\n- \*Can be skipped:\* (.+)$",
        text, re.MULTILINE,
    )  # fmt: skip
    table = course.read(root)
    assert [name for name, *_ in told] == list(table)
    for name, goal, needs, difficult, skipped in told:
        assert goal.startswith("Students ")
        assert len(difficult) > 40
        assert LINK.findall(needs) == table[name]["needs"], name
        page = (root / "chapters" / f"{name}.md").read_text(encoding="utf-8")
        headings = {line.lstrip("# ") for line in page.splitlines() if line.startswith(("## ", "### "))}
        assert set(re.findall(r"(?<!\*)\*([^*]+)\*", skipped)) <= headings, name


def test_every_project_is_in_the_guide(root: Path) -> None:
    table = {name.split("`")[1]: (int(weeks), LINK.findall(after)) for name, weeks, after, *_ in rows(section(guide(root), "Projects"))}  # fmt: skip
    projects = {path.stem: read(path) for path in (root / "classroom/projects").glob("*.md")}
    assert set(table) == set(projects)
    for name, project in projects.items():
        last = re.findall(r"^\| (\d+) \|", "\n".join(cell.source for cell in project.cells), re.MULTILINE)[-1]
        weeks, after = table[name]
        assert weeks == int(last) / 7
        assert set(after) <= set(project.chapters)


def test_the_guide_says_when_a_project_can_start(root: Path) -> None:
    for column, word in ((3, "Ten"), (4, "Fourteen")):
        read_in = {
            chapter: int(row[0])
            for row in rows(section(guide(root), f"{word} weeks", 3))
            for chapter in LINK.findall(row[1])
        }
        for row in rows(section(guide(root), "Projects")):
            needs = read(root / "classroom/projects" / f"{row[0].split('`')[1]}.md").chapters
            start = f"week {max(map(read_in.get, needs))}" if set(needs) <= set(read_in) else ""
            assert row[column] == start, row[0]


def test_assignments_come_after_their_chapters_and_all_are_in_a_syllabus(root: Path) -> None:
    there = {path.stem: read(path) for path in (root / "classroom/assignments").glob("*.md")}
    named: set[str] = set()
    for word in ("Six", "Ten", "Fourteen"):
        known: set[str] = set()
        for _, chapters, _, assignment in rows(section(guide(root), f"{word} weeks", 3)):
            known |= set(LINK.findall(chapters))
            for name in re.findall(r"`([a-z-]+)`", assignment):
                assert set(there[name].chapters) <= known, name
                named.add(name)
    assert set(there) == named
    page = (root / "chapters/classroom/assignments.md").read_text(encoding="utf-8")
    assert f"`midterm`, for {there['midterm'].minutes} minutes" in page
    longer = {name: a.minutes for name, a in there.items() if name != "midterm" and a.minutes != 90}
    for name, minutes in longer.items():
        assert f"`{name}` takes {minutes}" in guide(root)


def test_what_the_guide_says_that_is_announced(root: Path) -> None:
    explorable = REGISTRY["gardner_capacity"]()
    capacity = rs.capacity(Spherical(), Margin(0.5))
    said = explorable.announce.format(kappa=0.5, alpha_c=capacity, at_margin=1 - float(H(0.5)))
    held = said.replace("%", "\N{NO-BREAK SPACE}%")
    assert f"*{held}*" in guide(root)


def test_commands_of_the_page_on_assignments_are_understood(root: Path) -> None:
    text = (root / "chapters/classroom/assignments.md").read_text(encoding="utf-8")
    parser = command_line._parser()
    commands = re.findall(r"^python -m learnscape\.classroom ((?:[^\\\n]|\\\n)+)$", text, re.MULTILINE)
    commands += re.findall(r"`python -m learnscape\.classroom (.+?)`", text)
    assert len(commands) >= 5
    for command in commands:
        parser.parse_args(shlex.split(command.replace("\\\n", " ")))
    usage = parser.parse_args(["grade", "x", "--assignment", "y", "--out", "z"])
    ahead = parser.parse_args(["pregrade", "x", "--assignment", "y", "--out", "z"])
    for option in set(re.findall(r"`--(\w+)`", text)):
        assert hasattr(usage, option) or hasattr(ahead, option), option


def test_limits_walls_statuses_and_files_of_the_page_on_assignments(root: Path) -> None:
    text = (root / "chapters/classroom/assignments.md").read_text(encoding="utf-8")
    limits = Limits()
    assert (
        f"take {limits.time:g} seconds and {limits.memory} MB of memory in all, and {limits.cell:g} seconds a cell"
        in text
    )
    assert f"after {pregrade.HOURS:g} hours" in text
    table = rows(section(text, "How safe is this?"))
    assert tuple(wall.strip("`") for wall, *_ in table) == WALLS
    assert tuple(row[0] for row in rows(section(text, "Read the report")) if len(row) == 3)[1:] == STATUSES
    said = section(text, "Read the report")
    assert f"a line for each student: {', '.join(FIELDS).replace('_', ' ')}" in said
    public.forget()
    with contextlib.redirect_stdout(io.StringIO()):
        for x in (1, 2):
            public.public("double", lambda x: 2 * x, (x,), 2 * x)
    with contextlib.redirect_stdout(io.StringIO()) as heard:
        public.summary(2, 5)
    public.forget()
    assert heard.getvalue() in text
