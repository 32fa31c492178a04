"""Parts of the book's extension that can be tried without building a book."""

from __future__ import annotations

import types
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from fontTools.ttLib import TTFont
from myst_nb.ext.execution_tables import make_stat_table
from PIL import Image
from sphinx import addnodes

import check_site
import derivation_checks
from learnscape_book import (
    alphabet,
    api,
    checked,
    icons,
    imports,
    neighbours,
    opening,
    run_times,
    scripts,
    stills,
    tidy,
)


@pytest.mark.parametrize(
    ("code", "folded"),
    [
        ("import numpy as np\n\nstyle.use()\n", True),
        ("from learnscape import style\nstyle.use()\nstored = load()\n", True),
        ("from learnscape.explore import discs\n\ndiscs()\n", False),
        ("import numpy as np\nprint(np.pi)\n", False),
        ("x = 1\n", False),
        ("import learnscape\nmany = learnscape.stored('a')\n", True),
        ("import learnscape\nmany = learnscape.count('a')\n", False),
        ("%matplotlib inline\nimport numpy\n", False),
    ],
)
def test_cells_that_only_set_up_are_folded(code: str, folded: bool) -> None:
    source = f"# Title\n\n```{{code-cell}} ipython3\n{code}```\n\nText.\n"
    result = imports.folded(source)
    assert ("tags: [hide-input]" in result) is folded
    assert (result == source) is not folded
    assert code in result


def test_cells_with_options_keep_them() -> None:
    for options in (":tags: [remove-cell]\n", "---\ntags: [hide-cell]\n---\n"):
        source = f"```{{code-cell}} ipython3\n{options}import numpy\n```\n"
        assert imports.folded(source) == source


def test_an_id_is_kept_where_it_stands_first() -> None:
    html = '<p id="a"><b class="x" id="b"></b><i id="a" class="y"></i></p>'
    assert tidy.each_id_once(html) == '<p id="a"><b class="x" id="b"></b><i class="y"></i></p>'


def test_a_stop_is_held_to_its_formula() -> None:
    formula = '<span class="math notranslate nohighlight">\\(N=120\\)</span>'
    assert tidy.hold_together(f"With {formula}, we") == f'With <span class="ls-held">{formula},</span> we'
    assert tidy.hold_together(f"({formula})") == f'<span class="ls-held">({formula})</span>'
    assert tidy.hold_together(f"at {formula} and") == f"at {formula} and"


def test_a_long_name_is_broken_at_its_dots() -> None:
    name = '<code><span class="pre">learnscape.learn.separable</span></code>'
    assert tidy.break_at_dots(name) == name.replace("e.l", "e.<wbr>l").replace("n.s", "n.<wbr>s")
    for kept in ('<span class="pre">rs.solve()</span>', '<span class="n">learnscape.learn.separable</span>'):
        assert tidy.break_at_dots(kept) == kept


