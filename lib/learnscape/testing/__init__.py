r"""Does a weight space or a constraint of your own keep the contract that the theory stands on?

*Problem.* The solvers take a class at its word: a wrong derivative or a distance that belongs to another set gives a number, and the number is wrong. Each
law here is an identity between things the class states, so that nothing need be known of the right answer:

* derivatives: :math:`g=\partial_\omega f`, :math:`\partial_\omega g`, and for weights :math:`\partial_h\ln Z`, :math:`\partial_h^2\ln Z`, by finite differences;
* the heat equation :math:`\partial_Vf=\tfrac12(\partial_\omega g+g^2)`, which :math:`e^f` obeys as the average of a Gaussian, and for weights
  :math:`\partial_B\ln Z=-\tfrac12\langle w^2\rangle`;
* normalisation: :math:`e^f` is the Gaussian mass of the allowed set;
* the limits :math:`-2Vf\to\mathrm{dist}^2` as :math:`V\to0`, and q -> 0 and q -> Q of the weights;
* averages already taken (overrides for speed) against those that ``local`` gives.

A broken law raises ``AssertionError`` and says where. Page *a constraint of your own*.
"""

from learnscape.testing.constraint import check_constraint
from learnscape.testing.weights import check_weights

__all__ = ["check_constraint", "check_weights"]
