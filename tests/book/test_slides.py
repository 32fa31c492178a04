"""Slides: what goes onto one, that no text or picture is lost or cut, that they live without server and network, keys, and the handout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

import slides

CHAPTER = "capacity/perceptron"
PAGE = """<article><section id="c"><h1><span class="section-number">7. </span>Crowds<a class="headerlink">#</a></h1>
{body}<section id="q"><h2>Question</h2><div class="ls-opening"><p><strong>Goals.</strong> Find one.</p><p>Time.</p></div></section></section></article>"""
LOADED = """async () => {
  await window.MathJax.startup.promise;
  await document.fonts.ready;
  const waiting = host => !host.querySelector('.ls-root[data-ready]');
  for (let k = 0; k < 200 && [...document.querySelectorAll('[data-learnscape]')].some(waiting); k++) await new Promise(done => setTimeout(done, 100));
  await new Promise(done => setTimeout(done, 500));
}"""
CUT = """() => [...document.querySelectorAll('.slide')].flatMap(slide => {
  const room = slide.querySelector('.room').getBoundingClientRect(), fit = slide.querySelector('.fit');
  const below = fit.getBoundingClientRect().bottom - room.bottom, beside = fit.scrollWidth - fit.clientWidth;
  return below > 1 || beside > 1 || slide.querySelector('h2').getBoundingClientRect().right > slide.getBoundingClientRect().right ? [`${slide.id}: ${below} ${beside}`] : [];
})"""


def deck(body: str) -> list[slides.Slide]:
    return slides.Deck(html.fromstring(PAGE.format(body=body))).slides


def texts(elements: list[Any]) -> str:
    return " | ".join(" ".join(element.text_content().split()) for element in elements)


def section(body: str, title: str = "One") -> str:
    return f"<section id='one'><h2>{title}</h2>{body}</section>"


def equation(tex: str, number: str) -> str:
    return f'<div class="math" id="equation-{number}"><span class="eqno">({number})</span>\\[{tex}\\]</div>'


def test_the_first_slide_shows_the_goals() -> None:
    (first,) = deck("")
    assert (first.title, texts(first.shown), texts(first.notes)) == ("Crowds", "Goals. Find one.", "Time.")


def test_a_label_before_a_heading_takes_nothing_from_it() -> None:
    slide = deck(
        section("<p>Some words that say something here.</p>").replace("<h2>", '<span id="label"></span><h2>')
    )[1]
    assert (slide.title, slide.section) == ("One", "")


def test_a_question_a_picture_and_equations_are_slides_and_the_text_after_them_their_notes() -> None:
    body = section(
        "<p>Before.</p><p><strong>Predict first.</strong> How many?</p>"
        '<div class="cell tag_hide-input"><div data-learnscape="explorable">live</div></div><p>It is eight.</p>'
        + equation("a", "1")
        + equation("b", "2")
        + "<p>After.</p>"
    )
    _, question, picture, equations = deck(body)
    assert texts(question.shown) == "Predict first. How many?"
    assert texts(question.notes) == "Before."
    assert texts(picture.shown) == "live"
    assert texts(picture.notes) == "It is eight."
    *formulas, sentences = equations.shown
    assert texts([sentences]) == "After."
    assert texts(equations.notes).endswith("After.")
    assert [part.get("id") for part in formulas] == ["equation-1", "equation-2"], "links lead to the slide"
    assert [part.get("id") for part in equations.notes[:2]] == [None, None]


def test_many_lines_of_equations_are_several_slides() -> None:
    found = deck(section("".join(equation(r"a \\ b", str(k)) for k in range(3))))
    assert [len(slide.shown) for slide in found[1:]] == [2, 1]


def test_the_author_decides() -> None:
    body = section(
        '<p class="slide">Said and shown.</p><p>Said.</p><div class="cell tag_slide"><pre>code</pre></div>'
        '<div class="cell tag_no-slide"><img src="x.png"></div>'
    )
    _, words, code = deck(body)
    assert texts(words.shown) == "Said and shown."
    assert texts(words.notes) == "Said and shown. | Said."
    assert texts(code.shown) == "code"
    assert len(code.notes) == 1
    assert deck(section("<p>Left out.</p>").replace("<section", "<section class='no-slide'"))[1:] == []


def test_a_section_of_text_shows_its_first_sentences() -> None:
    aim = "<p><strong>Aim.</strong> Find the largest crowd of all. Then more.</p>"
    slide = deck(section(aim + "<p>There is one more paragraph here. It goes on.</p>"))[1]
    assert texts(slide.shown) == "Aim. Find the largest crowd of all.There is one more paragraph here."
    assert "Then more" in texts(slide.notes)


def test_an_only_paragraph_is_shown_whole_unless_it_is_long() -> None:
    paragraph = "<p>Find the largest crowd of all. Then more.</p>"
    assert texts(deck(section(paragraph))[1].shown) == "Find the largest crowd of all. Then more."
    long = paragraph.replace("more", "more " * 2 * slides.LONGEST)
    assert texts(deck(section(long))[1].shown) == "Find the largest crowd of all."


def test_below_a_lone_equation_stand_the_sentences_that_begin_after_it() -> None:
    mark = '<a class="ls-checked">checked</a>'
    body = section(
        f"{equation('a', '1')}<p>({mark}).</p><p>{mark} and it goes on here. So.</p><p>A sentence of its own begins. More.</p>"
    )
    slide = deck(body)[1]
    assert [texts([item]) for item in slide.shown[-1]] == ["A sentence of its own begins. More."]
    assert "goes on" not in texts(slide.shown)
    assert "checked" in texts(slide.notes)


def test_exercises_and_solutions_are_not_taught() -> None:
    body = section(
        '<p>Text that stays.</p><div class="exercise admonition">Asked.</div><div class="solution dropdown admonition">Solved.</div>'
    ) + section("<p>Rest.</p>", "Exercises").replace("'one'", "'exercises'")
    found = deck(body)
    everything = " ".join(texts(slide.shown + slide.notes) for slide in found)
    assert "Text that stays" in everything
    assert not re.search("Asked|Solved|Rest", everything)


def test_what_a_cell_prints_beside_its_picture_is_in_the_notes() -> None:
    cell = '<div class="cell"><div class="cell_output"><figure>drawn</figure><div class="output stream">printed</div></div></div>'
    slide = deck(section(cell))[1]
    assert (texts(slide.shown), texts(slide.notes)) == ("drawn", "printed")


def test_an_unknown_chapter_is_refused(root: Path, site_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"no chapter 'capacity/perceptrons'; there are .*capacity/perceptron"
    ):
        slides.make(["capacity/perceptrons"], root, site_dir, tmp_path)


@pytest.fixture(scope="module")
def made(root: Path, site_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the slides of one chapter."""
    out = tmp_path_factory.mktemp("slides")
    slides.make([CHAPTER], root, site_dir, out)
    return out


