// Soft ellipses in a periodic box; a point marks each contact between two that are held.
import { color, shapes, svg } from "../dom.js";

const SIZE = 400;
const IMAGES = [-1, 0, 1];

export function ellipses(context) {
  const { part, lookup, scalar } = context;
  const drawing = svg("svg", { viewBox: `-1 -1 ${SIZE + 2} ${SIZE + 2}`, role: "img", "aria-label": part.alt, class: "ls-view", style: "overflow: hidden" });
  const bodies = svg("g");
  const points = svg("g", { fill: color("unsat") });
  const [outlines, contacts] = [shapes(bodies, "ellipse"), shapes(points, "circle")];
  drawing.append(bodies, points, svg("rect", { x: 0, y: 0, width: SIZE, height: SIZE, fill: "none", stroke: color("axis"), "stroke-width": 1.5 }));
  return {
    element: drawing,
    draw() {
      const names = ["positions", "angles", "long", "short", "rattler", "first", "second", "force", "touch"];
      const [place, angles, long, short, rattler, first, second, force, touch] = names.map(lookup);
      const box = scalar("box");
      const n = long.length;
      const pairs = first.length;
      const scale = SIZE / box;
      const wrap = (z) => z - box * Math.floor(z / box);
      for (let i = 0; i < n; i++) {
        const [x, y] = [wrap(place[i]), wrap(place[n + i])];
        const loose = rattler[i] !== 0;
        for (const p of IMAGES) for (const q of IMAGES) {
          const [u, v] = [x + p * box, y + q * box];
          if (u < -long[i] || u > box + long[i] || v < -long[i] || v > box + long[i]) continue;
          const [cx, cy] = [scale * u, SIZE - scale * v];
          outlines.put({
            cx, cy, rx: scale * long[i], ry: scale * short[i], transform: `rotate(${((-angles[i] * 180) / Math.PI).toFixed(3)} ${cx} ${cy})`,
            fill: loose ? "none" : color("sat"), "fill-opacity": 0.16, stroke: color(loose ? "muted" : "sat"), "stroke-width": 1.2, "stroke-dasharray": loose ? "4 4" : "none",
          });
        }
      }
      for (let m = 0; m < scalar("_listed_pairs"); m++) {
        const i = first[m];
        if (!(force[m] > 0) || rattler[i] || rattler[second[m]]) continue;
        const [x, y] = [wrap(place[i] + touch[m]), wrap(place[n + i] + touch[pairs + m])];
        contacts.put({ cx: scale * x, cy: SIZE - scale * y, r: 3.2 });
      }
      outlines.end();
      contacts.end();
    },
  };
}
