// Where a text may not be broken: inside a value or a formula, such as "*T* = 0.27", "26 %" or "*R*^2/*γ*^2".
const LONGEST = 20; // characters without a break that every card holds, on the narrowest phone too
const NO_BREAK = "\u00a0";
const JOINER = "\u2060"; // after a slash and a bar: a line may end there, even before a no-break space

// Symbols and numbers, with their markup: the last and the first character of one. A letter alone is one, a word is none.
const BEFORE = String.raw`(?<=[*}\d)|⟩∞²′%]|(?<![\p{L}\p{M}])\p{L})`;
const AFTER = String.raw`(?=[*\d(|⟨∞√+−]|\.\d|\p{L}(?![\p{L}\p{M}])|(?:ln|exp|erf)(?!\p{L}))`;
const SPACED = new RegExp(`${BEFORE} ([=<>≤≥≈→+·×/−]) ${AFTER}`, "gu");
const PERCENT = /(?<=\d) (?=%)/gu;
const SLASH = new RegExp(String.raw`${BEFORE}\/(?=[*(√⟨\p{L}])(?!\p{L}\p{L})`, "gu");
const BAR = /\|(?=[^\s,.;:]|\u00a0)/gu;
const RELATION = new RegExp(`${NO_BREAK}(?=[=<>≤≥≈→])`, "gu");
const SIGN = new RegExp(`${NO_BREAK}(?=[+−·×/])`, "gu");

const seen = (text) => text.replace(/[*_^{}\u2060]/g, "").length;

/* A chain that is too long for a phone ends a line before a relation, and if there is none that helps, before a sign. */
function loosened(chain) {
  if (seen(chain) <= LONGEST) return chain;
  return chain.replace(RELATION, " ").split(" ").map((piece) => (seen(piece) <= LONGEST ? piece : piece.replace(SIGN, " "))).join(" ");
}

/* The label with no-break spaces around the signs between symbols and numbers and before %, and no break after a slash or a bar of a formula. */
export function glue(label) {
  const glued = label.replace(SPACED, `${NO_BREAK}$1${NO_BREAK}`).replace(PERCENT, NO_BREAK).replace(SLASH, `/${JOINER}`).replace(BAR, `|${JOINER}`);
  return glued.split(" ").map(loosened).join(" ");
}
