"""Searches on random features: they find students that are flatter and better than typical ones; annealing finds typical ones."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import numpy as np

from learnscape import stored
from learnscape.learn import anneal, local_energy, sbpi
from learnscape.patterns import hidden_patterns
from learnscape.replica import hidden


def test_found_students_are_flat_and_annealed_ones_typical():
    found, walked = [], []
    for seed in range(3):
        data = hidden_patterns(601, 50, 150, rng=seed)  # four weights per pattern
        for search, rows in (
            (sbpi, found),
            (lambda x, rng: anneal(x, beta=(0.5, 6), max_sweeps=4000, rng=rng), walked),
        ):
            run = search(data.patterns, rng=seed)
            assert run.solved
            energy = local_energy(data.patterns, run.weights, 0.05, draws=20, rng=seed).energy[0]
            rows.append((data.equivalent_error(run.weights), energy))
    (error, energy), (typical_error, typical_energy) = np.mean(found, axis=0), np.mean(walked, axis=0)
    assert energy < typical_energy / 2
    assert error < typical_error - 0.03
    assert abs(typical_error - hidden.solve(0.25, 3.0).generalization_error) < 0.03


def test_stored_searches_are_whole_runs():
    """Each run of the stored searches solved its instance or spent its budget; nothing is solved after the search gave up."""
    record = stored("overparameterized_searches")
    budgets = {
        name: max(v for k, v in options.items() if k.startswith("max_"))
        for name, options in record["searches"].items()
    }
    for row in record["searched"]:
        errors, sweeps = np.array(row["errors"]), np.array(row["sweeps"])
        assert errors.shape == (row["instances"], len(row["n"]))
        assert np.all(sweeps[errors > 0] == budgets[row["search"]])
        assert np.all(np.diff((errors < 0).astype(int), axis=1) >= 0)


def test_packed_parts_are_whole(root: Path):
    """A fresh copy goes on from the packed parts: as many tasks as are stored, each file with its checksum in its name."""
    record = stored("overparameterized_searches")["provenance"]
    with tarfile.open(root / "chapters/data/parts/overparameterized_searches.tar.xz") as archive:
        names = [name for name in archive.getnames() if name.endswith(".parquet")]
        for name in names[::50]:
            part = archive.extractfile(name)
            assert part is not None
            assert hashlib.sha256(part.read()).hexdigest() == name[-72:-8]
    for sweep in ("searched", "existence"):
        assert 0 < sum(name.startswith(sweep) for name in names) <= record[sweep]["tasks"]
