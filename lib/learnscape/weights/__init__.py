r"""What a weight may be: real on the sphere, one of two signs, or one of any few levels.

*Problem.* Every ansatz and every message-passing algorithm asks the same of one weight: in a field h and with a precision B, what are

.. math::  \ln Z=\ln\sum_we^{hw-\frac12Bw^2},\qquad \langle w\rangle=\partial_h\ln Z,\qquad \langle w^2\rangle-\langle w\rangle^2=\partial_h^2\ln Z

(an integral for continuous weights)? This is the method :meth:`Weights.local`, and it is all that a new weight space must bring. Under replica symmetry
the fields are Gaussian, :math:`h=\sqrt{\hat q}\,x`, and what enters is the entropic term

.. math::
    G_S=-\tfrac12\hat q(Q-q)+\tfrac12BQ+\int Dx\,\ln Z(\sqrt{\hat q}\,x,B),\qquad
    q=\int Dx\,\langle w\rangle^2,\quad Q-q=\int Dx\,(\langle w^2\rangle-\langle w\rangle^2),

with the self-overlap :math:`Q=|w|^2/N`. Where the weights fix Q, the second equation only fixes the multiplier B; where they do not
(``self_overlap`` is None), Q is an order parameter and B its conjugate. ``Binary``: :math:`w^2=1`, so that B drops out and
:math:`\ln Z=\ln2\cosh h`. ``Spherical``: :math:`\ln Z=\tfrac12\ln(2\pi/B)+h^2/2B`, and eliminating B leaves

.. math::
    G_S=\tfrac12\bigl[2s-2-\ln s-\hat q(1-q)\bigr],\qquad s=\tfrac12\bigl(1+\sqrt{1+4\hat q}\bigr),

measured from the uniform sphere. Such averages, already taken, are overrides for speed: the base class gets all of them from ``local`` by quadrature.
:func:`learnscape.testing.check_weights` checks a class of your own. Gardner (1988), Krauth and Mezard (1989); chapters *gardner-volume*
and *binary-weights*.
"""

from learnscape.weights.binary import Binary, binary_moments
from learnscape.weights.contract import Moments, Weights
from learnscape.weights.discrete import Discrete
from learnscape.weights.spherical import Spherical

__all__ = ["Binary", "Discrete", "Moments", "Spherical", "Weights", "binary_moments"]
