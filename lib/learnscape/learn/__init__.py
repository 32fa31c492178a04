"""Floor 2: learning at finite size. Exact counting, the perceptron rules, the largest stability, separability; message passing and searches for binary weights.

Patterns are rows of an array (P, N) with their labels folded in; a pattern's stability is w.xi / sqrt(N) with |w|^2 = N, and it
is satisfied when the stability is >= kappa.

*Searches for binary weights* (:data:`SEARCHES`) return a :class:`Run`: weights, whether they solve, errors left, sweeps made. What their budgets count:

====================  ==================  ==========================================  ==========================================
search                budget              one sweep                                   weights returned
====================  ==================  ==========================================  ==========================================
`sbpi`                ``max_sweeps``      every pattern once                          fewest errors, looked at every 32 sweeps
`reinforced_bp`       ``max_iterations``  a message from and to every pattern         signs of the fields, fewest errors
`focusing_bp`         ``max_iterations``  a message from and to every pattern         signs of the fields, fewest errors
`replicated_sgd`      ``max_sweeps``      every pattern once for each of y copies     best of the copies and their majority
`binary_net`          ``max_epochs``      every pattern once                          fewest errors after an epoch
`anneal`              ``max_sweeps``      N proposed flips                            fewest errors
`replicated_anneal`   ``max_sweeps``      N proposed flips of each of y copies        best of the copies and their majority
`minibatch_descent`   ``max_sweeps``      N proposed flips                            fewest errors
====================  ==================  ==========================================  ==========================================

In all of them y is the number of copies of the weights, the copy in question included (y = 1: no other, the plain search), and gamma, in
:mod:`learnscape.replica.local_entropy` too, the coupling of one copy to the common centre. Copies are walked or taught one by one, so y is an integer there; `focusing_bp`
describes all by one, and its y is any number >= 1. In `binary_net` gamma is the steepness of a loss. `local_entropy` calls the field that holds solutions near given
weights its ``.coupling``.
"""

from __future__ import annotations

from collections.abc import Callable

from learnscape.learn._certificate import MarginSolution
from learnscape.learn._run import Run
from learnscape.learn.annealing import anneal, replicated_anneal
from learnscape.learn.committee import Committee
from learnscape.learn.dual_ascent import adatron
from learnscape.learn.enumeration import Enumeration, enumerate_solutions
from learnscape.learn.focusing import focusing_bp
from learnscape.learn.margin import max_margin
from learnscape.learn.measures import LocalEnergy, LocalEntropy, local_energy, local_entropy
from learnscape.learn.message_passing import Marginals, belief_propagation, state_evolution
from learnscape.learn.minibatch import minibatch_descent
from learnscape.learn.minimal_overlap import minover
from learnscape.learn.perceptron_rule import PerceptronRun, rosenblatt, rosenblatt_bound, rosenblatt_step
from learnscape.learn.reinforcement import NeededReinforcement, needed_reinforcement, reinforced_bp
from learnscape.learn.replicated_descent import replicated_sgd
from learnscape.learn.restrained_walk import SampledLocalEntropy, sample_local_entropy
from learnscape.learn.separability import Separability, separable
from learnscape.learn.shells import CountedLocalEntropy, count_local_entropy
from learnscape.learn.stability import barycenter, errors_of, stabilities
from learnscape.learn.stochastic_synapses import sbpi
from learnscape.learn.straight_through import binary_net
from learnscape.learn.version_space import sample_version_space

__all__ = [
    "SEARCHES",
    "Committee",
    "CountedLocalEntropy",
    "Enumeration",
    "LocalEnergy",
    "LocalEntropy",
    "MarginSolution",
    "Marginals",
    "NeededReinforcement",
    "PerceptronRun",
    "Run",
    "SampledLocalEntropy",
    "Separability",
    "adatron",
    "anneal",
    "barycenter",
    "belief_propagation",
    "binary_net",
    "count_local_entropy",
    "enumerate_solutions",
    "errors_of",
    "focusing_bp",
    "local_energy",
    "local_entropy",
    "max_margin",
    "minibatch_descent",
    "minover",
    "needed_reinforcement",
    "reinforced_bp",
    "replicated_anneal",
    "replicated_sgd",
    "rosenblatt",
    "rosenblatt_bound",
    "rosenblatt_step",
    "sample_local_entropy",
    "sample_version_space",
    "sbpi",
    "separable",
    "stabilities",
    "state_evolution",
]

SEARCHES: dict[str, Callable[..., Run]] = {
    search.__name__: search
    for search in (
        sbpi,
        reinforced_bp,
        focusing_bp,
        replicated_sgd,
        binary_net,
        anneal,
        replicated_anneal,
        minibatch_descent,
    )
}
"""The searches for binary weights by name."""
