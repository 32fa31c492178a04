"""Floor 2: learning at finite size. Exact counting, the perceptron rules, the largest stability, separability; message passing and searches for binary weights.

Patterns are rows of an array (P, N) with their labels folded in; a pattern's stability is w.xi / sqrt(N) with |w|^2 = N, and it
is satisfied when the stability is >= kappa.
"""

from __future__ import annotations

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
