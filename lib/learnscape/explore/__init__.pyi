"""The names of the package, for type checkers; at run time each is imported when asked for."""

from learnscape.explore.capacity.binary_entropy import binary_entropy as binary_entropy
from learnscape.explore.capacity.cover_dichotomies import cover_dichotomies as cover_dichotomies
from learnscape.explore.capacity.cover_fraction import cover_fraction as cover_fraction
from learnscape.explore.capacity.gardner_capacity import gardner_capacity as gardner_capacity
from learnscape.explore.capacity.gardner_volume import gardner_volume as gardner_volume
from learnscape.explore.capacity.generalization import generalization as generalization
from learnscape.explore.capacity.learning_perceptron import learning_perceptron as learning_perceptron
from learnscape.explore.capacity.teacher_landscape import teacher_landscape as teacher_landscape
from learnscape.explore.core import Explorable as Explorable
from learnscape.explore.hosts import explorable as explorable
from learnscape.explore.jamming.allowed_region import allowed_region as allowed_region
from learnscape.explore.jamming.discs import discs as discs
from learnscape.explore.jamming.double_descent import double_descent as double_descent
from learnscape.explore.jamming.ellipses import ellipses as ellipses
from learnscape.explore.jamming.hessian_spectrum import hessian_spectrum as hessian_spectrum
from learnscape.explore.jamming.hinge_network import hinge_network as hinge_network
from learnscape.explore.registry import REGISTRY as REGISTRY
from learnscape.explore.registry import names as names
from learnscape.explore.replicas.rem_freezing import rem_freezing as rem_freezing
from learnscape.explore.replicas.wide_committee import wide_committee as wide_committee
from learnscape.explore.start.curie_weiss import curie_weiss as curie_weiss
from learnscape.explore.start.fixed_point_cobweb import fixed_point_cobweb as fixed_point_cobweb
from learnscape.explore.start.gaussian_tail import gaussian_tail as gaussian_tail
from learnscape.explore.start.margin_converter import margin_converter as margin_converter
from learnscape.explore.start.overlap_converter import overlap_converter as overlap_converter
from learnscape.explore.start.typical_average import typical_average as typical_average
