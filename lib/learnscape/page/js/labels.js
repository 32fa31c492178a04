// The small markup of labels: *κ* italic, α_c or N_{eff} subscript, N^2, N^{1/2} or e^{*N*} superscript. See labels.py.
import { glue } from "./glue.js";

const TOKEN = /\*([^*]+)\*|([_^])(?:\{([^}]*)\}|([\p{L}\p{N}]))/gu;
const ELEMENTS = { i: "i", _: "sub", "^": "sup" };

function* tokens(label) {
  let last = 0;
  for (const match of label.matchAll(TOKEN)) {
    if (match.index > last) yield { kind: "", text: label.slice(last, match.index) };
    yield match[1] !== undefined ? { kind: "i", text: match[1] } : { kind: match[2], text: match[3] ?? match[4] };
    last = match.index + match[0].length;
  }
  if (last < label.length) yield { kind: "", text: label.slice(last) };
}

const raised = (kind) => kind === "_" || kind === "^";

/* Pieces of one height and slant each. */
export function* parts(label) {
  for (const { kind, text } of tokens(label)) {
    if (!raised(kind)) yield { kind, text, italic: kind === "i" };
    else for (const inner of tokens(text)) yield { kind, text: inner.text, italic: inner.kind === "i" };
  }
}

export const smaller = (kind) => (raised(kind) ? 0.75 : 1);

const bare = (text) => [...tokens(text)].map((inner) => inner.text).join("");

export function plain(label) {
  return [...tokens(label)].map(({ kind, text }) => (raised(kind) ? kind + bare(text) : text)).join("");
}

export function fillHtml(element, label) {
  const filled = (parent, text) => {
    parent.replaceChildren(
      ...[...tokens(text)].map((token) => {
        if (!token.kind) return document.createTextNode(token.text);
        const child = document.createElement(ELEMENTS[token.kind]);
        if (raised(token.kind)) return filled(child, token.text);
        child.textContent = token.text;
        return child;
      }),
    );
    return parent;
  };
  return filled(element, glue(label));
}

export function fillSvg(element, label) {
  let shift = 0;
  element.replaceChildren(
    ...[...parts(label)].map(({ kind, text, italic }) => {
      const child = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
      child.textContent = text;
      const wanted = kind === "_" ? 0.28 : kind === "^" ? -0.42 : 0; // of the label's size
      if (italic) child.setAttribute("font-style", "italic");
      if (wanted) child.setAttribute("font-size", `${100 * smaller(kind)}%`);
      if (wanted !== shift) child.setAttribute("dy", `${(wanted - shift) / smaller(kind)}em`);
      shift = wanted;
      return child;
    }),
  );
  return element;
}

const DIGITS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const MOST = 1e6; // from here on digits are more than one reads, and more than their room
const ROOM = 7; // digits that the cell of a readout holds where a number is large

/* The exponent in raised digits. */
export const superscript = (exponent) => String(exponent).replace(/[-\d]/g, (c) => (c === "-" ? "\u207b" : DIGITS[c]));

// Numbers as the book prints them: fixed digits, fewer if there is no room, or three and a power of ten from a million on, and a true minus sign.
export function number(value, digits) {
  if (!Number.isFinite(value)) return "no value";
  const whole = Math.abs(value).toFixed(0).length;
  let text = value.toFixed(Math.max(0, Math.min(digits, ROOM - whole)));
  if (Math.abs(Number(text)) >= MOST) {
    const [lead, power] = value.toExponential(2).split("e");
    text = `${lead}\u202f×\u202f10${superscript(Number(power))}`; // narrow spaces: the cells of a row are small
  }
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}

// "{name}", "{name:.3f}" and "{name:.1%}", as in Python.
export function fill(template, lookup) {
  return plain(template).replace(/\{(\w+)(?::\.(\d+)([f%]))?\}/g, (_, name, digits, kind) => {
    const value = lookup(name);
    if (kind === "%") return `${number(100 * value, +digits)} %`;
    return digits === undefined ? number(value, 4).replace(/\.?0+$/, "") : number(value, +digits);
  });
}
