"""The Perceptron Challenge: the bits are those that the page describes, every record is what it claims, and no malformed text gets through."""

from __future__ import annotations

import base64
import datetime
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from learnscape import Margin, SymmetricMargin
from learnscape.challenge import (
    MalformedSolution,
    Record,
    decode,
    encode,
    farthest,
    find,
    instances,
    local_energy,
    records,
    solve,
    standings,
    verify,
)
from learnscape.challenge.leaderboard import known
from learnscape.challenge.series import EXACT, KAPPA, Instance
from learnscape.learn import enumerate_solutions
from learnscape.learn import local_energy as sampled_energy

FULL = 2**64 - 1
CONSTRAINTS = {"asymmetric": Margin(KAPPA["asymmetric"]), "symmetric": SymmetricMargin(KAPPA["symmetric"])}


def word(seed: int, k: int) -> int:
    """SplitMix64 with Python's integers, as the chapter has it."""
    z = (seed + (k + 1) * 0x9E3779B97F4A7C15) & FULL
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & FULL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & FULL
    return z ^ (z >> 31)


def stepped(seed: int) -> int:
    """The same generator as it is usually written, with a state."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & FULL
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & FULL
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & FULL
        yield z ^ (z >> 31)


def test_the_generator_is_splitmix64() -> None:
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [word(1234567, k) for k in range(4)] == published == list(itertools.islice(stepped(1234567), 4))
    assert word(0, 0) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize(
    "name", ["asymmetric-25-30", "symmetric-21-9", "asymmetric-1001-40", "symmetric-10001-3"]
)
def test_bits_are_those_of_the_rule(name: str) -> None:
    instance = find(name)
    n_words = -(-instance.n // 64)
    expected = [
        [1 if word(instance.seed, mu * n_words + i // 64) >> (i % 64) & 1 else -1 for i in range(instance.n)]
        for mu in range(instance.p)
    ]
    np.testing.assert_array_equal(instance.patterns(), expected)
    for row, pattern in zip(instance.bytes(), expected, strict=True):
        number = sum(1 << i for i in range(instance.n) if pattern[i] == 1)
        assert row.tobytes() == number.to_bytes(-(-instance.n // 8), "little")


def test_instances_never_change() -> None:
    fingerprints = {
        "asymmetric-21-16": "72c74c219d289088d7f3a7d64731636cd12aec5b5eb5f7998e817357652709e6",
        "asymmetric-1001-701": "78bcc70ce0540f7a5bae80d41a9bc8cbc79151969b73fd40c11f83f5f3019b64",
        "symmetric-1001-1602": "d4f662cf939c5343f4c96f4f70148367032c74da3279284837333a891497d7db",
        "asymmetric-10001-501": "d397d1efe3b66a1fdc0f8d28b875522c509a931d6c0ff4de41a54a7a55444676",
    }
    assert {name: find(name).sha256() for name in fingerprints} == fingerprints


def test_a_series_is_nested() -> None:
    np.testing.assert_array_equal(
        find("symmetric-1001-50").patterns(), find("symmetric-1001-80").patterns()[:50]
    )


def test_names_of_the_ladder_are_distinct_and_found() -> None:
    names = [instance.name for instance in instances()]
    assert len(set(names)) == len(names)
    assert [find(name) for name in names] == list(instances())


@pytest.mark.parametrize(
    "name",
    ["", "asymmetric-1001", "asymmetric-1001-0", "asymmetric-1001-4005", "asymmetric-1000-10", "odd-1001-10", "asymmetric-1001-1.5", "asymmetric-1001--5", " asymmetric-21-3", "asymmetric-21-3\n", "asymmetric-21-٣"],
)  # fmt: skip
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="is not allowed: it must be"):
        find(name)


@pytest.mark.parametrize(("series", "exact"), EXACT.items())
def test_small_ones_by_enumeration(series: tuple[str, int], exact: tuple[int, int]) -> None:
    (family, n), (most, count) = series, exact
    last, above = find(f"{family}-{n}-{most}"), find(f"{family}-{n}-{most + 1}")
    found = enumerate_solutions(last.patterns(), constraint=CONSTRAINTS[family], return_solutions=True)
    assert found.count == count > 0
    for w in found.solutions:
        assert verify(last, encode(w)).solved
    assert enumerate_solutions(above.patterns(), constraint=CONSTRAINTS[family]).count == 0
    assert (last.satisfiable, above.satisfiable) == (True, False)
    assert known(above).startswith("unsatisfiable")
    assert farthest()[series].instance == last


@pytest.mark.parametrize(
    "name", ["asymmetric-1001-601", "symmetric-1001-601", "asymmetric-10001-30", "symmetric-25-57"]
)
def test_the_recount_is_that_of_numpy(name: str) -> None:
    instance = find(name)
    xi = instance.patterns().astype(int)
    for seed in range(3):
        w = np.random.default_rng(seed).choice([-1, 1], instance.n).astype(np.int8)
        fields = xi @ w
        wrong = ~CONSTRAINTS[instance.family].allowed(fields / np.sqrt(instance.n))
        verdict = verify(instance, encode(w))
        assert verdict.violated == wrong.sum()
        assert verdict.first == (np.flatnonzero(wrong)[0] if wrong.any() else -1)
        assert (verdict.smallest, verdict.largest) == (fields.min(), fields.max())
        np.testing.assert_array_equal(decode(instance, encode(w)), w)


# ---- records


def test_all_records() -> None:
    assert records()
    for record in records():
        assert verify(record.instance, record.solution).solved, record
        assert datetime.date.fromisoformat(record.date).isoformat() == record.date
        assert record.solution == record.solution.strip()


def test_every_record_is_best_in_something() -> None:
    best = set(farthest().values())
    for standing in standings():
        best |= {standing.flattest, standing.quickest}
    assert [record.method for record in records() if record not in best] == []


def test_above_a_record_is_unknown() -> None:
    best = farthest()["asymmetric", 1001].instance
    assert best.satisfiable is None
    assert known(best) == "solved"
    assert known(find(f"asymmetric-1001-{best.p + 1}")) == "unknown"


def test_standings_of_nothing_and_of_one() -> None:
    assert all(standing.flattest is standing.quickest is None for standing in standings([]))
    one = Record(find("asymmetric-1001-650"), solve_text(650), "a", "b", "2026-01-01", None)
    rungs = {
        s.instance.p: s
        for s in standings([one])
        if s.instance.n == 1001 and s.instance.family == "asymmetric"
    }
    assert rungs[601].flattest is one
    assert rungs[601].quickest is None, "no sweeps are claimed"
    assert rungs[651].flattest is None, "it solves one pattern less"


def solve_text(p: int) -> str:
    return encode(solve(find(f"asymmetric-1001-{p}"), "sbpi", rng=1).weights)


@pytest.mark.parametrize("name", ["asymmetric-1001-601", "symmetric-1001-601"])
def test_local_energy_is_the_mean_over_all_flips(name: str) -> None:
    instance = find(name)
    w = np.random.default_rng(1).choice([-1, 1], instance.n).astype(np.int8)
    exact = [local_energy(instance, w, fraction) for fraction in (0.0, 0.05, 0.4, 1.0)]
    assert exact[0] == pytest.approx(verify(instance, encode(w)).violated / instance.p)
    assert exact[3] == pytest.approx(verify(instance, encode(-w)).violated / instance.p)
    xi, rng = instance.patterns().astype(float), np.random.default_rng(2)
    draws = []
    for _ in range(300):
        flipped = w.astype(float)
        flipped[rng.permutation(instance.n)[:400]] *= -1
        draws.append(1 - CONSTRAINTS[instance.family].allowed(xi @ flipped / np.sqrt(instance.n)).mean())
    assert abs(np.mean(draws) - exact[2]) < 4 * np.std(draws) / np.sqrt(300)
    if instance.family == "asymmetric":
        near = sampled_energy(xi, w, 0.05, draws=400, rng=3)
        assert abs(near.energy[0] - exact[1]) < 4 * near.error[0]


def test_local_energy_of_a_small_one_by_all_flips() -> None:
    instance = find("symmetric-21-9")
    w = -instance.patterns()[3]
    energies = []
    for pair in itertools.combinations(range(21), 2):
        flipped = w.copy()
        flipped[list(pair)] *= -1
        energies.append(verify(instance, encode(flipped)).violated / 9)
    assert local_energy(instance, w, 2 / 21) == pytest.approx(np.mean(energies), rel=1e-12)


# ---- texts that are no solution

GOOD = "Wpn3AQ=="
MALFORMED = {
    "": "no solution to read",
    " \n": "no solution to read",
    "Wpn3 AQ==": "Character 5 is white space",
    "Wpn3\nAQ==": "Character 5 is white space",
    "Wpn-AQ==": r"Character 4 \(-\) is not of base64",
    "Wpn3AQ=é": r"Character 8 \(é\) is not of base64",
    "W=n3AQ==": "Character 2 is =, which may stand at the very end only",
    "Wpn3AQ": "has 8 characters; this one has 6",
    "Wpn3AQ=": "has 8 characters; this one has 7",
    "Wpn3AQ===": "has 8 characters; this one has 9",
    "Wpn3AQEB": "ends in 2 characters =",
    "Wpn3A===": "ends in 2 characters =",
    "Wpn3AR==": "Character 6 sets a bit beyond the 25 weights",
    "Wpn3Ag==": "Character 6 sets a bit beyond the 25 weights",
    "Wpn3gQ==": "Character 5 sets a bit beyond the 25 weights",
    "A" * 5000: "has 8 characters; this one has 5000",
}


@pytest.mark.parametrize(("text", "said"), MALFORMED.items(), ids=lambda value: repr(value)[:12])
def test_malformed_texts(text: str, said: str) -> None:
    instance = find("asymmetric-25-21")
    assert verify(instance, f"  {GOOD}\n").solved
    with pytest.raises(MalformedSolution, match=said):
        verify(instance, text)
    with pytest.raises(MalformedSolution, match=said):
        decode(instance, text)


def test_every_text_of_the_right_length_is_read_or_refused_rightly() -> None:
    """Against Python's base64: a text is read exactly when it is the one text of its bits."""
    instance, rng = find("asymmetric-25-10"), np.random.default_rng(4)
    letters = np.array(list("ABQg/+9=A="))
    for _ in range(3000):
        text = "".join(rng.choice(letters, 8))
        try:
            given = base64.b64decode(text, validate=True)
            canonical = base64.b64encode(given).decode() == text and len(given) == 4 and given[3] < 2
        except ValueError:
            canonical = False
        try:
            verify(instance, text)
            read = True
        except MalformedSolution:
            read = False
        assert read == canonical, text


