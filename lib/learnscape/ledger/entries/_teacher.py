"""Learning a rule from examples: transitions and learning curves. Chapter *teacher-student*."""

from __future__ import annotations

import math

from learnscape.ledger.entries._compute import spherical_learning, teacher, teacher_first_moment
from learnscape.ledger.entries._words import READ, RECALLED, TEACHER
from learnscape.ledger.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        id="teacher-transition",
        quantity="First-order transition to perfect generalization, binary weights",
        symbol="α_T",
        published="1.245",
        paper="gyorgyi1990first",
        where="abstract, citing Gardner and Derrida 1989",
        conventions=TEACHER,
        known=READ,
        compute=teacher("transition"),
        method="zero of the entropy on the branch of poor students",
        rigour="proved",
        chapter="teacher-student",
        note="Replica symmetry is exact when the student knows the teacher's prior; Barbier and co-workers prove the free entropy.",
    ),
    Entry(
        id="teacher-spinodal",
        quantity="Spinodal: end of the metastable poor students, binary weights",
        symbol="α_sp",
        published="1.492",
        paper="sompolinsky1990learning",
        where="not known",
        conventions=TEACHER,
        known=RECALLED,
        compute=teacher("spinodal"),
        method="maximum of α(q) on the branch",
        rigour="replica-exact",
        chapter="teacher-student",
        discrepancy="Ours is 1.49263, which rounds to 1.493. The recalled 1.492 fits it only with the last digit cut off instead of rounded. We have "
        "not seen the number in print, so we don't know which paper cut it, or whether memory did.",
    ),
    Entry(
        id="teacher-first-moment",
        quantity="First-moment bound: no other binary student is left on average",
        symbol="α",
        published="1.44797",
        paper="lyuu1992tight",
        where="abstract, printed with dots after the last digit",
        conventions=TEACHER,
        known=READ,
        compute=teacher_first_moment,
        method="maximum over the overlap of entropy against the cost of agreeing",
        rigour="proved",
        tolerance=5e-6,
        chapter="teacher-student",
        note="Allowance of one last digit, since the abstract prints 1.44797… without saying whether it is cut or rounded.",
    ),
    Entry(
        id="spherical-gibbs",
        quantity="Gibbs learning of a spherical perceptron: α times the generalization error for many examples",
        symbol="α ε",
        published="0.625",
        paper="gyorgyi1990statistical",
        where="not known",
        conventions=TEACHER,
        known=RECALLED,
        compute=spherical_learning(lambda gibbs, bayes: gibbs),
        method="saddle point at α = 200, 400, 800, extrapolated in 1/α",
        rigour="proved",
        tolerance=1e-6,
        chapter="teacher-student",
    ),
    Entry(
        id="gibbs-bayes-ratio",
        quantity="Gibbs error over Bayes-optimal error of a spherical perceptron for many examples",
        symbol="ε_Gibbs/ε_Bayes",
        published="√2",
        formula=lambda: math.sqrt(2),
        paper="opper1991generalization",
        where="abstract",
        conventions=TEACHER,
        known=READ,
        compute=spherical_learning(lambda gibbs, bayes: gibbs / bayes),
        method="saddle point at α = 200, 400, 800, extrapolated in 1/α",
        rigour="proved",
        tolerance=1e-6,
        chapter="teacher-student",
        note="arccos R ≈ √(2(1-R)) and arccos √R ≈ √(1-R) as R → 1.",
    ),
)