def test_a_glob_in_the_contents_stands_for_its_pages(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    for name in ("b", "a.c", "a"):
        (tmp_path / "api" / f"{name}.md").touch()
    toc = {"root": "index", "chapters": [{"file": "api", "sections": [{"glob": "api/*"}]}]}
    assert check_site.pages(toc) == ["index", "api"]
    assert check_site.pages(toc, tmp_path) == ["index", "api", "api/a", "api/a.c", "api/b"]


def test_a_page_is_written_for_each_module_and_removed_with_it(tmp_path: Path) -> None:
    folder = tmp_path / api.FOLDER
    folder.mkdir(parents=True)
    folder.with_suffix(".md").write_text(api.PLACEHOLDER, encoding="utf-8")
    (folder / "learnscape.gone.md").touch()
    app = types.SimpleNamespace(srcdir=str(tmp_path))
    api.write_pages(app, None)
    expected = {f"{module.__name__}.md" for module in api.public_modules()}
    assert {path.name for path in folder.iterdir()} == expected
    written = folder / "learnscape.weights.md"
    assert ".. automodule:: learnscape.weights" in written.read_text(encoding="utf-8")
    before = written.stat().st_mtime_ns
    api.write_pages(app, None)
    assert written.stat().st_mtime_ns == before, "an unchanged page is not read again"


def test_every_module_says_what_it_is_for() -> None:
    short = [module.__name__ for module in api.public_modules() if len(api.first_sentence(module)) < 12]
    assert short == []


def test_the_role_checked_finds_its_test_or_says_what_is_wrong(root: Path) -> None:
    known = checked.find("tests/algebra/test_hessian.py::test_replicon_of_the_sphere", root)
    lines = (root / known.file).read_text(encoding="utf-8").splitlines()
    assert lines[known.line - 1].startswith(f"def {known.test}(")
    assert "-1/(1 - q)^2" in known.statement
    assert known.id == "check-algebra-test-hessian-test-replicon-of-the-sphere"
    for wrong, message in (
        ("tests/algebra/test_hessian.py::test_nothing", "there is no test"),
        ("tests/replica/test_rs.py::test_x", "there is no test"),
        ("test_hessian", "is no test"),
    ):
        with pytest.raises(ValueError, match=message):
            checked.find(wrong, root)


def test_words_before_the_name_of_a_test() -> None:
    for text, words in (
        ("seen <a.py::test_b>", "seen"),
        ("q < 1 <a.py::test_b>", "q < 1"),
        ("<a.py::test_b>", ""),
    ):
        titled = checked.TITLED.fullmatch(text)
        assert titled is not None
        assert (titled["words"], titled["name"]) == (words, "a.py::test_b")
    assert checked.TITLED.fullmatch("a.py::test_b") is None


def test_each_checked_derivation_has_a_row_of_its_own_and_says_what_it_proves(root: Path) -> None:
    found = checked.checks(root)
    assert len({check.id for check in found}) == len(found) > 30
    in_words = [check.test.removeprefix("test_").replace("_", " ") for check in found]
    assert [
        check.test for check, words in zip(found, in_words, strict=True) if check.statement == words
    ] == []


def test_a_new_file_of_tests_makes_the_page_run_again(root: Path) -> None:
    source = [(root / f"{checked.PAGE}.md").read_text(encoding="utf-8")]
    checked.name_files(types.SimpleNamespace(srcdir=str(root)), checked.PAGE, source)
    files = [f"tests/algebra/{file.name}" for file in sorted((root / "tests/algebra").glob("test_*.py"))]
    assert f"# {', '.join(files)}, " in source[0]


def test_derivations_are_run_and_one_that_fails_stops_the_page(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    folder = tmp_path / "tests" / "made_up"
    folder.mkdir(parents=True)
    (folder / "test_sums.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_sum(x):\n    assert x + x == 2 * x\n",
        encoding="utf-8",
    )
    outcomes = derivation_checks.run(tmp_path, ("tests/made_up",))
    made_up = checked.Check("tests/made_up/test_sums.py", "test_sum", 4, "a sum")
    assert derivation_checks._result(made_up, outcomes).startswith("passed, 2 cases")
    with pytest.raises(AssertionError, match="skipped or left out"):
        derivation_checks._result(made_up._replace(test="test_other"), outcomes)
    assert [len(seconds) for seconds in outcomes.seconds.values()] == [2]
    (folder / "test_wrong.py").write_text("def test_wrong():\n    assert 1 + 1 == 3\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="not confirmed"):
        derivation_checks.run(tmp_path, ("tests/made_up",))


def test_only_the_icons_that_are_named_are_kept(tmp_path: Path) -> None:
    names = icons.named(['<i class="fas fa-rocket"></i><b class="fa-solid fa-lg"></b>', 'x="fa-xmark"'])
    assert names == {"rocket", "xmark"}, "fa-solid and fa-lg are no icons"
    points = icons.drawn(['a{content:"\uf0f3"}', 'b{content:"\\f107"}', "c{color:#fff}"])
    assert points == {0xF0F3, 0xF107}
    icons.write(tmp_path, names, points)
    sheet = (tmp_path / icons.SHEET).read_text(encoding="utf-8")
    assert '.fa-rocket::before { content: "\\f135"; }' in sheet
    assert "fa-brands-400.woff" not in sheet, "a font without an icon is not loaded"
    font = TTFont(tmp_path / "icons" / "fa-solid-900.woff")
    assert set(font.getBestCmap()) == {0xF135, 0xF00D, 0xF0F3, 0xF107}
    assert all(font["glyf"][font.getBestCmap()[point]].numberOfContours for point in font.getBestCmap())


def test_the_policy_names_what_a_page_executes_itself() -> None:
    page = (
        '<script>a()</script><script type="module" src="b.js"></script><script type="application/json">{}</script>'
        '<script data-x="1">a()</script><button class="c" onclick="d(&quot;e&quot;)">'
    )
    assert scripts.inline(page) == {"a()", 'd("e")'}
    policy = scripts.policy([page, page])
    assert policy.count("'sha256-") == 2
    assert "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='" in policy  # of "a()"


def test_the_templates_of_the_theme_load_our_icons(tmp_path: Path) -> None:
    config = types.SimpleNamespace(templates_path=[])
    icons.replace_in_templates(types.SimpleNamespace(outdir=str(tmp_path / "html")), config)
    (folder,) = config.templates_path
    ours = (Path(folder) / "static" / "webpack-macros.html").read_text(encoding="utf-8").splitlines()
    theirs = (icons.THEME / "webpack-macros.html").read_text(encoding="utf-8").splitlines()
    added = [line for line in ours if icons.SHEET in line or "late_scripts" in line]
    left_out = ("fontawesome", 'rel="preload" as="script"')
    assert [line for line in theirs if not any(part in line for part in left_out)] == [
        line for line in ours if line not in added
    ]
    assert len(added) == 2
    assert [ours.index(line) - 1 for line in added] == [
        next(k for k, line in enumerate(ours) if f"macro {name}" in line)
        for name in ("head_pre_icons", "body_post")
    ]


def page_with(*cells: nodes.container, words: tuple[str, ...]) -> nodes.document:
    document = new_document("page", get_default_settings())
    section = nodes.section("", nodes.title("", "Title"), *(nodes.paragraph("", text) for text in words))
    document += section
    section.extend(cells)
    return document


def cell(code: str, **attributes: str) -> nodes.container:
    parts = (nodes.literal_block("", code), nodes.paragraph("", "output"))
    return nodes.container("", *parts, classes=["cell"], **attributes)


def test_goals_time_and_need_are_one_block() -> None:
    words = ("Goals. One.", "Time. Two.", "You need. Three.", "Text.")
    document = page_with(words=words)
    opening.arrange(None, document)
    (block,) = document.findall(nodes.container)
    assert [node.astext() for node in block] == list(words[:3])
    assert [type(node) for node in document[0]] == [nodes.title, nodes.container, nodes.paragraph]
    apart = page_with(words=("Goals. One.", "Text.", "Time. Two."))
    opening.arrange(None, apart)
    assert list(apart.findall(nodes.container)) == []


@pytest.mark.parametrize("heading", ["The question", "The model"])
def test_goals_time_and_need_stand_below_the_question(heading: str) -> None:
    document = page_with(words=("Goals. One.", "Time. Two."))
    for name in (heading, "The question"):
        document[0] += nodes.section("", nodes.title("", name), nodes.paragraph("", "Text."))
    opening.arrange(None, document)
    (block,) = document.findall(nodes.container)
    asked = heading == "The question"
    assert block.parent is (document[0][1] if asked else document[0])
    assert block.parent.index(block) == (2 if asked else 1)


@pytest.mark.parametrize(
    ("prompt", "code", "moved"),
    [
        (imports.PROMPT, "from learnscape.explore import discs\n\ndiscs()", True),
        ("Show code", "from learnscape.explore import discs\n\ndiscs()", False),
        (imports.PROMPT, "discs = 1", False),
    ],
)
def test_imports_stand_below_an_explorable_that_needs_none(prompt: str, code: str, moved: bool) -> None:
    document = page_with(cell("import numpy", prompt_show=prompt), cell(code, hide_mode="input"), words=())
    opening.arrange(None, document)
    opening.code_below_picture(None, document, "page")
    cells = opening.cells(document)
    assert (cells[1].astext().startswith("import numpy")) is moved
    if code.startswith("from"):
        assert cells[not moved].children[0].astext() == "output", "the picture, then its code"
    else:
        assert [made.children[1].astext() for made in cells] == ["output", "output"]


def test_a_check_alone_in_its_paragraph_belongs_to_the_equation_above() -> None:
    document = new_document("page", get_default_settings())
    link = nodes.reference("", "✓ checked", classes=["ls-checked"])
    document += [
        nodes.paragraph("", "", link, nodes.Text(" "), link.deepcopy()),
        nodes.paragraph("", "seen, ", link.deepcopy()),
    ]
    checked.put_below_equations(None, document)
    assert [paragraph["classes"] for paragraph in document] == [["ls-checks"], []]


def test_the_table_of_times_has_titles_and_no_column_of_equal_cells() -> None:
    done = {"mtime": 0, "method": "cache", "runtime": 12.5, "succeeded": True, "error": None}
    table = run_times.shortened(
        make_stat_table("chapters/reference/status", {"chapters/a/b": {"exec_data": done}})
    )
    rows = [[cell.astext() for cell in row] for row in table.findall(nodes.row)]
    assert rows == [["Document", "Run Time (s)"], ["chapters/a/b", "12.5"]]
    assert len(list(table.findall(nodes.colspec))) == 2
    assert [link["refexplicit"] for link in table.findall(addnodes.pending_xref)] == [False]


def test_letters_lead_to_the_first_term_of_each() -> None:
    document = new_document("page", get_default_settings())
    terms = [("1RSB", "t1"), ("activation", "t2"), ("ansatz", "t3"), ("Bethe", "t4")]
    words = [nodes.definition_list_item("", nodes.term("", word, ids=[name])) for word, name in terms]
    document += addnodes.glossary("", nodes.definition_list("", *words))
    alphabet.put_letters(None, document)
    row, _ = document.children
    assert [(link.astext(), link["refid"]) for link in row.findall(nodes.reference)] == [
        ("A", "t2"),
        ("B", "t4"),
    ]


def test_the_still_picture_of_an_explorable_is_a_file(tmp_path: Path) -> None:
    image = Image.new("RGBA", (30, 20), (10, 20, 30, 255))
    drawn = BytesIO()
    image.save(drawn, "png")
    data = f"data:image/png;base64,{b64encode(drawn.getvalue()).decode()}"
    other = f'<img alt="not of an explorable" src="{data}">'
    context = {
        "body": f'<p>a</p><img class="ls-fallback" alt="a > b" src="{data}">'.replace(" > ", " &gt; ")
        + other,
        "pathto": lambda name, _: f"../{name}",
    }
    stills.as_files(types.SimpleNamespace(outdir=tmp_path), "a/page", "", context, None)
    (file,) = (tmp_path / "_images").iterdir()
    assert context["body"] == f'<p>a</p><img class="ls-fallback" alt="a &gt; b" src="../_images/{file.name}" width="30" height="20" loading="lazy">{other}'  # fmt: skip
    with Image.open(file) as saved:
        assert saved.convert("RGBA").tobytes() == image.tobytes()


def test_a_neighbour_is_shown_by_the_first_picture_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "_images").mkdir()
    folder = tmp_path / "chapters" / "a"
    folder.mkdir(parents=True)
    Image.new("RGBA", (900, 300), (0, 0, 255, 128)).save(tmp_path / "_images" / "1.png")
    link = '<a class="{}"\n href="{}" title="t"><i></i><div class="prev-next-info">words</div></a>'
    (folder / "one.html").write_text('<img src="../../_static/logo.png"><img alt="x" src="../../_images/1.png">' + link.format("right-next", "two.html"), encoding="utf-8")  # fmt: skip
    (folder / "two.html").write_text(link.format("left-prev", "one.html") + link.format("right-next", "one.html#x"), encoding="utf-8")  # fmt: skip
    for _ in range(2):  # pages that are not written again keep the picture that they have
        neighbours.show(tmp_path)
        two = (folder / "two.html").read_text(encoding="utf-8")
        both = "".join(
            f'<img class="only-{shade}" src="../../_static/neighbours/chapters-a-one{end}.png" alt="" loading="lazy">'
            for shade, end in (("light", ""), ("dark", "-dark"))
        )
        assert two.count(f"<i></i>{both}<div") == 1
        assert (
            "<img class=" not in (folder / "one.html").read_text(encoding="utf-8").partition("right-next")[2]
        )
    with Image.open(tmp_path / neighbours.FOLDER / "chapters-a-one.png") as small:
        assert small.size == (300, 100)
        assert small.convert("RGB").getpixel((5, 5)) == pytest.approx((127, 127, 255), abs=2), "on white"
    with Image.open(tmp_path / neighbours.FOLDER / "chapters-a-one-dark.png") as small:
        assert small.convert("L").getpixel((5, 5)) < 150, "not a white card"
