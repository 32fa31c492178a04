// One tile for each of the 2^P labellings: filled where a line realises it, framed where the line now stands. Until the reader has
// predicted, only the labellings that the line has already shown are filled, so that turning it counts them.
import { color, set, svg } from "../dom.js";

const SIZE = 400;
const SIGNS = ["\u2212", "+"];

export function coverLabelings(context) {
  const { part, lookup, scalar } = context;
  const drawing = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": part.alt, class: "ls-view" });
  let built = 0;
  let tiles = [];
  let shown = new Set();

  function build(p) {
    built = p;
    shown = new Set();
    const columns = 2 ** Math.floor(p / 2);
    const [width, height] = [SIZE / columns, (SIZE * columns) / 2 ** p]; // the tiles fill the square
    const gap = Math.max(2, height * 0.08);
    tiles = Array.from({ length: 2 ** p }, (_, code) => {
      const [x, y] = [(code % columns) * width, Math.floor(code / columns) * height];
      const square = svg("rect", { x: x + gap / 2, y: y + gap / 2, width: width - gap, height: height - gap, rx: Math.min(6, height / 8) });
      const group = svg("g", {}, square);
      let word = null;
      if (p <= 5) {
        word = svg("text", { x: x + width / 2, y: y + height / 2, "text-anchor": "middle", "dominant-baseline": "central", "font-size": Math.min(24, 0.6 * height, (1.35 * width) / p) });
        word.textContent = Array.from({ length: p }, (_, mu) => SIGNS[(code >> (p - 1 - mu)) & 1]).join("");
        group.append(word);
      }
      // A pointer's short cut; the slider reaches the same labellings.
      group.addEventListener("click", () => {
        const place = lookup("codes").indexOf(code);
        if (place >= 0 && tiles[code].filled) context.set("turn", (place + 0.5) / scalar("count"));
      });
      return { group, square, word, filled: false };
    });
    drawing.replaceChildren(...tiles.map((tile) => tile.group));
  }

  return {
    element: drawing,
    draw(revealed) {
      const p = scalar("p");
      if (p !== built) build(p);
      const known = scalar("status") === 0;
      const separable = new Set(known ? lookup("codes") : []);
      const chosen = known ? scalar("code") : -1;
      if (known) shown.add(chosen);
      tiles.forEach((tile, code) => {
        const { group, square, word } = tile;
        const filled = separable.has(code) && (revealed || shown.has(code));
        tile.filled = filled;
        const here = code === chosen;
        set(square, {
          fill: filled ? color("sat") : color("page"), "fill-opacity": filled ? 0.28 : 1,
          stroke: here ? color("theory") : filled ? color("sat") : color("grid"), "stroke-width": here ? 4 : 1.25,
        });
        if (word) set(word, { fill: filled ? color("text") : color("muted"), "font-weight": filled ? 650 : 400 });
        group.style.cursor = filled ? "pointer" : "";
      });
    },
  };
}
