"""Texts of explorables: formulas stay in one piece, large numbers are short, and a reveal says which answer is right."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import learnscape
from learnscape.explore.labels import mathtext, plain
from learnscape.explore.registry import REGISTRY

JS = Path(learnscape.__file__).parent / "page" / "js"
HERE = Path(__file__).parent
IN_WORDS = {"3": "three", "4": "four", "8": "eight", "no": "not"}
GLUED = {
    "down to *T* = 0.27, and 26 % of": "down to *T*~=~0.27, and 26~% of",
    "never more than *R*^2/*γ*^2": "never more than *R*^2/¦*γ*^2",
    "near *e* = −*β*/2 = −1.67.": "near *e*~=~−*β*/2~=~−1.67.",
    "missing contacts 3*N*_s − 1 − *N*_c": "missing contacts 3*N*_s~−~1~−~*N*_c",
    "tends to *q*_0/*λ*_0": "tends to *q*_0/¦*λ*_0",
    # a chain that no phone holds ends a line before a relation
    "it is 2.443 − 1.638 = 0.805": "it is 2.443~−~1.638 =~0.805",
    "geometric margin, |*ξ*| = 1": "geometric margin, |¦*ξ*|¦~=~1",
    # words are left alone
    "typical money, start = 1": "typical money, start = 1",
    "and/or, one-step, 1/16 of it": "and/or, one-step, 1/16 of it",
    "*not* a few − or many": "*not* a few − or many",
}


def written(labels: list[str], numbers: list[tuple[float, int]]) -> dict[str, list[str]]:
    """The page's own answers."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    files = [str(JS / "labels.js"), str(JS / "glue.js")]
    asked = json.dumps({"labels": labels, "numbers": numbers})
    done = subprocess.run(
        [node, str(HERE / "write_labels.mjs"), *files],
        input=asked,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_formulas_are_not_broken() -> None:
    found = written(list(GLUED), [])["glued"]
    assert [text.replace("\u00a0", "~").replace("\u2060", "¦") for text in found] == list(GLUED.values())


def test_no_piece_of_a_text_is_too_long_for_a_phone() -> None:
    """Only where our own spaces and joiners hold it together: a word or a formula without spaces is as long as it is."""
    texts = []
    for name in REGISTRY:
        shown = REGISTRY[name]()
        texts += [readout.label for readout in shown.readouts]
        texts += [note if isinstance(note, str) else note.text for note in shown.notes]
        if shown.question:
            texts += [shown.question.text, shown.question.reveal, *shown.question.choices]
    for before, after in zip(texts, written(texts, [])["glued"], strict=True):
        assert re.sub("[\u00a0\u2060]", "", after).replace(" ", "") == re.sub("[ \u00a0]", "", before)
        for piece in after.split(" "):
            if "\u00a0" in piece and "\u00a0" not in before:
                assert len(re.sub("[*_^{}\u2060]", "", piece)) <= 22, piece


def test_numbers_from_a_million_on_have_three_digits() -> None:
    asked = {
        (1.6069380442589956e60, 4): "1.61\u202f×\u202f10⁶⁰",
        (-1125899906842625.0, 4): "−1.13\u202f×\u202f10¹⁵",
        (1e6, 0): "1.00\u202f×\u202f10⁶",
        (999999.0, 0): "999999",
        (999999.7, 0): "1.00\u202f×\u202f10⁶",
        (-0.00001, 4): "0.0000",
        (-2.5, 1): "−2.5",
        (30000.0, 0): "30000",
        (17292.5808, 4): "17292.58",
        (-2000.0, 4): "−2000.000",
        (-0.803789, 6): "−0.803789",
    }
    assert written([], list(asked))["numbers"] == list(asked.values())


def test_a_superscript_may_be_italic() -> None:
    labels = ["e^{*NΣ*} of e^{*N*(*Σ* + *ms*)}", "2^{*P*}", "*κ*_{*}"]
    assert written(labels, [])["plain"] == [plain(label) for label in labels]
    assert plain(labels[0]) == "e^NΣ of e^N(Σ + ms)"
    assert mathtext(labels[1]) == "2$^{P}$"


def words(text: str) -> set[str]:
    """Words and numbers of a label in small letters; "0.34" is one of them."""
    return set(re.findall(r"[\w.²]+\b²?", plain(text).lower()))


@pytest.mark.parametrize("name", list(REGISTRY))
def test_reveal_begins_with_the_answer(name: str) -> None:
    """Who listens does not see the mark at the right choice; the page only says "Right." or "Not quite." before this text."""
    question = REGISTRY[name]().question
    if question is None or question.answer is None:
        return
    right = words(question.choices[question.answer])
    others = set().union(*(words(text) for k, text in enumerate(question.choices) if k != question.answer))
    own = right - others or right
    first = words(re.split(r"[.;:] ", question.reveal + " ")[0])
    assert (own | {IN_WORDS.get(word, word) for word in own}) & first, (own, question.reveal)
