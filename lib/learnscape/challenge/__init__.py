"""Floor 5: the Perceptron Challenge. Public instances whose bits anybody can make, a verifier that counts in integers, and a table of records.

``python -m learnscape.challenge`` is its command line. Chapter: ``dense/perceptron-challenge``.
"""

from __future__ import annotations

from learnscape.challenge.instances import Instance, find, instances
from learnscape.challenge.solutions import MalformedSolution, Verdict, decode, encode, verify

__all__ = ["Instance", "MalformedSolution", "Verdict", "decode", "encode", "find", "instances", "verify"]
