"""Short names and addresses of the papers in the ledger.

A table made by a cell can't use the book's citation role. The full data stand in `chapters/references.bib` under the same keys; a test holds
the two together (every key exists there, with this address).
"""

from __future__ import annotations

__all__ = ["PAPERS"]

PAPERS: dict[str, tuple[str, str]] = {
    "cover1965geometrical": ("Cover 1965", "https://doi.org/10.1109/PGEC.1965.264137"),
    "gardner1988space": ("Gardner 1988", "https://doi.org/10.1088/0305-4470/21/1/030"),
    "gardner1988optimal": ("Gardner and Derrida 1988", "https://doi.org/10.1088/0305-4470/21/1/031"),
    "derrida1981random": ("Derrida 1981", ""),
    "sherrington1975solvable": (
        "Sherrington and Kirkpatrick 1975",
        "https://doi.org/10.1103/PhysRevLett.35.1792",
    ),
    "parisi1979infinite": ("Parisi 1979", "https://doi.org/10.1103/PhysRevLett.43.1754"),
    "basso2022quantum": ("Basso and co-workers 2022", "https://arxiv.org/abs/2110.14206"),
    "erba2024quenches": ("Erba and co-workers 2024", "https://doi.org/10.1088/1742-5468/ad685a"),
    "crisanti1992spherical": ("Crisanti and Sommers 1992", "https://doi.org/10.1007/BF01309287"),
    "franz2017universality": ("Franz and co-workers 2017", "https://doi.org/10.21468/SciPostPhys.2.3.019"),
    "krauth1989storage": ("Krauth and Mézard 1989", "https://doi.org/10.1051/jphys:0198900500200305700"),
    "gyorgyi1990first": ("Györgyi 1990", "https://doi.org/10.1103/PhysRevA.41.7097"),
    "gyorgyi1990statistical": ("Györgyi and Tishby 1990", ""),
    "sompolinsky1990learning": (
        "Sompolinsky, Tishby and Seung 1990",
        "https://doi.org/10.1103/PhysRevLett.65.1683",
    ),
    "opper1991generalization": ("Opper and Haussler 1991", "https://doi.org/10.1103/PhysRevLett.66.2677"),
    "lyuu1992tight": ("Lyuu and Rivin 1992", "https://doi.org/10.1162/neco.1992.4.6.854"),
    "ali2019continuous": ("Ali, Kolter and Tibshirani 2019", "https://arxiv.org/abs/1810.10082"),
    "geiger2020scaling": ("Geiger and co-workers 2020", "https://arxiv.org/abs/1901.01608"),
    "aubin2019storage": ("Aubin, Perkins and Zdeborová 2019", "https://arxiv.org/abs/1901.00314"),
    "altschuler2024note": ("Altschuler and Tikhomirov 2024", "https://arxiv.org/abs/2401.15092"),
    "huang2024capacity": ("Huang 2024", "https://arxiv.org/abs/2404.18902"),
    "nakajima2025uniqueness": ("Nakajima 2025", "https://arxiv.org/abs/2512.23195"),
    "stojnic2026parametric": ("Stojnic 2026", "https://arxiv.org/abs/2601.10628"),
    "parisi2026proof": ("Parisi and Zamponi 2026", "https://arxiv.org/abs/2606.03300"),
    "geiger2019jamming": ("Geiger and co-workers 2019", "https://arxiv.org/abs/1809.09349"),
    "franz2016simplest": ("Franz and Parisi 2016", "https://arxiv.org/abs/1501.03397"),
    "franz2015universal": ("Franz, Parisi, Urbani and Zamponi 2015", "https://arxiv.org/abs/1506.01997"),
    "charbonneau2014fractal": ("Charbonneau et al. 2014", "https://arxiv.org/abs/1404.6809"),
    "ohern2003jamming": ("O'Hern et al. 2003", "https://doi.org/10.1103/PhysRevE.68.011306"),
    "moukarzel1998isostatic": ("Moukarzel 1998", "https://doi.org/10.1103/PhysRevLett.81.1634"),
    "lerner2013low": ("Lerner, Düring and Wyart 2013", "https://arxiv.org/abs/1302.3990"),
    "stojnic2013another": ("Stojnic 2013", "https://arxiv.org/abs/1306.3979"),
    "stojnic2023ultimate": ("Stojnic 2023", "https://arxiv.org/abs/2312.16531"),
    "mailman2009jamming": ("Mailman and co-workers 2009", "https://arxiv.org/abs/0812.1234"),
    "schreck2012constraints": ("Schreck and co-workers 2012", "https://arxiv.org/abs/1201.3965"),
    "barkai1992broken": ("Barkai, Hansel and Sompolinsky 1992", ""),
    "baldassi2019properties": (
        "Baldassi, Malatesta and Zecchina 2019",
        "https://arxiv.org/abs/1907.07578",
    ),
    "baldassi2021unveiling": ("Baldassi and co-workers 2021", "https://arxiv.org/abs/2107.01163"),
    "pittorino2022toroids": ("Pittorino and co-workers 2022", "https://arxiv.org/abs/2202.03038"),
    "baldassi2022learning": ("Baldassi and co-workers 2022", "https://arxiv.org/abs/2110.00683"),
    "lucibello2025belief": ("Lucibello and Malatesta 2025", ""),
    "malatesta2023high": ("Malatesta 2023", "https://arxiv.org/abs/2309.09240"),
    "yspennstate2026certificate": (
        "ising-perceptron-capacity (repository)",
        "https://github.com/yspennstate/ising-perceptron-capacity",
    ),
    "annesi2023star": ("Annesi and co-workers 2023", "https://arxiv.org/abs/2305.10623"),
    "gamarnik2022algorithms": ("Gamarnik and co-workers 2022", "https://arxiv.org/abs/2203.15667"),
    "stojnic2026ultrametric": ("Stojnic 2026, ultrametric", "https://arxiv.org/abs/2604.19712"),
}
"""BibTeX key -> (short name, address; empty if we have not verified one)."""
