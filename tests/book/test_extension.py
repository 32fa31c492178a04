"""Parts of the book's extension that can be tried without building a book."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

import check_site
from learnscape_book import api, imports, tidy


@pytest.mark.parametrize(
    ("code", "folded"),
    [
        ("import numpy as np\n\nstyle.use()\n", True),
        ("from learnscape import style\nstyle.use()\nstored = load()\n", True),
        ("from learnscape.explore import discs\n\ndiscs()\n", False),
        ("import numpy as np\nprint(np.pi)\n", False),
        ("x = 1\n", False),
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
