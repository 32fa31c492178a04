"""Every derived equation of the chapters on replicas, on dense regions, on message passing and on deep networks is followed by the test that checks it; definitions, and what is only quoted, stand in a list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHAPTERS = (
    "capacity/learning-algorithms",
    "dense/dense-algorithms",
    "dense/geometry",
    "dense/isolated-solutions",
    "dense/local-entropy",
    "dense/overparameterization",
    "dense/realistic-networks",
    "jamming/deep-networks",
    "replicas/full-rsb",
    "replicas/jamming-exponents",
    "replicas/perceptron-replicas",
    "replicas/replica-trick",
    "replicas/sherrington-kirkpatrick",
    "replicas/two-layer",
)
# Nothing to check: a model, a name for something, an ansatz, an observation, or an equation that an earlier chapter derived.
GIVEN = """
    da-robust da-copies
    deep-network deep-delta deep-loss deep-kappa deep-free
    fr-x fr-recursion
    geo-limit
    iso-endangered iso-count-endangered iso-definition iso-tricks iso-replicated iso-overlaps iso-reference-field iso-probe-field iso-column
    la-hebb la-bp la-bethe-general la-reinforced la-schedules
    je-laws je-kappa je-ansatz
    le-weighted le-phi le-fields
    op-teacher op-features op-ratios op-equivalence op-field op-overlaps op-three op-gs
    pr-z pr-f pr-local
    rn-net rn-local-energy rn-phi rn-replicas
    rt-rem rt-pspin
    sk-energy sk-xq
    tl-model tl-kernel tl-perceptron
"""

CODE = re.compile(r"^```\{code-cell\}.*?^```$", re.DOTALL | re.MULTILINE)
EQUATION = re.compile(r"^\$\$ \(eq-([\w-]+)\)$", re.MULTILINE)
END = re.compile(r"^(#|`{3,})", re.MULTILINE)


def numbered(text: str) -> dict[str, bool]:
    """Each numbered equation, and whether a mark stands between it and the next one, or the end of its section."""
    text = CODE.sub("", text)
    found = list(EQUATION.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    answer = {}
    for match, end in zip(found, ends, strict=True):
        after = END.split(text[match.end() : end], maxsplit=1)[0]
        answer[match[1]] = "{checked}`" in after
    return answer


def test_the_reading_of_marks() -> None:
    text = "$$\na\n$$ (eq-one)\n\n{checked}`tests/x.py::test_y`\n\n$$\nb\n$$ (eq-two)\n\n## Next\n\n{checked}`z`\n"
    assert numbered(text) == {"one": True, "two": False}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_derived_equation_is_followed_by_its_check(root: Path, chapter: str) -> None:
    found = numbered((root / f"chapters/{chapter}.md").read_text(encoding="utf-8"))
    bare = {label for label, marked in found.items() if not marked} - {*GIVEN.split()}
    assert not bare, (
        f"{chapter}: link a test of tests/algebra after {sorted(bare)}, or name the equation in GIVEN"
    )


def test_the_list_names_equations_without_a_check(root: Path) -> None:
    marks: dict[str, bool] = {}
    for chapter in CHAPTERS:
        marks |= numbered((root / f"chapters/{chapter}.md").read_text(encoding="utf-8"))
    for label in GIVEN.split():
        assert marks.get(label) is False, f"{label} has its check, or does not exist: take it off"