def test_nothing_of_the_chapter_is_lost(made: Path, site_dir: Path) -> None:
    page, shown = (
        html.parse(path, parser=html.HTMLParser(encoding="utf-8"))
        for path in (site_dir / f"chapters/{CHAPTER}.html", made / f"{CHAPTER}.html")
    )
    for kind in ("*[@data-learnscape='explorable']", "figure"):
        assert len(shown.xpath(f"//{kind}")) == len(page.xpath(f"//article//{kind}")) > 2
    equations = page.xpath("//article//div[span[@class='eqno']]/@id")
    assert set(equations) <= set(shown.xpath("//*[contains(@class, 'fit')]//@id"))
    assert not shown.xpath(
        "//*[contains(concat(' ', @class, ' '), ' solution ')] | //*[@data-learnscape='check']"
    )
    notes = " ".join(note.text_content() for note in shown.xpath("//aside[@class='notes']"))
    assert len(notes.split()) > 2000
    for link in shown.xpath("//@src | //link/@href"):
        assert link.startswith("data:") or (made / CHAPTER).parent.joinpath(link).exists(), link
    assert f'href="{CHAPTER}.html"' in (made / "index.html").read_text(encoding="utf-8")


def test_every_chapter_makes_slides_without_a_mark(root: Path, site_dir: Path) -> None:
    for name in slides.taught(root):
        article = slides.article(site_dir, name)
        found = slides.Deck(article).slides
        assert len(found) >= 5, name
        assert all(re.sub("<[^>]*>", "", slide.title).strip() and slide.shown for slide in found), name
        shown = [element for slide in found for element in slide.shown]
        for kind in ("*[@data-learnscape='explorable']", "figure"):
            count = sum(len(element.xpath(f"descendant-or-self::{kind}")) for element in shown)
            assert count == len(
                article.xpath(f".//{kind}[not(ancestor::*[contains(@class, 'solution')])]")
            ), name


@pytest.mark.browser
def test_slides_live_without_a_server(made: Path, chromium: Any) -> None:
    """Opened as a file, as from a stick: explorables answer, nothing is cut, keys turn the slides here and in the speaker's window."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    asked, problems = [], []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto((made / f"{CHAPTER}.html").as_uri())
    page.evaluate(LOADED)
    assert page.locator(".ls-root[data-ready]").count() == 3
    assert page.evaluate(CUT) == []

    where = page.locator("nav output")
    number = int(where.inner_text().split("/")[1])
    for key, expected in (("ArrowRight", 2), (" ", 3), ("ArrowLeft", 2), ("PageDown", 3)):
        page.keyboard.press(key)
        page.wait_for_function(
            "k => document.querySelector('nav output').textContent.startsWith(`${k} /`)", arg=expected
        )
    slider = page.locator(".slide.now input[type=range]").first
    before = page.locator(".slide.now dl.ls-readouts").inner_text()
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "text => document.querySelector('.slide.now dl.ls-readouts').innerText !== text", arg=before
    )
    assert where.inner_text().startswith("3 /"), "the arrow moved the slider"
    page.keyboard.press("Escape")
    with context.expect_page() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector(".slide.now .notes")
    assert "It is 8" in speaker.locator(".slide.now .notes").inner_text()
    speaker.keyboard.press("End")
    page.wait_for_function(
        "k => document.querySelector('nav output').textContent.startsWith(`${k} /`)", arg=number
    )
    page.keyboard.press("Home")
    speaker.wait_for_function("document.querySelector('nav output').textContent.startsWith('1 /')")
    assert problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    context.close()


@pytest.mark.browser
def test_a_phone_scrolls_down_only_and_a_handout_has_the_notes(
    made: Path, chromium: Any, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto((made / f"{CHAPTER}.html").as_uri())
    page.evaluate(LOADED)
    wide = "() => [...document.querySelectorAll('.slide')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.id)"
    assert page.evaluate(wide) == []
    page.pdf(path=tmp_path / "handout.pdf", format="A4")
    assert 12 < len(re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "handout.pdf").read_bytes())) < 26
    page.emulate_media(media="print")
    assert page.locator(".notes").first.is_visible()
    assert not page.locator("nav").is_visible()
    page.close()
