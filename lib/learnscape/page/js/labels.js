// The small markup of labels: *κ* italic, α_c or N_{eff} subscript, N^2 or N^{1/2} superscript. See labels.py.
const TOKEN = /\*([^*]+)\*|([_^])(?:\{([^}]*)\}|([\p{L}\p{N}]))/gu;

export function* parts(label) {
  let last = 0;
  for (const match of label.matchAll(TOKEN)) {
    if (match.index > last) yield { kind: "", text: label.slice(last, match.index) };
    yield match[1] !== undefined ? { kind: "i", text: match[1] } : { kind: match[2], text: match[3] ?? match[4] };
    last = match.index + match[0].length;
  }
  if (last < label.length) yield { kind: "", text: label.slice(last) };
}

export const smaller = (kind) => (kind === "_" || kind === "^" ? 0.75 : 1);

export function plain(label) {
  return [...parts(label)].map((p) => (p.kind === "_" || p.kind === "^" ? p.kind + p.text : p.text)).join("");
}

export function fillHtml(element, label) {
  element.replaceChildren(
    ...[...parts(label)].map(({ kind, text }) => {
      if (!kind) return document.createTextNode(text);
      const child = document.createElement({ i: "i", _: "sub", "^": "sup" }[kind]);
      child.textContent = text;
      return child;
    }),
  );
  return element;
}

export function fillSvg(element, label) {
  let shift = 0;
  element.replaceChildren(
    ...[...parts(label)].map(({ kind, text }) => {
      const child = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
      child.textContent = text;
      const wanted = kind === "_" ? 0.28 : kind === "^" ? -0.42 : 0; // of the label's size
      if (kind === "i") child.setAttribute("font-style", "italic");
      if (wanted) child.setAttribute("font-size", `${100 * smaller(kind)}%`);
      if (wanted !== shift) child.setAttribute("dy", `${(wanted - shift) / smaller(kind)}em`);
      shift = wanted;
      return child;
    }),
  );
  return element;
}

// Numbers as the book prints them: fixed digits and a true minus sign.
export function number(value, digits) {
  if (!Number.isFinite(value)) return "no value";
  const text = value.toFixed(digits);
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
