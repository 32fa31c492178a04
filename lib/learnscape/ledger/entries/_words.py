"""The few phrases that the entries share."""

from __future__ import annotations

from learnscape.ledger.entry import Known

READ: Known = "read in a source"
QUOTED: Known = "quoted by another source"
RECALLED: Known = "recalled, not read"
UNPUBLISHED: Known = "no published value read"

STORAGE = "α = P/N, patterns with independent entries of variance 1, stability w·ξ/√N at least κ, |w|² = N"
BINARY = "weights ±1; " + STORAGE
TEACHER = "teacher and student of the same kind, α = P/N examples without noise, κ = 0"