@pytest.mark.parametrize("weights", [[0, 1], [1, 2], [[1, -1]], ["a"], [1.5]])
def test_weights_that_are_none(weights: object) -> None:
    with pytest.raises(ValueError, match="weights"):
        encode(weights)


def test_a_text_that_is_none() -> None:
    with pytest.raises(ValueError, match="the solution = None is not allowed"):
        verify(find("asymmetric-21-3"), None)


@pytest.mark.parametrize(
    ("family", "method", "settings", "said"),
    [
        ("asymmetric", "symmetric_bp", {}, "method"),
        ("symmetric", "sbpi", {}, "method"),
        ("symmetric", "symmetric_bp", {"rate": 0.0}, "rate"),
        ("symmetric", "symmetric_bp", {"max_iterations": 0}, "max_iterations"),
        ("symmetric", "symmetric_bp", {"damping": 1.0}, "damping"),
    ],
)
def test_searches_refuse(family: str, method: str, settings: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=f"{said} = "):
        solve(Instance(family, 21, 5), method, **settings)


def test_a_search_that_finds_nothing_says_so() -> None:
    run = solve(find("symmetric-21-27"), "symmetric_bp", max_iterations=5)
    assert not run.solved
    assert run.n_errors == verify(find("symmetric-21-27"), encode(run.weights)).violated > 0
    assert run.trace.size == run.iterations == run.budget == 5


