// How the search orders what it finds, and shows it: chapters first, then pages of the reference, then single functions; the word itself before
// longer words that contain it ("AMP" is not "sample"). The numbers are Sphinx' own (searchtools.js), except for what `score` adds and
// for `partialTitle`: Sphinx gives every page that has the word in any heading the same, and orders by the alphabet ("12." before "6.").
// A page that is about the word comes first, then the book's order.
const FUNCTIONS = "chapters/reference/api";
const REFERENCE = "chapters/reference/";
const QUERY = (new URLSearchParams(window.location.search).get("q") ?? "").trim().toLowerCase();
const BEGINNING = new RegExp(`(?<![\\p{L}\\d])${QUERY.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u");
const holdsTheWord = (page) => {
  const { terms, docnames } = Search._index;
  return [].concat(terms[new Stemmer().stemWord(QUERY)] ?? []).some((file) => docnames[file] === page);
};
var Scorer = {
  score: ([page, title, , , score]) => {
    if (page.startsWith(FUNCTIONS)) return score - 1000;
    if (page.startsWith(REFERENCE)) score -= 100;
    const plain = title.replace(/<[^>]*>/g, "").toLowerCase(); // "6. the perceptron > ..."
    const about = QUERY && BEGINNING.test(`${plain} ${page.split("/").pop()}`);
    return score + (about ? 10 : 0) + (holdsTheWord(page) ? 5 : 0) - (parseInt(plain, 10) || 99) / 1000;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 4,
  term: 5,
  partialTerm: 2,
};

// Beside a result stands a piece of its page, in which a formula is TeX; without its commands it can be read.
const SIGNS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ",
  sigma: "σ", tau: "τ", phi: "φ", varphi: "φ", chi: "χ", psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Sigma: "Σ", Phi: "Φ", Omega: "Ω",
  infty: "∞", to: "→", approx: "≈", simeq: "≃", sim: "∼", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", ll: "≪", gg: "≫", pm: "±", times: "×", cdot: "·", sqrt: "√", sum: "∑",
  int: "∫", partial: "∂", in: "∈", ln: "ln ", log: "log ", min: "min ", max: "max ", langle: "⟨", rangle: "⟩", ldots: "…", dots: "…", prime: "′",
};
const readable = (tex) =>
  tex.replace(/\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1/$2").replace(/\\([A-Za-z]+)\s*/g, (_, name) => SIGNS[name] ?? "").replace(/\\./g, " ").replace(/[{}]/g, "");
const wholeText = Search.htmlToText;
Search.htmlToText = (...page) => wholeText(...page).replace(/\\\(([^]*?)\\\)|\\\[([^]*?)\\\]/g, (_, inline, display) => readable(inline ?? display));
