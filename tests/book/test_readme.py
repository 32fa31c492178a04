"""What the README promises to strangers is true."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from learnscape.warm import steps


def test_code_of_the_readme_runs_and_gives_the_number_it_shows(root: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    line = next(line for line in code[1].splitlines() if "0.8330785" in line)
    assert str(eval(line.partition("#")[0], names)).startswith("0.8330785")


def test_every_file_and_target_it_names_exists(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (root / link).exists(), link
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(
        re.findall(r"\bmake ([a-z]+)\b", text + (root / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    )
    assert {"book", "test", "serve", "lab"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_picture_is_small(root: Path) -> None:
    assert (root / "chapters/images/readme.png").stat().st_size < 150_000


def test_make_help_lists_the_commands(root: Path) -> None:
    shown = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert all(f"make {name}" in shown for name in ("book", "test", "serve", "lab"))


def test_an_unsuitable_python_is_refused_with_advice(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "Python 3.9.1"; exit 0; }\nexit 1\n', encoding="utf-8"
    )
    old.chmod(0o755)
    refused = subprocess.run(
        ["make", "venv", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in refused.stderr
    assert "Python 3.9.1" in refused.stderr
    assert not (tmp_path / "venv").exists()


def test_the_repository_is_named_in_few_places(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    address = "github.com/" + "learnscape"
    naming = {
        name
        for name in listed.split("\0")
        if name
        and not name.endswith((".js", ".woff2", ".png"))
        and address in (root / name).read_text(encoding="utf-8", errors="ignore")
    }
    assert naming <= {"_config.yml", "CITATION.cff", "chapters/start/how-to-use.md"}, naming


def test_warm_steps_have_distinct_names() -> None:
    names = [name for name, _ in steps()]
    assert len(names) == len(set(names))