@pytest.mark.weekly
def test_our_records_can_be_made_again() -> None:
    """The method of each of ours is a call; searches that compute with floating-point numbers may end elsewhere on other processors."""
    for record in records():
        call = re.fullmatch(r"(\w+)\((.*)\)", record.method)
        if record.who == "The Learnscape authors" and call and record.instance.n == 1001:
            settings = dict(part.split("=") for part in call[2].split(", "))
            run = solve(
                record.instance,
                call[1],
                **{k: float(v) if "." in v or "e" in v else int(v) for k, v in settings.items()},
            )
            assert run.solved, record.method


# ---- the command line


def command(*arguments: str, given: str = "", root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "learnscape.challenge", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root / "lib")},
    )


def test_command_line(root: Path, tmp_path: Path) -> None:
    verified = command("verify", "asymmetric-25-21", "-", given=GOOD + "\n", root=root)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "All 21 patterns are satisfied" in verified.stdout
    refused = command("verify", "asymmetric-25-21", "-", given="Wpn3", root=root)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "MalformedSolution: A solution with 25 weights has 8 characters; this one has 4." in refused.stderr


def test_commands_within_this_process(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from learnscape.challenge.__main__ import main

    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^asymmetric-21-17 .*unsatisfiable, by enumeration$", listed, re.M)
    assert re.search(r"^asymmetric-1001-821 .*unknown$", listed, re.M)
    assert main(["make", "asymmetric-21-2"]) == 0
    assert capsys.readouterr().out == "+++---+++-+--+-----+-\n++++++-++-+-+-++-++++\n"
    file = tmp_path / "patterns.npy"
    assert main(["make", "asymmetric-21-2", str(file)]) == 0
    np.testing.assert_array_equal(np.load(file), find("asymmetric-21-2").patterns())
    assert main(["make", "asymmetric-21-2", str(tmp_path / "patterns.txt")]) == 0
    assert (tmp_path / "patterns.txt").read_text().startswith("+++---")
    assert main(["make", "asymmetric-21-2", "--sha256"]) == 0
    assert find("asymmetric-21-2").sha256() in capsys.readouterr().out
    assert main(["solve", "asymmetric-1001-501", "sbpi", "rng=1"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "mine.txt").write_text(text, encoding="utf-8")
    assert main(["verify", "asymmetric-1001-501", str(tmp_path / "mine.txt")]) == 0
    assert main(["solve", "symmetric-21-27", "symmetric_bp", "max_iterations=3"]) == 1
    capsys.readouterr()
    assert main(["score"]) == 0
    assert "claim" in capsys.readouterr().out
    (tmp_path / "wrong.txt").write_text("AAAAAA==", encoding="utf-8")
    assert main(["score", "asymmetric-25-21", str(tmp_path / "wrong.txt")]) == 1
    scored = capsys.readouterr().out
    assert "patterns are violated" in scored
    assert "local energy" in scored
    refused = {
        ("verify", "asymmetric-21-2", str(tmp_path / "none")): "none",
        ("verify", "asymmetric-21-2", str(file)): "is not a text",
        ("verify", "asymmetric-21-2", str(tmp_path)): str(tmp_path),
        ("make", "nothing"): "family-N-P",
        ("solve", "asymmetric-21-2", "sbpi", "rng"): "KEY=VALUE",
        ("solve", "asymmetric-21-2", "sbpi", "colour=red"): "colour",
        ("solve", "asymmetric-21-2", "luck"): "sbpi",
    }
    for arguments, said in refused.items():
        assert main(arguments) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["score", "asymmetric-21-2"])
