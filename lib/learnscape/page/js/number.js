// The number that a typed text means; the same reading as learnscape/classroom/reading.py, held to it by a test.
const ALIKE = {
  "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2212": "-", "\u2044": "/", "\u2215": "/", "\u2019": "'",
  "\u00b7": "*", "\u22c5": "*", "\u00d7": "*", "\u207b": "-", "\u207a": "+", "\u2070": "0", "\u00b9": "1", "\u00b2": "2",
  "\u00b3": "3", "\u2074": "4", "\u2075": "5", "\u2076": "6", "\u2077": "7", "\u2078": "8", "\u2079": "9",
};
const SPACES = /[ \t\n\r\f\v\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+/g;
const GROUPS = "[0-9]{1,3}(?:[ '_][0-9]{3})+";
const NUMBER = // 1234  1 234  1234,5  .5  |  1,234.5  1.234,5  |  1,234,567  1.234.567
  `[+-]?(?:(?:[0-9]+|${GROUPS})(?:[.,][0-9]*)?|[.,][0-9]+|[0-9]{1,3}(?:,[0-9]{3})+\\.[0-9]*|[0-9]{1,3}(?:\\.[0-9]{3})+,[0-9]*` +
  "|[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]{1,3}(?:\\.[0-9]{3}){2,})";
const POWER = "(?:[eE]([+-]?[0-9]+)|\\*10(?:\\^|\\*\\*)?([+-]?[0-9]+))?";
const WHOLE = new RegExp(`^(${NUMBER})${POWER}(?:/(${NUMBER})${POWER}|(%))?$`);
const TEN = /^([+-]?)10(?:\^|\*\*)([+-]?[0-9]+)$/;
const THOUSANDS = /^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$/;

function tidy(text) {
  return text
    .replace(/10(?=[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b\u207a])/g, "10^")
    .replace(/./gsu, (character) => ALIKE[character] ?? character)
    .replace(SPACES, " ")
    .replace(/^ +| +$/g, "")
    .replace(/ ?per ?cent$/, "%")
    .replace(/ ?([^0-9 ]) ?/gu, "$1"); // spaces stay between digits only
}

// A matched number with its separators as JavaScript writes it.
function decimal(matched) {
  let digits = matched.replace(/[ '_]/g, "");
  const comma = digits.split(",").length - 1;
  const point = digits.split(".").length - 1;
  if (comma > 1 || (comma === 1 && point >= 1 && digits.lastIndexOf(",") < digits.lastIndexOf("."))) return digits.replaceAll(",", "");
  if (point > 1 || (point === 1 && comma === 1)) digits = digits.replaceAll(".", "");
  return digits.replaceAll(",", ".");
}

// All numbers that the text can mean, the likeliest first; [] if it is none. A fraction over zero is NaN.
export function readNumbers(typed, unit = "", whole = false) {
  const inPercent = unit.includes("%") || unit.includes("per cent");
  let text = tidy(typed);
  const bare = tidy(unit);
  if (bare && !inPercent && text.endsWith(bare)) text = text.slice(0, -bare.length).replace(/ +$/, "");
  const ten = TEN.exec(text);
  if (ten) text = `${ten[1]}1e${ten[2]}`;
  const match = WHOLE.exec(text);
  if (!match) return [];
  const [, top, power, powerOfTen, bottom, lower, lowerOfTen, percent] = match;
  const first = Number(`${decimal(top)}e${power ?? powerOfTen ?? "0"}`);
  if (bottom !== undefined) {
    const under = Number(`${decimal(bottom)}e${lower ?? lowerOfTen ?? "0"}`);
    return [under === 0 ? NaN : first / under];
  }
  if (percent) return inPercent ? [first, first / 100] : [first / 100];
  const plain = power === undefined && powerOfTen === undefined;
  if (plain && THOUSANDS.test(top) && (top.includes(",") || whole)) return [first, Number(top.replace(/[.,]/g, ""))];
  return [first];
}
