"""What kind of statement each result of the book is: one label a result, used by the ledger and by the page *rigour*.

A chapter, the ledger and the table of the page *rigour* once called Cover's count "proved", "exact" and "an exact identity". The labels now
stand here; entries of the ledger take theirs from here (`Entry.result`), and a test holds the table of the page against this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RESULTS", "Result", "Rigour"]

Rigour = Literal["proved", "exact identity", "replica-exact", "RSB", "heuristic"]


@dataclass(frozen=True)
class Result:
    """A theorem, prediction or observation, as the page *rigour* states it."""

    statement: str
    """In the words of the page, with its formulas."""
    rigour: Rigour
    """How sure it is."""


RESULTS: dict[str, Result] = {
    "perceptron-rule": Result(
        r"The perceptron rule converges on separable patterns",
        "proved",
    ),
    "cover-count": Result(
        r"Number of separable labellings, capacity 2 for points in general position",
        "exact identity",
    ),
    "gardner-convex": Result(
        r"Spherical weights, $\kappa\ge0$: the solutions form one geodesically convex region",
        "proved",
    ),
    "gardner-capacity": Result(
        r"Spherical weights, $\kappa\ge0$: volume of solutions below capacity, and $\alpha_c(\kappa)$",
        "proved",
    ),
    "gardner-upper-bound": Result(
        r"Spherical weights, $\kappa<0$: Gardner's formula as an upper bound on the capacity",
        "proved",
    ),
    "at-line": Result(
        r"Spherical weights, $\kappa<0$: the AT line",
        "replica-exact",
    ),
    "gardner-negative": Result(
        r"Spherical weights, $\kappa<0$: Gardner's formula as the capacity",
        "heuristic",
    ),
    "krauth-mezard": Result(
        r"Binary weights, $\kappa=0$: capacity $0.8330786$",
        "replica-exact",
    ),
    "binary-first-moment": Result(
        r"Binary weights, $\kappa=0$: capacity below 0.847",
        "proved",
    ),
    "binary-saddle": Result(
        r"Binary weights: the replica-symmetric saddle point is unique and ends at $2/(\pi\,\mathbb E(\kappa-Z)_+^2)$, $\kappa\ge0$",
        "proved",
    ),
    "binary-small-load": Result(
        r"Binary weights: replica-symmetric free energy at small load",
        "proved",
    ),
    "binary-entropy": Result(
        r"Binary weights: entropy at all loads up to capacity",
        "replica-exact",
    ),
    "binary-isolated": Result(
        r"Binary weights, half-space constraint: typical solutions are isolated (frozen 1RSB)",
        "replica-exact",
    ),
    "symmetric-capacity": Result(
        r"Symmetric binary perceptron: capacity $-\ln2/\ln P(|z|<\kappa)$",
        "proved",
    ),
    "symmetric-isolated": Result(
        r"Symmetric binary perceptron: typical solutions are isolated",
        "proved",
    ),
    "teacher-student": Result(
        r"Teacher and student: free entropy, Bayes-optimal error, first-order transition of binary weights",
        "proved",
    ),
    "teacher-first-moment": Result(
        r"Binary teacher and student: no other student is left above $\alpha=1.448$",
        "proved",
    ),
    "exchangeability": Result(
        r"Teacher and student: exchangeability, the three averages over one more example",
        "exact identity",
    ),
    "binary-small-load-algorithm": Result(
        r"Binary weights, random patterns, small load: some efficient algorithm finds solutions with high probability",
        "proved",
    ),
    "bayes-and-gibbs": Result(
        r"Teacher and student: $\epsilon_{\mathrm{Bayes}}\le\epsilon_{\mathrm{Gibbs}}\le2\,\epsilon_{\mathrm{Bayes}}$",
        "proved",
    ),
    "teacher-spinodal": Result(
        r"Binary teacher and student: the spinodal as the end of the metastable branch",
        "replica-exact",
    ),
    "teacher-hard": Result(
        r"Binary teacher and student: the spinodal as the limit of fast algorithms",
        "heuristic",
    ),
    "state-evolution": Result(
        r"Approximate message passing on Gaussian patterns follows its state evolution, at any fixed number of iterations",
        "proved",
    ),
    "bethe-entropy": Result(
        r"Binary weights, random patterns: Bethe's entropy counts the solutions of one problem",
        "replica-exact",
    ),
    "binary-searches": Result(
        r"Binary weights: reinforced belief propagation and SBPI find solutions at a finite load",
        "heuristic",
    ),
    "perceptron-contacts": Result(
        r"Perceptron with $\kappa<0$: at every local maximum of the margin exactly $N$ contacts, all forces positive",
        "proved",
    ),
    "perceptron-beyond": Result(
        r"Perceptron beyond jamming: energy, contacts and response",
        "replica-exact",
    ),
    "perceptron-marginal": Result(
        r"Perceptron with $\kappa<0$ beyond jamming: the Hessian begins at zero",
        "replica-exact",
    ),
    "jamming-exponents": Result(
        r"Exponents of gaps and forces at jamming, 0.41269 and 0.42311",
        "replica-exact",
    ),
    "perceptron-avalanches": Result(
        r"Perceptron with $\kappa<0$: avalanches of a jammed state under a slow field, $\tau=(3+\theta)/(2+\theta)$",
        "heuristic",
    ),
    "jamming-identity": Result(
        r"Scaling equations of jamming: $a+b=1$, hence $\gamma=1/(2+\theta)$",
        "exact identity",
    ),
    "networks-smooth": Result(
        r"Networks at smooth minima with $\mathcal L>0$: $N_\Delta\ge N_-+1$, hence none whose own $N_-$ is $P$ or more",
        "proved",
    ),
    "deep-virial": Result(
        r"Networks at every stationary point with $\mathcal L>0$: $\sum\Delta^2=\epsilon\sum\Delta$ over the unsatisfied patterns",
        "exact identity",
    ),
    "deep-contacts": Result(
        r"Networks at a certified maximum of the smallest margin: contacts, kinks and directions held by curvature add up to $N+1$",
        "proved",
    ),
    "deep-one-layer": Result(
        r"One hidden layer of ReLU: no prestress at smooth stationary points; at jammed states curvature is of order $\kappa$",
        "exact identity",
    ),
    "deep-rescaled": Result(
        r"ReLU networks at smooth stationary points: $N_-+N_+\le N$; with two hidden layers $N_-=N_+\le h\min(d,h-1)$",
        "exact identity",
    ),
    "deep-linear": Result(
        r"Linear network with the quadratic hinge: the loss per weight jumps to $\epsilon^2/\pi$ at $\alpha=2$",
        "replica-exact",
    ),
    "deep-shares": Result(
        r"Jammed networks near the transition: how contacts and kinks share the $N+1$",
        "heuristic",
    ),
    "deep-load": Result(
        r"Random labels per weight at the transition, about three",
        "heuristic",
    ),
    "marchenko-pastur": Result(
        r"Marchenko-Pastur law for independent entries",
        "proved",
    ),
    "prestress": Result(
        r"ReLU networks: $\operatorname{Tr}H_p=0$; at generic weights, counts of negative eigenvalues of $H_p$ for one and two hidden layers",
        "exact identity",
    ),
    "ellipses-contacts": Result(
        r"Contacts of ellipses exceed the negative directions of their prestress, $N_c\ge N_-+1$",
        "proved",
    ),
    "prestress-share": Result(
        r"$C_0=\frac12$ for deeper networks at generic weights",
        "heuristic",
    ),
    "packings-contacts": Result(
        r"Packings: $N_c\ge d(N_s-1)+1$ at any pressure above zero, the rank theorem, forces as a null vector",
        "proved",
    ),
    "packings-powers": Result(
        r"Packings: $Z-Z_{\rm iso}\sim\sqrt p$, plateau of $D(\omega)$, $\gamma\ge1/(2+\theta)$",
        "heuristic",
    ),
    "features-exact": Result(
        r"Random features without ridge, $N>P+1$: mean network and variance",
        "exact identity",
    ),
    "features-ridge": Result(
        r"Random features with any ridge: effective ridge, test error",
        "proved",
    ),
    "early-stopping": Result(
        r"Early stopping of least squares against a ridge: at most 1.69",
        "proved",
    ),
    "fluctuations": Result(
        r"Deep networks: fluctuations $\sim N^{-1/4}$, excess error $\sim N^{-1/2}$",
        "heuristic",
    ),
    "rem": Result(
        r"Random energy model: free energy, 1RSB with $m=T/T_c$, $\langle\sum_ip_i^2\rangle\to1-T/T_c$, real moments $\langle Z^n\rangle$ for $0<n\le1$",
        "proved",
    ),
    "replica-limits": Result(
        r"Gaussian energies: $0\le\frac1{nN}\ln\langle Z^n\rangle-\frac1N\langle\ln Z\rangle\le n\beta^2/4$ for real $n>0$, at every $N$",
        "proved",
    ),
    "replica-continuation": Result(
        r"Replica trick: from the saddle at integer $n$ to small real $n$, in general",
        "heuristic",
    ),
    "pspin-static": Result(
        r"Spherical $p$-spin model: free energy and static transition $T_s$",
        "proved",
    ),
    "pspin-dynamic": Result(
        r"Spherical $p$-spin model: complexity, dynamic transition $T_d$",
        "replica-exact",
    ),
    "sk-parisi": Result(
        r"SK model: Parisi's formula for free energy and ground state; every value with $k$ steps is a lower bound",
        "proved",
    ),
    "sk-identity": Result(
        r"SK model: $e=-\frac\beta2(1-\langle q^2\rangle)$ without a field",
        "exact identity",
    ),
    "sk-below": Result(
        r"SK model: replica symmetry is wrong below the AT line",
        "proved",
    ),
    "sk-above": Result(
        r"SK model in a uniform field: replica symmetry holds above the AT line",
        "replica-exact",
    ),
    "sk-full": Result(
        r"SK model: the overlaps fill an interval at every $0<T<1$",
        "replica-exact",
    ),
    "ultrametricity": Result(
        r"Ultrametric overlaps, where the Ghirlanda-Guerra identities hold",
        "proved",
    ),
    "sk-quenches": Result(
        r"SK model: energies after greedy, random and reluctant descents",
        "heuristic",
    ),
    "capacity-steps": Result(
        r"Spherical weights, $\kappa<0$: capacity with $k$ steps of breaking, and clusters with one",
        "RSB",
    ),
    "full-rsb-tree": Result(
        r"Along a tree $f'$ is a martingale; where $x(q)$ grows, a stationary point is marginal at every level",
        "exact identity",
    ),
    "full-rsb-kinds": Result(
        r"Spherical weights, $\kappa<0$: breaking point and its slope on the AT line, three kinds of breaking",
        "replica-exact",
    ),
    "full-rsb-jamming": Result(
        r"Spherical weights, $\kappa<0$: jamming load and order parameter by full RSB",
        "replica-exact",
    ),
    "two-layer-symmetric": Result(
        r"Tree committees: the replica-symmetric capacity as the capacity, without a margin",
        "heuristic",
    ),
    "two-layer-steps": Result(
        r"Tree committees: capacity with one to four steps of breaking",
        "RSB",
    ),
    "two-layer-limit": Result(
        r"Wide relu trees: 2.6506 for full breaking, extrapolated",
        "heuristic",
    ),
    "two-layer-binary": Result(
        r"Wide tree committees with binary weights (sign, relu, erf): capacity",
        "replica-exact",
    ),
    "two-layer-descent": Result(
        r"Wide relu trees: gradient descent stops below the capacity",
        "heuristic",
    ),
    "planted-isolated": Result(
        r"Binary weights, $\kappa=0$, a teacher: no other student is within $d'N$ flips, for some $d'>0$ at every $\alpha>0$",
        "proved",
    ),
    "empty-shell": Result(
        r"Binary weights, half-space constraint: width of the empty shell around typical solutions",
        "replica-exact",
    ),
    "margin-thresholds": Result(
        r"Binary weights: loads where the Franz-Parisi entropy around solutions of largest margin is no longer monotone, and breaks off",
        "heuristic",
    ),
    "spherical-bottleneck": Result(
        r"Spherical weights, $\kappa<0$: the Franz-Parisi entropy around solutions near the largest margin is not monotone at large load",
        "heuristic",
    ),
    "stable-algorithms": Result(
        r"Binary weights: algorithms that are stable under small changes of the data hardly return isolated solutions",
        "proved",
    ),
    "found-solutions": Result(
        r"Binary weights: around the solutions that searches find there are more solutions than around typical ones",
        "heuristic",
    ),
    "gaussian-equivalence": Result(
        r"Random features: counts of binary students as for the Gaussian-equivalent ones",
        "heuristic",
    ),
    "hidden-interpolation": Result(
        r"Hidden teacher, binary student: interpolation point, entropy and errors of typical students",
        "replica-exact",
    ),
    "hidden-local-entropy": Result(
        r"Hidden teacher, binary student: local entropy at $y\to\infty$, where dense regions begin, errors in them",
        "heuristic",
    ),
    "relu-rescaling": Result(
        r"Relu networks: rescaled units leave the function, and multiplicative noise acts on all rescaled networks alike",
        "exact identity",
    ),
    "local-entropy-gradient": Result(
        r"Local entropy with a spring: $\nabla\Phi_\gamma=\gamma(\langle w'\rangle-w)$",
        "exact identity",
    ),
    "pac-bayes": Result(
        r"Binary weights: bound on the true error of randomly flipped weights from their training error, for independent patterns",
        "proved",
    ),
    "digits-widths": Result(
        r"Digits: widths at which searches begin to succeed, local energies and test errors of what they find",
        "heuristic",
    ),
    "digits-paths": Result(
        r"Digits: training error on paths between two networks, after normalising and matching units",
        "heuristic",
    ),
    "hidden-searches": Result(
        r"Hidden teacher, binary student: efficient searches begin to succeed where dense regions begin, and end in them",
        "heuristic",
    ),
    "overlap-gap": Result(
        r"Symmetric binary perceptron: beyond the first-moment load, sets of $m$ solutions at some distances do not exist",
        "proved",
    ),
    "lifted-gap": Result(
        r"Symmetric binary perceptron: first-moment load minimised over real sizes of the sets",
        "heuristic",
    ),
    "free-geodesic": Result(
        r"Spherical weights, $\kappa<0$: on the geodesic between two solutions of known margins and overlap no pattern is violated if $D(\gamma)\ge0$",
        "proved",
    ),
    "star-margins": Result(
        r"Spherical weights, $\kappa<0$: cross overlap, error along the geodesic, $\kappa_*$ and $\kappa_{\mathrm{krn}}$",
        "replica-exact",
    ),
    "star-end": Result(
        r"Spherical weights, $\kappa<0$: the load where the star of typical solutions ends",
        "heuristic",
    ),
    "local-entropy-binary": Result(
        r"Binary weights: load where the local entropy of groups of $y$ replicas stops being monotone",
        "heuristic",
    ),
    "local-entropy-symmetric": Result(
        r"Symmetric binary perceptron: load where the local entropy stops being monotone",
        "heuristic",
    ),
}
"""Name -> result, in the order of the page."""
