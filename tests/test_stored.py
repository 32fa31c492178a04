"""Stored results come with the package, each from a script of the same name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import learnscape
from learnscape.data import names


def test_each_stored_result_has_the_script_that_made_it(root):
    scripts = {script.stem for script in (root / "chapters" / "data").glob("*.py")}
    assert scripts
    assert set(names()) == scripts


def test_found_from_any_folder(tmp_path):
    code = "import learnscape; print(len(learnscape.stored('ellipses')['groups']))"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip() == str(len(learnscape.stored("ellipses")["groups"])), found.stderr


def test_each_call_reads_anew():
    learnscape.stored("ellipses").clear()
    assert learnscape.stored("ellipses")


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"elipses.* one of \['binary_perceptrons'"):
        learnscape.stored("elipses")
