"""The Perceptron Challenge: the bits are those that the page describes, every record is what it claims, and no malformed text gets through."""

from __future__ import annotations

import ast
import base64
import datetime
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
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
from learnscape.challenge.__main__ import main
from learnscape.challenge.leaderboard import _read, known
from learnscape.challenge.series import EXACT, KAPPA, Instance
from learnscape.challenge.table import Table
from learnscape.learn import Committee, Run, enumerate_solutions
from learnscape.learn import local_energy as energy_of

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
    ["", "asymmetric-1001", "asymmetric-1001-0", "asymmetric-1001-4005", "asymmetric-1000-10", "odd-1001-10", "asymmetric-1001-1.5", "asymmetric-1001--5", " asymmetric-21-3", "asymmetric-21-3\n", "asymmetric-21-٣", "asymmetric-021-3", "asymmetric-21-03"],
)  # fmt: skip
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="is not allowed: it must be"):
        find(name)


@pytest.mark.parametrize(
    "wrong", [("skew", 21, 3), ("symmetric", 22, 3), ("symmetric", 21, 0), ("symmetric", 21, 85), ("symmetric", 21, 2.0)]
)  # fmt: skip
def test_there_are_no_other_instances(wrong: tuple[str, int, int]) -> None:
    with pytest.raises(ValueError, match="is not allowed: it must be"):
        Instance(*wrong)


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


def is_true(table: Sequence[Record]) -> None:
    """Every line solves what it says, in a text that is the only one, on a day that exists; and none is useless."""
    assert table
    seen: dict[tuple[str, int, bytes], Record] = {}
    best = set(farthest(table).values())
    for standing in standings(table):
        best |= {standing.flattest, standing.quickest}
    for record in table:
        assert verify(record.instance, record.solution).solved, record
        assert datetime.date.fromisoformat(record.date).isoformat() == record.date
        assert len(encode(decode(record.instance, record.solution))) == len(record.solution)
        w = decode(record.instance, record.solution)
        if record.instance.family == "symmetric":  # w and -w are one solution
            w = w * w[0]
        same = seen.setdefault((record.instance.family, record.instance.n, w.tobytes()), record)
        assert same is record, f"twice the same solution: {record.instance.name}, {record.method}"
    useless = [f"{record.instance.name}, {record.method}" for record in table if record not in best]
    assert useless == [], "best in nothing (any more): these lines have to go"


def test_all_records() -> None:
    is_true(records())


DAMAGE = {
    "a bit": lambda line: line | {"solution": line["solution"][:7] + "b" + line["solution"][8:]},
    "a letter less": lambda line: line | {"solution": line["solution"][:-1]},
    "blanks": lambda line: line | {"solution": line["solution"] + " "},
    "another alpha": lambda line: line | {"instance": "asymmetric-1001-771"},
    "another family": lambda line: line | {"instance": line["instance"].replace("a", "", 1)},
    "no instance": lambda line: line | {"instance": "asymmetric-1001-0756"},
    "one more field": lambda line: line | {"note": ""},
    "a field less": lambda line: {name: line[name] for name in line if name != "who"},
    "another order": lambda line: dict(reversed(line.items())),
    "nobody": lambda line: line | {"who": ""},
    "two lines": lambda line: line | {"who": "A\nB"},
    "turned around": lambda line: line | {"who": "A\u202eB"},
    "no method": lambda line: line | {"method": None},
    "no day": lambda line: line | {"date": "2026-02-30"},
    "another calendar": lambda line: line | {"date": "20261129"},
    "no sweeps": lambda line: line | {"sweeps": 0},
    "half a sweep": lambda line: line | {"sweeps": 1.5},
    "NaN sweeps": lambda line: line | {"sweeps": float("nan")},
    "true sweeps": lambda line: line | {"sweeps": True},
    "no record": lambda line: "record",
    "a list": lambda line: [list(pair) for pair in line.items()],
}


@pytest.mark.parametrize("kind", [None, *DAMAGE])
def test_a_damaged_table_is_noticed(root: Path, kind: str | None) -> None:
    table = json.loads((root / "lib/learnscape/challenge/records.json").read_text(encoding="utf-8"))
    last = max(k for k, line in enumerate(table) if line["instance"].startswith("asymmetric-1001-"))
    if kind is None:
        is_true(_read(json.dumps(table)))
        return
    table[last] = DAMAGE[kind](table[last])
    with pytest.raises((ValueError, AssertionError)):
        is_true(_read(json.dumps(table)))


def test_a_table_with_a_copy_is_noticed() -> None:
    record = farthest()["symmetric", 1001]
    turned = encode(-decode(record.instance, record.solution))
    for copy in (replace(record), replace(record, who="B"), replace(record, sweeps=1), replace(record, solution=turned, sweeps=1)):  # fmt: skip
        with pytest.raises(AssertionError, match="twice the same solution"):
            is_true([*records(), copy])


