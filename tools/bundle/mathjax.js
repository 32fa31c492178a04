// What the book needs of MathJax: TeX with the commands of the AMS in; HTML, and MathML for screen readers, out.
// `typeset.js` of the book's extension decides when. Options come from mathjax3_config in _config.yml.
import { AssistiveMmlHandler } from "mathjax-full/ts/a11y/assistive-mml.ts";
import { browserAdaptor } from "mathjax-full/ts/adaptors/browserAdaptor.ts";
import { RegisterHTMLHandler } from "mathjax-full/ts/handlers/html.ts";
import { TeX } from "mathjax-full/ts/input/tex.ts";
import "mathjax-full/ts/input/tex/ams/AmsConfiguration.ts";
import "mathjax-full/ts/input/tex/base/BaseConfiguration.ts";
import "mathjax-full/ts/input/tex/boldsymbol/BoldsymbolConfiguration.ts";
import "mathjax-full/ts/input/tex/newcommand/NewcommandConfiguration.ts";
import { mathjax } from "mathjax-full/ts/mathjax.ts";
import { CHTML } from "mathjax-full/ts/output/chtml.ts";
import { TeXFont } from "mathjax-full/ts/output/chtml/fonts/tex.ts";

const MathJax = window.MathJax;
const fonts = TeXFont.defaultFonts;
const symbols = Object.values(fonts).find((face) => face["font-family"] === "MJXTEX-A"); // the largest font, of which most pages need letters only
fonts["@font-face /* letters */"] = { ...symbols, src: symbols.src.replace("Regular", "Letters"), "unicode-range": "U+0-7F" };
symbols["unicode-range"] = "U+80-10FFFF";
for (const face of Object.values(fonts)) face.src = face.src.replace('.woff") format("woff")', '.woff2") format("woff2")');
const output = new CHTML({ ...MathJax.chtml, fontURL: new URL("fonts", document.currentScript.src).href });
AssistiveMmlHandler(RegisterHTMLHandler(browserAdaptor()));
const page = mathjax.document(document, {
  ...MathJax.options,
  InputJax: new TeX({ packages: ["base", "ams", "boldsymbol", "newcommand"], ...MathJax.tex }),
  OutputJax: output,
});

// The formulas in an element, each in a text node of its own, so that they can be typeset in any order.
function find(element) {
  page.clear().findMath({ elements: [element] });
  const items = [...page.math];
  for (const { start, end } of [...items].reverse()) {
    if (start.node !== end.node) continue;
    if (end.n < end.node.length) end.node.splitText(end.n);
    if (start.n) start.node = end.node = start.node.splitText(start.n);
    [start.n, end.n] = [0, end.node.length];
  }
  page.clear();
  return items;
}

// To measure the font around a formula makes the browser lay out the page: once for each font is enough.
const measured = new Map();
function metrics(element, display) {
  const { fontFamily, fontSize, letterSpacing } = getComputedStyle(element);
  const key = `${fontFamily} ${fontSize} ${letterSpacing} ${display}`;
  if (!measured.has(key)) measured.set(key, { ...output.getMetricsFor(element, display), letters: parseFloat(letterSpacing) || 0 }); // "normal" is none
  return measured.get(key);
}

// Words in a formula have the font around it. They are measured beside the page, for the same reason.
const pen = document.createElement("canvas").getContext("2d");
output.measureTextNode = ({ style, textContent }) => {
  const { em, scale } = output.math.metrics;
  const { letters } = metrics(output.math.start.node.parentElement, output.math.display);
  pen.font = `${style.fontStyle} ${style.fontWeight} ${em}px ${style.fontFamily.replace("MJXZERO, ", "") || "serif"}`;
  return { w: (pen.measureText(textContent).width + letters * textContent.length) / em / scale, h: 0.75, d: 0.2 };
};

// The width that they get, for Safari's sake, is in pixels of a full line there: too wide below a brace.
const { unknownText } = CHTML.prototype;
output.unknownText = (text, variant, width = null) => {
  const node = unknownText.call(output, text, variant);
  if (width !== null) node.style.width = `${(width * output.math.metrics.scale).toFixed(3)}em`;
  return node;
};

function typeset(item) {
  const { em, ex, containerWidth, lineWidth, scale, family } = metrics(item.start.node.parentElement, item.display);
  item.setMetrics(em, ex, containerWidth, lineWidth, scale);
  item.outputData.mtextFamily = family;
  item.convert(page);
}

// Formulas appear with the style rules for the characters that are new in them.
function insert(items) {
  page.addStyleSheet();
  for (const item of items) item.updateDocument(page);
}

const toMathML = (tex, display) => page.toMML(page.convert(tex, { display, end: 20 }));

Object.assign(MathJax, { version: mathjax.version, find, typeset: (items) => items.forEach(typeset), insert, toMathML });
