// How long a label will be in a drawing. It is measured beside the page: to be asked for a length in it, the browser must lay all of it out.
import { parts, smaller } from "./labels.js";

const pen = document.createElement("canvas").getContext("2d");

/* A measure for text in the style of this element, `undefined` while it is in no page. */
export function ruler(element) {
  const { fontStyle, fontWeight, fontSize, fontFamily, letterSpacing, wordSpacing } = getComputedStyle(element);
  const size = parseFloat(fontSize);
  const [letters, words] = [letterSpacing, wordSpacing].map((wide) => parseFloat(wide) || 0); // "normal" is none
  if (!size) return () => undefined;
  return (label) => {
    let length = 0;
    for (const { kind, text, italic } of parts(label)) {
      pen.font = `${italic ? "italic" : fontStyle} ${fontWeight} ${size * smaller(kind)}px ${fontFamily}`;
      length += pen.measureText(text).width + letters * text.length + words * (text.split(" ").length - 1);
    }
    return length;
  };
}
