"""Floor 5: the Perceptron Challenge. Public instances whose bits anybody can make, a verifier that counts in integers, and a table of records.

``python -m learnscape.challenge`` is its command line. Chapter: ``dense/perceptron-challenge``.
"""

from __future__ import annotations

from learnscape.challenge.baselines import solve
from learnscape.challenge.leaderboard import Record, Standing, farthest, local_energy, records, standings
from learnscape.challenge.series import Instance, find, instances
from learnscape.challenge.solutions import MalformedSolution, Verdict, decode, encode, verify
from learnscape.challenge.table import Table
from learnscape.challenge.verifier import Verifier

__all__ = [
    "Instance",
    "MalformedSolution",
    "Record",
    "Standing",
    "Table",
    "Verdict",
    "Verifier",
    "decode",
    "encode",
    "farthest",
    "find",
    "instances",
    "local_energy",
    "records",
    "solve",
    "standings",
    "verify",
]