@pytest.mark.parametrize("text", ["{}", "3", "null", '[{"instance": "a", "instance": "b"}]', "[", "[]"])
def test_a_file_that_is_no_table(text: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        is_true(_read(text))


def test_above_a_record_is_unknown() -> None:
    """And not what its own solution shows to be satisfiable."""
    for (family, n), record in farthest().items():
        assert verify(replace(record.instance, p=record.reach), record.solution).solved
        assert not verify(replace(record.instance, p=record.reach + 1), record.solution).solved
        above = "unsatisfiable, by enumeration" if n < 1001 else "unknown"
        assert known(find(f"{family}-{n}-{record.reach + 1}")) == above
        for other in records():
            if (other.instance.family, other.instance.n) == (family, n):
                assert not verify(find(f"{family}-{n}-{record.reach + 1}"), other.solution).solved
                assert known(replace(other.instance, p=other.reach)) in ("solved", "satisfiable")
    table = Table()
    lines = [line.split() for line in str(table).splitlines()]
    named = {record.instance.name for record in table.records}
    words = [line[4] for line in lines if len(line) > 4 and line[0].isdigit() and line[1] in named]
    for record, word in zip(table.records, words, strict=True):
        goes_farthest = record in farthest().values()
        small = record.instance.n < 1001
        assert word == ("impossible" if small else "unknown" if goes_farthest else "solved")


def test_a_record_counts_as_far_as_it_goes() -> None:
    one = Record(find("asymmetric-25-20"), GOOD, "a", "b", "2026-01-01", None)
    assert one.reach == 21
    rungs = {s.instance.name: s.flattest for s in standings([one])}
    assert rungs["asymmetric-25-21"] is one
    assert rungs["asymmetric-25-22"] is None
    assert farthest([replace(one, instance=find("asymmetric-25-21")), one])["asymmetric", 25].instance.p == 21


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
        assert exact[1] == pytest.approx(energy_of(xi, w, 0.05).energy[0], rel=1e-12)


def test_a_solution_and_its_negative_are_equally_flat() -> None:
    for record in records():
        if record.instance.family == "symmetric":
            w = decode(record.instance, record.solution)
            assert local_energy(record.instance, w) == local_energy(record.instance, -w)


@pytest.mark.parametrize("weights", [np.zeros(21), np.full(21, np.nan), np.full(21, 0.5), np.ones(20), 1.0])
def test_local_energy_of_what_are_no_weights(weights: object) -> None:
    with pytest.raises(ValueError, match="weights"):
        local_energy(find("asymmetric-21-3"), weights)
    assert local_energy(find("asymmetric-21-1"), find("asymmetric-21-1").patterns()[0].tolist(), 0.0) == 0.0


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
    "Wpn3AQEB": "has 2 of the signs =",
    "Wpn3A===": "has 2 of the signs =",
    "Wpn3AR==": "Character 6 sets a bit beyond the 25 weights",
    "Wpn3Ag==": "Character 6 sets a bit beyond the 25 weights",
    "Wpn3gQ==": "Character 5 sets a bit beyond the 25 weights",
    "Wpn3AQ==\x1c": "Character 9",
    "\x85Wpn3AQ==": "Character 1",
    "Wpn3\x00AQ==": r"Character 5 \(\x00\) is not of base64",
    "A" * 5000: "has 8 characters; this one has 5000",
}


@pytest.mark.parametrize(("text", "said"), MALFORMED.items(), ids=lambda value: repr(value)[:12])
def test_malformed_texts(text: str, said: str) -> None:
    instance = find("asymmetric-25-21")
    assert verify(instance, f"  {GOOD}\r\n").solved
    assert verify(instance, f"\ufeff{GOOD}\n").solved, "as editors of Windows write it"
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
        ("asymmetric", "minover", {}, "method"),
        ("symmetric", "sbpi", {}, "method"),
        ("symmetric", "reinforced_bp", {"rate": 0.0}, "rate"),
        ("symmetric", "reinforced_bp", {"max_iterations": 0}, "max_iterations"),
        ("symmetric", "reinforced_bp", {"damping": 1.0}, "damping"),
        ("symmetric", "reinforced_bp", {"max_iterations": 2.5}, "max_iterations"),
        ("symmetric", "reinforced_bp", {"rng": -1}, "rng"),
        ("symmetric", "reinforced_bp", {"kappa": 0.5}, "kappa"),
        ("asymmetric", "reinforced_bp", {"committee": Committee(3, shared=False)}, "committee"),
    ],
)
def test_searches_refuse(family: str, method: str, settings: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=f"{said} = "):
        solve(Instance(family, 21, 5), method, **settings)


