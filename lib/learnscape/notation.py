r"""The one table of symbols of the book, from which the notation page is generated.

A symbol has one meaning in all chapters. Each row names the symbol, its definition, its range, its name in the library and the page that
introduces it. `code` is either a full dotted name, ``module.function``, or a parameter of a function, ``module.function(name)``, or a field
of its result, ``module.function().name``; a test resolves each of them, so that the page cannot promise what the library does not have.

Between the conventions of papers: `learnscape.conventions`. Chapter: ``start/notation``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from learnscape.conventions import FAMILIES
from learnscape.errors import require

__all__ = ["SYMBOLS", "Symbol", "Table", "conventions_table", "lookup", "table"]


@dataclass(frozen=True)
class Symbol:
    """One row of the table.

    Attributes
    ----------
    latex : str
        The symbol, as LaTeX without dollars.
    name : str
        What it is called.
    definition : str
        Definition; LaTeX between dollars.
    range : str
        Allowed or possible values.
    code : str
        Name in the library (see the module docstring); empty if the library needs no name for it.
    page : str
        Page that introduces it, relative to ``chapters/``, without extension.
    topic : str
        Heading under which it stands.
    """

    latex: str
    name: str
    definition: str
    range: str
    code: str
    page: str
    topic: str

    @property
    def short_code(self) -> str:
        """The name as one types it: the last part of `code`.

        Examples
        --------
        >>> lookup("overlap").short_code
        '.q'
        """
        match = re.fullmatch(r".*\((\w+)\)|.*\(\)(\.\w+)|.*\.(\w+)", self.code)
        return next((part for part in match.groups() if part), "") if match else ""


_GARDNER, _PRIMER, _TOOLBOX = "capacity/gardner-volume", "start/statistical-mechanics", "start/numerics"
_BINARY, _TEACHER, _PERCEPTRON = "capacity/binary-weights", "capacity/teacher-student", "capacity/perceptron"
_ALGORITHMS = "capacity/learning-algorithms"
_TRICK, _REM = "replicas/replica-trick", "learnscape.spin_glass.rem"
_SK, _SOLVE = "replicas/sherrington-kirkpatrick", "learnscape.spin_glass.sk.solve"
_BROKEN, _RSB = "replicas/perceptron-replicas", "learnscape.replica.rsb"
_EXPONENTS, _PARISI = "replicas/jamming-exponents", "learnscape.replica.parisi"
_FULL, _PARISI = "replicas/full-rsb", "learnscape.replica.parisi"
_TWO_LAYER = "replicas/two-layer"
_ISOLATED, _FP = "dense/isolated-solutions", "learnscape.replica.franz_parisi"
_OVER, _HIDDEN = "dense/overparameterization", "learnscape.replica.hidden"
_REALISTIC = "dense/realistic-networks"
_LOCAL, _LE = "dense/local-entropy", "learnscape.replica.local_entropy"
_PACKINGS, _DEEP = "jamming/packings", "jamming/deep-networks"
_JAMMING, _SPECTRA = "jamming/perceptron-jamming", "jamming/hessian-spectra"
_RS, _GAUSS = "learnscape.replica.rs", "learnscape.numerics.gaussian"

_CROWDS = "dense/dense-algorithms"
_SHAPE, _GEO = "dense/geometry", "learnscape.replica.geometry"
_ROWS: dict[str, list[tuple[str, str, str, str, str, str]]] = {
    "The task": [
        (
            "N",
            "number of weights",
            r"length of $w$",
            r"$1,2,\dots$",
            "learnscape.patterns.random_patterns(n)",
            _PERCEPTRON,
        ),
        (
            "P",
            "number of patterns",
            r"demands on $w$",
            r"$0,1,2,\dots$",
            "learnscape.patterns.random_patterns(p)",
            _PERCEPTRON,
        ),
        (r"\alpha", "load", r"$P/N$", r"$>0$", f"{_RS}.solve(alpha)", _PERCEPTRON),
        (
            "w",
            "weights",
            r"the vector that learns, $|w|^2=N$",
            r"$\mathbb R^N$ or $\{\pm1\}^N$",
            f"{_RS}.solve(weights)",
            _PERCEPTRON,
        ),
        (
            r"\xi^\mu",
            "pattern",
            r"row $\mu$ of the data, entries of mean 0 and variance 1, label folded in",
            r"$\mathbb R^N$",
            "learnscape.patterns.random_patterns",
            _PERCEPTRON,
        ),
        (
            r"\Delta^\mu",
            "stability",
            r"$w\cdot\xi^\mu/\sqrt N$",
            r"$\mathbb R$; satisfied when $\ge\kappa$",
            "",
            _GARDNER,
        ),
        (
            r"\kappa",
            "margin",
            r"smallest stability that is accepted",
            r"$\mathbb R$; $\kappa<0$ is non-convex",
            "learnscape.Margin(kappa)",
            _GARDNER,
        ),
        (r"\alpha_c", "capacity", r"load at which solutions disappear", r"$>0$", f"{_RS}.capacity", _GARDNER),
        (
            r"\kappa_{\max}",
            "maximal stability",
            r"largest margin that all patterns can have",
            r"$\mathbb R$",
            "learnscape.learn.max_margin().stability",
            _GARDNER,
        ),
    ],
    "Gaussian integrals": [
        (
            "Dz",
            "Gaussian measure",
            r"$e^{-z^2/2}\,dz/\sqrt{2\pi}$, over all $z$",
            "",
            f"{_GAUSS}.quadrature",
            _TOOLBOX,
        ),
        ("G(x)", "Gaussian density", r"$e^{-x^2/2}/\sqrt{2\pi}$", r"$>0$", "", _TOOLBOX),
        ("H(x)", "Gaussian tail", r"$\int_x^\infty Dz$", r"$(0,1)$", f"{_GAUSS}.H", _TOOLBOX),
        (
            r"\ln H(x)",
            "logarithm of the tail",
            r"computed without underflow",
            r"$<0$",
            f"{_GAUSS}.log_H",
            _TOOLBOX,
        ),
        (
            "A(x)",
            "inverse Mills ratio",
            r"$G(x)/H(x)=-\frac{d}{dx}\ln H(x)$",
            r"$>0$",
            f"{_GAUSS}.inverse_mills",
            _TOOLBOX,
        ),
        (r"\theta(x)", "step function", r"1 for $x\ge0$, else 0", r"$\{0,1\}$", "", _GARDNER),
    ],
    "Statistical mechanics": [
        ("E", "energy", r"number of violated demands, unless said otherwise", r"$\ge0$", "", _PRIMER),
        (
            r"\beta",
            "inverse temperature",
            r"price of one unit of energy; $T=1/\beta$",
            r"$\ge0$",
            "",
            _PRIMER,
        ),
        ("Z", "partition function", r"$\sum_we^{-\beta E(w)}$", r"$>0$", "", _PRIMER),
        (
            "f",
            "free energy per spin",
            r"$-\frac TN\langle\ln Z\rangle$ as $N\to\infty$",
            r"$\mathbb R$",
            f"{_REM}.solve().free_energy",
            _TRICK,
        ),
        (
            "T_c",
            "critical temperature",
            r"where a spin glass freezes",
            r"$>0$",
            f"{_REM}.critical_temperature",
            _TRICK,
        ),
        ("S", "entropy", r"logarithm of a number of states", r"nats", "", _PRIMER),
        (
            "s",
            "entropy per weight",
            r"$\frac1N\ln\Omega$ or $\frac1N\ln\mathcal N$, typical value",
            r"$\le0$ spherical, $\le\ln2$ binary",
            f"{_RS}.solve().entropy",
            _GARDNER,
        ),
        (
            r"s_{\mathrm{ann}}",
            "annealed entropy",
            r"$\frac1N\ln\langle\Omega\rangle$, an upper bound",
            r"$\ge s$",
            f"{_RS}.annealed_bound",
            _GARDNER,
        ),
        (
            r"\Omega",
            "Gardner volume",
            r"fraction of the sphere that satisfies all patterns",
            r"$[0,1]$",
            "",
            _GARDNER,
        ),
        (
            r"\mathcal N",
            "number of solutions",
            r"of a problem with binary weights",
            r"$0,\dots,2^N$",
            "learnscape.learn.enumerate_solutions().count",
            _BINARY,
        ),
        (r"\langle\cdot\rangle", "average", r"over the patterns, unless said otherwise", "", "", _PRIMER),
        (r"\operatorname{extr}", "extremum", r"value where all first derivatives vanish", "", "", _PRIMER),
        ("h", "field", r"what acts on a variable from outside", r"$\mathbb R$", "", _PRIMER),
    ],
    "Replicas": [
        (
            "n",
            "number of replicas",
            r"copies that see the same patterns; $n\to0$ at the end",
            r"$1,2,\dots$, then real",
            "",
            _PRIMER,
        ),
        ("q_{ab}", "overlap matrix", r"$w^a\cdot w^b/N$, diagonal 1", r"$[-1,1]$", "", _GARDNER),
        (
            "q",
            "overlap",
            r"common value of $q_{ab}$, $a\ne b$, between two typical solutions",
            r"$[0,1)$",
            f"{_RS}.solve().q",
            _GARDNER,
        ),
        (
            r"\hat q",
            "conjugate overlap",
            r"multiplier that fixes $q$",
            r"$\ge0$",
            f"{_RS}.solve().q_hat",
            _GARDNER,
        ),
        (
            "Q",
            "self-overlap",
            r"$|w|^2/N$; 1 unless weights may differ in size, as levels $-1,0,1$",
            r"$>0$",
            f"{_RS}.solve().self_overlap",
            _BINARY,
        ),
        (
            "B",
            "precision of a weight",
            r"multiplier that fixes $Q$: one weight in a field $h$ has the factor $e^{hw-Bw^2/2}$",
            r"$\mathbb R$",
            f"{_RS}.solve().precision",
            _BINARY,
        ),
        (
            "d",
            "distance",
            r"$(1-q)/2$; normalised Hamming distance for binary weights",
            r"$[0,1]$",
            "learnscape.conventions.convert",
            "start/notation",
        ),
        (
            "m",
            "group size",
            r"replicas in a group of the broken ansatz; for $n\to0$ between 0 and 1",
            r"$(0,1]$",
            f"{_REM}.solve().m",
            _TRICK,
        ),
        (
            r"\Sigma",
            "complexity",
            r"logarithm of the number of states, divided by $N$",
            r"$\ge0$ where states exist",
            "",
            _TRICK,
        ),
        (
            "J_{ij}",
            "coupling",
            r"Gaussian, mean 0, variance $1/N$",
            r"$\mathbb R$",
            "learnscape.spin_glass.sk.draw_couplings",
            _SK,
        ),
        (
            "T_{AT}",
            "AT temperature",
            r"where the replicon of the Sherrington-Kirkpatrick model vanishes in a field",
            r"$(0,1]$",
            "learnscape.spin_glass.sk.at_line",
            _SK,
        ),
        (
            "q(x)",
            "Parisi's function",
            r"overlap that a share $x$ of all pairs of copies does not exceed; inverse of $x(q)$",
            r"$[0,1]$, not falling",
            "learnscape.spin_glass.sk.Solution.overlap",
            _SK,
        ),
        (
            "q_{EA}",
            "largest overlap",
            r"$q(1)$, of two copies in one innermost cluster; after Edwards and Anderson",
            r"$[0,1]$",
            f"{_SOLVE}().q_max",
            _SK,
        ),
        (
            r"q_i",
            "overlap of a level",
            r"of replicas in one block of size $m_i$ but in different blocks of size $m_{i+1}$; $q_0\le\dots\le q_k$",
            r"$[0,Q]$",
            f"{_RSB}.solve().q",
            _BROKEN,
        ),
        (
            r"m_i",
            "block parameter",
            r"size of a block; weight of a cluster is the $m_i$-th power of its number of solutions",
            r"$(0,1]$, rising for $n\to0$",
            f"{_RSB}.solve().m",
            _BROKEN,
        ),
        (
            r"\lambda_i",
            "eigenvalue of a level",
            r"of the overlap matrix: $\lambda_k=Q-q_k$, $\lambda_{i-1}=\lambda_i+m_i(q_i-q_{i-1})$",
            r"$>0$",
            "",
            _BROKEN,
        ),
        (
            r"\varphi_i",
            "function of a level",
            r"log-average of the leaf $f$ over what lies below level $i$ of the tree",
            r"$\le0$",
            "",
            _BROKEN,
        ),
        (
            r"P_i",
            "law of the field",
            r"density of the field $h$ at level $i$ of the tree",
            r"$\ge0$, integral 1",
            "",
            _BROKEN,
        ),
        (
            r"r_i",
            "replicon of a level",
            r"stability of the blocks of level $i$; stable when positive",
            r"$\le1$",
            f"{_RSB}.solve().replicon",
            _BROKEN,
        ),
        (
            r"s_c",
            "internal entropy",
            r"logarithm of the number (volume) of solutions in one cluster, divided by $N$",
            "",
            f"{_RSB}.solve().internal_entropy",
            _BROKEN,
        ),
        (
            r"y_i",
            "scaled block parameter",
            r"$m_i/(1-q_k)$ as $q_k\to1$; with many levels $m_i/\lambda_0$",
            r"$>0$",
            f"{_RSB}.capacity().y",
            _BROKEN,
        ),
        (
            "x(q)",
            "order parameter of full RSB",
            r"probability that two replicas have at most the overlap $q$",
            r"$[0,1]$, not falling",
            f"{_PARISI}.solve().x",
            _FULL,
        ),
        (
            "f(q,h)",
            "Parisi's function of the field",
            r"logarithm of what a pattern with field $h$ contributes below level $q$ of the tree",
            r"$\le0$ for perceptrons",
            "",
            _FULL,
        ),
        (
            "P(q,h)",
            "density of fields",
            r"of the field that a pattern has collected at level $q$ of the tree",
            r"$\ge0$, integral 1",
            f"{_PARISI}.jamming().P",
            _FULL,
        ),
        (
            r"\lambda(q)",
            "response at a level",
            r"$1-q_M+\int_q^{q_M}x\,dp$, eigenvalue of the overlap matrix",
            r"$(0,1]$",
            f"{_PARISI}.jamming().lam",
            _FULL,
        ),
        (r"\phi", "free entropy", r"the function whose extremum is $s$", "", "", _GARDNER),
        (
            r"\lambda",
            "replicon",
            r"stability of the RS saddle; stable when positive",
            r"$\le1$",
            f"{_RS}.solve().replicon",
            _GARDNER,
        ),
        (
            r"\alpha_{AT}",
            "AT line",
            r"load at which the replicon vanishes",
            r"$>0$",
            f"{_RS}.at_line",
            _GARDNER,
        ),
    ],
    "Teacher and student": [
        (
            "w^T",
            "teacher",
            r"the weights that make the labels, $|w^T|^2=N$",
            r"$\mathbb R^N$ or $\{\pm1\}^N$",
            "learnscape.patterns.teacher_patterns().teacher",
            _TEACHER,
        ),
        (
            "R",
            "overlap with the teacher",
            r"$w\cdot w^T/N$",
            r"$[0,1]$",
            "learnscape.replica.teacher.solve().overlap",
            _TEACHER,
        ),
        (
            r"\epsilon_g",
            "generalization error",
            r"probability of a wrong answer on a new input, $\frac1\pi\arccos R$",
            r"$[0,\frac12]$",
            "learnscape.replica.teacher.solve().generalization_error",
            _TEACHER,
        ),
        (
            r"\alpha_T",
            "transition to perfect generalization",
            r"load at which the last wrong binary students disappear",
            r"$>0$",
            "learnscape.replica.teacher.transition",
            _TEACHER,
        ),
        (
            r"\alpha_s",
            "spinodal",
            r"load at which the branch of poor binary students ends",
            r"$>\alpha_T$",
            "learnscape.replica.teacher.spinodal",
            _TEACHER,
        ),
    ],
    "Message passing": [
        (
            r"m_{i\to\mu}",
            "mean of a weight without a pattern",
            r"average of $w_i$ over the solutions for all patterns but $\mu$; $m_i$: for all patterns",
            r"$[-1,1]$ for $w_i=\pm1$",
            "learnscape.learn.belief_propagation().mean",
            _ALGORITHMS,
        ),
        (
            r"\omega_\mu",
            "cavity field of a pattern",
            r"mean of $w\cdot\xi^\mu/\sqrt N$ over the solutions for all other patterns",
            r"$\mathbb R$",
            "",
            _ALGORITHMS,
        ),
        (
            r"r_t",
            "reinforcement",
            r"part of its last total field that a weight adds to its field: $1-(1-\rho)^t$ or $\min(1,\rho t)$",
            r"$[0,1]$",
            "learnscape.learn.reinforced_bp(schedule)",
            _ALGORITHMS,
        ),
        (
            r"p_s",
            "probability of the second rule",
            r"with which a barely satisfied pattern moves hidden integers in SBPI",
            r"$[0,1]$",
            "learnscape.learn.sbpi(probability)",
            _ALGORITHMS,
        ),
    ],
    "Two layers": [
        (
            "K",
            "hidden units",
            r"units of a committee; each sees $N/K$ inputs",
            r"$1,2,\dots$, or $\infty$",
            "learnscape.replica.two_layer.capacity(units)",
            _TWO_LAYER,
        ),
        (
            r"\sigma(x)",
            "activation",
            r"what a unit makes of its field",
            r"$\mathbb R$",
            "learnscape.replica.two_layer.capacity(activation)",
            _TWO_LAYER,
        ),
        (
            r"\Delta(q)",
            "covariance of outputs",
            r"$\langle\sigma(u)\sigma(v)\rangle-\langle\sigma\rangle^2$ for fields of covariance $q$",
            r"$[0,\Delta(1)]$",
            "learnscape.replica.two_layer.kernel().variance",
            _TWO_LAYER,
        ),
        (
            "D(q)",
            "kernel of a layer",
            r"$\Delta(q)/\Delta(1)$, the overlap that patterns see",
            r"$[0,1]$",
            "learnscape.replica.two_layer.kernel().value",
            _TWO_LAYER,
        ),
    ],
    "Generalization across the transition": [
        (
            r"\bar f_N",
            "mean network",
            r"output averaged over initial weights, the patterns fixed",
            "",
            "",
            "jamming/generalization",
        ),
        (
            "v_N",
            "variance of the output",
            r"$\langle(f_N-\bar f_N)^2\rangle$ over initial weights",
            r"$\ge0$",
            "learnscape.jamming.double_descent.predict().variance",
            "jamming/generalization",
        ),
        (
            r"\nu",
            "effective ridge",
            r"the ridge with which the kernel gives the mean network",
            r"$\ge0$",
            "learnscape.jamming.double_descent.predict().effective_ridge",
            "jamming/generalization",
        ),
    ],
    "Packings": [
        (
            r"\varphi",
            "density",
            r"volume of the particles over that of the box; $\varphi_J$ at jamming",
            r"$>0$",
            "learnscape.jamming.packings.jam().phi",
            _PACKINGS,
        ),
        (
            r"s_{ij}",
            "contact distance",
            r"sum of the radii of two particles",
            r"$>0$",
            "",
            _PACKINGS,
        ),
        (
            r"f_{ij}",
            "contact force",
            r"$(1-r_{ij}/s_{ij})/s_{ij}$ where particles overlap",
            r"$\ge0$",
            "learnscape.jamming.packings.jam().forces",
            _PACKINGS,
        ),
        (
            r"N_s",
            "particles that bear forces",
            r"all but the rattlers",
            r"$\le N$",
            "learnscape.jamming.packings.jam().n_stable",
            _PACKINGS,
        ),
        (
            r"\delta z",
            "excess coordination",
            r"$2N_c/N_s-Z_{\rm iso}$ with $Z_{\rm iso}=2d-2(d-1)/N_s$",
            r"$\ge0$",
            "",
            _PACKINGS,
        ),
    ],
    "Jamming of the perceptron": [
        (
            r"h_\mu",
            "gap",
            r"$\Delta^\mu-\kappa$",
            r"$\mathbb R$; negative where unsatisfied",
            "learnscape.jamming.perceptron.minimise().gaps",
            _JAMMING,
        ),
        (
            r"\kappa_J",
            "jamming margin",
            r"largest margin at which a search satisfies all patterns",
            r"$\mathbb R$",
            "learnscape.jamming.perceptron.jam().kappa",
            _JAMMING,
        ),
        (
            r"e",
            "cost per weight",
            r"$\frac1{2N}\sum_{h_\mu<0}h_\mu^2$",
            r"$\ge0$",
            "learnscape.jamming.perceptron.minimise().energy",
            _JAMMING,
        ),
        (
            r"p",
            "pressure",
            r"$de/d\kappa=-\frac1N\sum_{h_\mu<0}h_\mu$",
            r"$\ge0$",
            "learnscape.jamming.perceptron.minimise().pressure",
            _JAMMING,
        ),
        (
            r"c",
            "contacts per weight",
            r"patterns with $h_\mu\le0$, divided by $N$",
            r"$\ge0$",
            "learnscape.replica.unsat.solve().contacts",
            _JAMMING,
        ),
        (
            r"\zeta",
            "prestress",
            r"multiplier of $|w|^2=N$ at a minimum, $2e-\kappa p$",
            r"$\mathbb R$; $>0$ for $\kappa<0$",
            "learnscape.jamming.perceptron.minimise().zeta",
            _JAMMING,
        ),
        (
            r"\chi",
            "response",
            r"$\beta(1-q)$ as $\beta\to\infty$",
            r"$>0$",
            "learnscape.replica.unsat.solve().chi",
            _JAMMING,
        ),
    ],
    "Exponents of jamming": [
        (
            r"\gamma",
            "exponent of gaps",
            r"density of small gaps $\sim h^{-\gamma}$",
            r"0.41269",
            f"{_PARISI}.jamming_exponents().gamma",
            _EXPONENTS,
        ),
        (
            r"\theta",
            "exponent of forces",
            r"density of weak forces $\sim F^\theta$",
            r"0.42311",
            f"{_PARISI}.jamming_exponents().theta",
            _EXPONENTS,
        ),
        (
            r"\varkappa",
            "exponent of the overlap",
            r"$1-q\sim y^{-\varkappa}$; papers write $\kappa$",
            r"1.41574",
            f"{_PARISI}.jamming_exponents().kappa_exponent",
            _EXPONENTS,
        ),
        (
            r"M(t)",
            "scaled force",
            r"$\lambda f'/\sqrt{1-q}$ at $t=h/\sqrt{1-q}$",
            r"$\ge0$",
            f"{_PARISI}.scaling_functions().force",
            _EXPONENTS,
        ),
        (
            r"p(t)",
            "scaled density",
            r"$P=y^ap(t)$",
            r"$>0$",
            f"{_PARISI}.scaling_functions().density",
            _EXPONENTS,
        ),
    ],
    "Networks and ellipses that jam": [
        (
            r"\Delta_\mu",
            "deficit",
            r"$\epsilon-y_\mu f(x_\mu)$; paper B's letter, not the stability",
            r"$\mathbb R$; $>0$ where unsatisfied",
            "learnscape.jamming.networks.train().deltas",
            _DEEP,
        ),
        (
            r"N_\Delta",
            "unsatisfied patterns",
            r"number of $\mu$ with $\Delta_\mu>0$",
            r"$0,\dots,P$",
            "learnscape.jamming.networks.train().n_unsatisfied",
            _DEEP,
        ),
        (
            r"\mathcal L",
            "quadratic hinge loss",
            r"$\frac1P\sum_\mu\frac12[\Delta_\mu]_+^2$",
            r"$\ge0$",
            "learnscape.jamming.networks.train().loss",
            _DEEP,
        ),
        (
            r"V",
            "virial of a network",
            r"$\sum\Delta_\mu^2/\epsilon\sum\Delta_\mu$ over the unsatisfied patterns",
            r"$>0$; 1 at every stationary point",
            "learnscape.jamming.networks.train().virial",
            _DEEP,
        ),
        (
            r"\lambda_\mu",
            "force of a contact",
            r"multiplier of a pattern at the smallest margin, $\sum_\mu\lambda_\mu=1$",
            r"$>0$",
            "learnscape.jamming.networks.jam().forces",
            _DEEP,
        ),
        (
            r"g",
            "contact function",
            r"factor by which two ellipses swell until they touch",
            r"$>0$; $<1$ where they overlap",
            "learnscape.jamming.ellipses.contact_function",
            "jamming/ellipses",
        ),
    ],
    "Spectra of Hessians": [
        (
            r"H_0",
            "stiffness matrix",
            r"$\sum\nabla\Delta_\mu\nabla\Delta_\mu^T$ over violated constraints",
            "positive semi-definite",
            "learnscape.jamming.spectra.split().H0",
            _SPECTRA,
        ),
        (
            r"H_p",
            "prestress matrix",
            r"$\sum\Delta_\mu\nabla\nabla\Delta_\mu$ over violated constraints",
            "any sign; 0 at jamming",
            "learnscape.jamming.spectra.split().Hp",
            _SPECTRA,
        ),
        (
            r"\rho",
            "density of eigenvalues",
            r"eigenvalues per unit length, divided by their number",
            r"$\ge0$, integral 1",
            "learnscape.jamming.spectra.density().value",
            _SPECTRA,
        ),
        (
            r"\omega",
            "frequency",
            r"$\sqrt\lambda$ for an eigenvalue $\lambda>0$; its density is $D(\omega)$",
            r"$\ge0$",
            "learnscape.jamming.spectra.frequencies",
            _SPECTRA,
        ),
        (
            r"C_0",
            "unstable share",
            r"negative eigenvalues of $H_p$, divided by $N$",
            r"$[0,1]$",
            "learnscape.jamming.networks.stability().c0",
            _SPECTRA,
        ),
    ],
    "Around a reference": [
        (
            r"\tilde w",
            "reference",
            r"solution around which others are counted; its quantities wear a tilde",
            r"$\{\pm1\}^N$ or $|\tilde w|^2=N$",
            f"{_FP}.solve().reference",
            _ISOLATED,
        ),
        (
            r"\tilde\kappa",
            "margin of the reference",
            r"smallest stability of the reference",
            r"up to $\kappa_{\max}(\alpha)$",
            f"{_FP}.solve(reference_margin)",
            _ISOLATED,
        ),
        (
            "t",
            "overlap with the reference",
            r"$\tilde w\cdot w/N=1-2d$",
            r"$(-1,1)$",
            "",
            _ISOLATED,
        ),
        (
            "t_0",
            "overlap with a bystander",
            r"of a probe with another typical solution of the reference's margin",
            r"$(-1,1)$",
            f"{_FP}.solve().s",
            _ISOLATED,
        ),
        (
            "S(d)",
            "Franz-Parisi entropy",
            r"$\frac1N\langle\ln\mathcal N(\tilde w,d)\rangle$ over references and patterns",
            r"$\le\eta(d)$ for binary weights; none where negative",
            f"{_FP}.entropy",
            _ISOLATED,
        ),
        (
            r"\eta(d)",
            "entropy of choices",
            r"$-d\ln d-(1-d)\ln(1-d)$, of all binary weights at distance $d$",
            r"$[0,\ln2]$",
            f"{_FP}.solve().shell_entropy",
            _ISOLATED,
        ),
        (
            r"\rho_0",
            "density at the margin",
            r"of the stabilities of a reference, summed over the edges of what is allowed",
            r"$\ge0$",
            "",
            _ISOLATED,
        ),
    ],
    "Random features": [
        (
            r"\mu_0",
            "mean of a feature",
            r"$\langle\sigma(z)\rangle$, subtracted from features",
            "real",
            "learnscape.activations.find().mu0",
            _OVER,
        ),
        (
            r"\mu_1",
            "linear coefficient of a feature",
            r"$\langle z\,\sigma(z)\rangle$; its square is the linear share of the variance",
            "real",
            "learnscape.activations.find().mu1",
            _OVER,
        ),
        (
            r"\mu_*",
            "nonlinear coefficient of a feature",
            r"$\mu_*^2=\langle\sigma^2\rangle-\mu_0^2-\mu_1^2$",
            r"$\ge0$",
            "learnscape.activations.find().mu_star",
            _OVER,
        ),
        (
            r"\tilde x_i",
            "random feature",
            r"$\sigma(F_i\cdot x/\sqrt D)$, centred and of variance 1",
            "real",
            "learnscape.patterns.hidden_patterns",
            _OVER,
        ),
        (
            "p_d",
            "squared length of a projection",
            r"$|s|^2/D$ of $s=F^{\mathsf T}w/\sqrt N$",
            "$>0$",
            f"{_HIDDEN}.solve().p_d",
            _OVER,
        ),
        (
            "Q_d",
            "variance of a student's field",
            r"$\mu_1^2p_d+\mu_*^2$",
            "$>0$",
            "",
            _OVER,
        ),
        (
            r"\epsilon_b",
            "error of the barycenter",
            r"of the mean of all students, $\frac1\pi\arccos(R/\sqrt Q)$",
            r"$[0,\frac12]$",
            f"{_HIDDEN}.solve().barycenter_error",
            _OVER,
        ),
    ],
    "Paths and gaps": [
        (
            "p_{12}",
            "cross overlap",
            r"$w_1\cdot w_2/N$ of typical solutions of two margins on the same patterns",
            r"$[0,\sqrt{q_1q_2}]$",
            f"{_GEO}.cross_overlap",
            _SHAPE,
        ),
        (
            r"w_\gamma",
            "point on the geodesic",
            r"$[\gamma w_1+(1-\gamma)w_2]/n_\gamma$, with $n_\gamma$ such that $|w_\gamma|^2=N$",
            r"$0\le\gamma\le1$",
            f"{_GEO}.geodesic_error(gamma)",
            _SHAPE,
        ),
        (
            r"\kappa_*",
            "connected margin",
            r"from which on two typical solutions of the same margin are joined without an error",
            r"$(\kappa,0)$ for $\kappa<0$",
            f"{_GEO}.connected_margin",
            _SHAPE,
        ),
        (
            r"\kappa_{\mathrm{krn}}",
            "kernel margin",
            r"from which on a typical solution sees all typical solutions of margin $\kappa$",
            r"$(\kappa_*,0)$ for $\kappa<0$",
            f"{_GEO}.kernel_margin",
            _SHAPE,
        ),
        (
            r"\Sigma_m(d)",
            "entropy of sets",
            r"$\frac1{Nm}\ln$ of the mean number of sets of $m$ solutions at mutual distance $d$",
            "none exist where negative",
            f"{_GEO}.tuple_entropy",
            _SHAPE,
        ),
    ],
    "Groups of replicas": [
        (
            r"y",
            r"replicas in a group",
            r"power to which the number of surrounding solutions is raised",
            r"$>0$, also $\infty$",
            f"{_LE}.solve(y)",
            _LOCAL,
        ),
        (
            r"\Phi(y)",
            r"replicated free entropy",
            r"$\frac1N\langle\ln Z_y\rangle$, $Z_y$ the number of groups",
            r"$S_E+yS_I$",
            r"",
            _LOCAL,
        ),
        (
            r"S_I",
            r"local entropy",
            r"$d\Phi/dy$, of the solutions around a group",
            r"depends on the estimator",
            f"{_LE}.solve().entropy",
            _LOCAL,
        ),
        (
            r"S_E",
            r"external entropy",
            r"$\Phi-yS_I$, of the groups",
            r"formal where negative",
            f"{_LE}.solve().external_entropy",
            _LOCAL,
        ),
        (
            r"\delta",
            r"distance between groups, scaled",
            r"$y(q_1-q_0)$",
            r"$\ge0$",
            f"{_LE}.solve().delta_q",
            _LOCAL,
        ),
        (
            r"e^{\gamma\,w\cdot\tilde w}",
            r"coupling to the centre",
            r"weight of a solution near the centre $\tilde w$; $2\gamma$ is the slope of the local entropy",
            r"$\gamma\ge0$",
            "learnscape.learn.local_entropy().coupling",
            _CROWDS,
        ),
        (
            r"\Psi",
            r"local free entropy",
            r"$\frac1N\ln\sum_we^{\gamma w\cdot\tilde w}$ over the solutions",
            r"",
            r"",
            _CROWDS,
        ),
        (
            r"g(a)",
            r"pull of the other copies",
            r"field that $y-1$ copies add to the field $a$ of the patterns",
            r"$[-\gamma,\gamma]$",
            "learnscape.learn.focusing_bp",
            _CROWDS,
        ),
        (
            r"\alpha_{\mathrm{LE}}",
            r"end of dense regions",
            r"largest load with a monotone local entropy, by a named estimator",
            r"$<\alpha_c$",
            f"{_LE}.threshold().alpha",
            _LOCAL,
        ),
        (
            r"\delta E",
            r"local energy",
            r"growth of the training error of perturbed weights",
            r"usually $\ge0$",
            "learnscape.learn.continuous.local_energy().energy",
            _REALISTIC,
        ),
        (
            r"\Phi_\gamma",
            r"local entropy with a spring",
            r"$\ln\int dw'\,e^{-\beta L(w')-\gamma|w'-w|^2/2}$",
            r"real",
            "",
            _REALISTIC,
        ),
    ],
}

SYMBOLS: tuple[Symbol, ...] = tuple(Symbol(*row, topic) for topic, rows in _ROWS.items() for row in rows)


def lookup(name: str) -> Symbol:
    """The row with the given name.

    Examples
    --------
    >>> lookup("load").definition
    '$P/N$'
    >>> lookup("loda")
    Traceback (most recent call last):
        ...
    ValueError: name = 'loda' is not allowed: it must be one of the names in the table, such as 'load'
    """
    found = [symbol for symbol in SYMBOLS if symbol.name == name]
    require(bool(found), "name", name, "one of the names in the table, such as 'load'")
    return found[0]


def _math(text: str) -> str:
    """HTML with MathJax delimiters from text with LaTeX between dollars."""
    parts = html.escape(text, quote=False).split("$")
    return "".join(
        rf"\({part}\)" if k % 2 else re.sub(r"\*([^*]+)\*", r"<em>\1</em>", part)
        for k, part in enumerate(parts)
    )


class Table:
    """A table that a notebook shows as HTML with formulas, and a terminal as text.

    Parameters
    ----------
    caption : str
        Read by screen readers, shown above the table.
    header : sequence of str
        Names of the columns.
    widths : sequence of int
        Of the columns, in per cent.
    groups : dict of str to list of rows
        Rows of two cells or more under a heading each; the second is what the row is about. Cells may contain LaTeX between dollars, and raw
        HTML if they start with ``<``.
    """

    def __init__(
        self,
        caption: str,
        header: Iterable[str],
        widths: Iterable[int],
        groups: dict[str, list[tuple[str, ...]]],
    ) -> None:
        self.caption, self.header, self.widths, self.groups = caption, tuple(header), tuple(widths), groups

    def _repr_html_(self) -> str:
        columns = "".join(f'<col style="width: {width}%">' for width in self.widths)
        head = "".join(f'<th scope="col">{title}</th>' for title in self.header)
        tables = []
        # A table for each heading, so that a browser lays out those in sight only; columns of given widths stand below each other.
        for topic, rows in self.groups.items():
            body = []
            for row in rows:
                cells = [cell if cell.startswith("<") else _math(cell) for cell in row]
                # The second cell heads the row, which has words: a formula gives a heading no name.
                symbol, name, *others = cells
                rest = "".join(f"<td>{cell}</td>" for cell in others)
                body.append(f'<tr><td>{symbol}</td><th scope="row">{name}</th>{rest}</tr>')
            tables.append(
                f'<div class="ls-topic"><table class="table"><caption>{html.escape(topic)}</caption><colgroup>{columns}</colgroup>'
                f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
            )
        return (
            '<div class="ls-table mathjax_process" style="overflow-x: auto" tabindex="0" role="region" '
            f'aria-label="{html.escape(self.caption)}">{"".join(tables)}</div>'
        )

    def __repr__(self) -> str:
        lines = [self.caption]
        for topic, rows in self.groups.items():
            lines += [
                topic,
                *("  " + "   ".join(re.sub(r"<[^>]+>", "", cell) for cell in row) for row in rows),
            ]
        return "\n".join(lines)


def table() -> Table:
    """The notation table of the book; a name leads to the page that introduces it."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for symbol in SYMBOLS:
        name = f'<a href="../{symbol.page}.html">{html.escape(symbol.name)}</a>'
        code = (
            f'<code style="white-space: nowrap" title="{html.escape(symbol.code)}">{symbol.short_code}</code>'
            if symbol.code
            else ""
        )
        row = (f"${symbol.latex}$", name, symbol.definition, symbol.range, code or "–")
        groups.setdefault(symbol.topic, []).append(row)
    return Table(
        "Symbols used in all chapters",
        ("Symbol", "Name", "Definition", "Range", "In code"),
        (12, 20, 34, 17, 17),
        groups,
    )


def conventions_table() -> Table:
    """The conventions that `learnscape.conventions.convert` knows."""
    groups: dict[str, list[tuple[str, ...]]] = {
        family.capitalize(): [
            (entry.symbol, entry.meaning, f'<code style="white-space: nowrap">{name}</code>')
            for name, entry in conventions.items()
        ]
        for family, conventions in FAMILIES.items()
    }
    return Table(
        "Conventions and their names in convert", ("Written", "Meaning", "Name"), (25, 45, 30), groups
    )