def test_a_search_that_finds_nothing_says_so() -> None:
    run = solve(find("symmetric-21-27"), "reinforced_bp", max_iterations=5)
    assert not run.solved
    assert run.n_errors == verify(find("symmetric-21-27"), encode(run.weights)).violated > 0
    assert run.trace.size == run.iterations == run.budget == 5


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("asymmetric-25-24", {"kappa": -5.0}),
        ("asymmetric-25-24", {"constraint": SymmetricMargin(5.0)}),
        ("symmetric-25-40", {"constraint": SymmetricMargin(5.0)}),
    ],
)
def test_a_search_with_another_margin_is_counted_by_the_instance(
    name: str, settings: dict[str, object]
) -> None:
    """A margin that all weights have was called a solution, and the command line printed it."""
    run = solve(find(name), "reinforced_bp", rng=1, **settings)
    assert run.trace.tolist() == [0.0]
    assert run.n_errors == verify(find(name), encode(run.weights)).violated > 0
    assert not run.solved
    assert main(["solve", "asymmetric-25-24", "sbpi", "rng=1", "kappa=-5"]) == 1


CALL = re.compile(r"(\w+)\(((?:\w+=[\d.]+(?:, )?)+)\)")
OURS = [record for record in records() if record.who == "The Learnscape authors"]
CALLS = [record for record in OURS if CALL.fullmatch(record.method)]


def made_again(record: Record) -> Run:
    """The run of the call that the method is."""
    call = CALL.fullmatch(record.method)
    assert call is not None
    given = (part.split("=") for part in call[2].split(", "))
    return solve(record.instance, call[1], **{name: ast.literal_eval(value) for name, value in given})


def test_how_each_of_ours_was_found() -> None:
    """By a call, by enumeration, or by one of which the table says that it does not give this any more."""
    others = [record.method for record in OURS if record not in CALLS and record.method != "enumeration"]
    assert len(CALLS) >= 20
    assert all(method.endswith(": that call now ends elsewhere") for method in others)
    assert len(others) <= 1


@pytest.mark.parametrize("name", ["asymmetric-1001-601", "symmetric-1001-1301"])
def test_a_record_of_each_family_can_be_made_again(name: str) -> None:
    record = next(record for record in CALLS if record.instance.name == name)
    run = made_again(record)
    assert run.solved
    assert run.iterations == pytest.approx(record.sweeps, rel=0.5)


@pytest.mark.weekly
def test_our_records_can_be_made_again() -> None:
    """The method of each of ours is a call; searches that compute with floating-point numbers may end elsewhere on other processors."""
    for record in CALLS:
        if record.instance.n == 1001:
            assert made_again(record).solved, record.method


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


def test_pipes_that_end_early_or_never(root: Path) -> None:
    """Buffered, as it is without PYTHONUNBUFFERED: what could not be written would be noticed after the end."""
    call = f"{sys.executable} -m learnscape.challenge"
    environment = {**os.environ, "PYTHONPATH": str(root / "lib")} | {"PYTHONUNBUFFERED": ""}
    for line, status in {
        f"{call} list | true; exit ${{PIPESTATUS[0]}}": 0,
        f"{call} verify asymmetric-25-20 - < /dev/zero": 2,
        f"{call} verify asymmetric-25-20 - <&-": 2,
    }.items():
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)  # fmt: skip
        assert done.returncode == status, (line, done.stderr)
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr


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
    capsys.readouterr()
    assert main(["verify", "asymmetric-1001-601", str(tmp_path / "mine.txt")]) == 1
    reach = verify(find("asymmetric-1001-4004"), text).first
    assert f"Satisfied from the start of the series: {reach}." in capsys.readouterr().out
    assert main(["solve", "symmetric-21-27", "reinforced_bp", "max_iterations=3"]) == 1
    capsys.readouterr()
    assert main(["score"]) == 0
    assert "claim" in capsys.readouterr().out
    (tmp_path / "wrong.txt").write_text("AAAAAA==", encoding="utf-8")
    assert main(["score", "asymmetric-25-21", str(tmp_path / "wrong.txt")]) == 1
    scored = capsys.readouterr().out
    assert "; violated: " in scored
    assert "local energy" in scored
    refused = {
        ("verify", "asymmetric-21-2", str(tmp_path / "none")): "none",
        ("verify", "asymmetric-21-2", str(file)): "is not a text",
        ("verify", "asymmetric-21-2", str(tmp_path)): str(tmp_path),
        ("make", "nothing"): "family-N-P",
        ("solve", "asymmetric-21-2", "sbpi", "rng"): "KEY=VALUE",
        ("solve", "asymmetric-21-2", "sbpi", "colour=red"): "colour",
        ("solve", "asymmetric-21-2", "sbpi", "rng={[]: 1}"): "rng",
        ("solve", "asymmetric-21-2", "luck"): "sbpi",
    }
    for arguments, said in refused.items():
        assert main(arguments) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["score", "asymmetric-21-2"])
