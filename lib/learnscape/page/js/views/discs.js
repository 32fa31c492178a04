// Soft discs in a periodic box; a line between two touching discs is as thick as the force between them.
import { color, shapes, svg } from "../dom.js";

const SIZE = 400;
const IMAGES = [-1, 0, 1];

export function discs(context) {
  const { part, lookup, scalar } = context;
  const drawing = svg("svg", { viewBox: `-1 -1 ${SIZE + 2} ${SIZE + 2}`, role: "img", "aria-label": part.alt, class: "ls-view", style: "overflow: hidden" });
  const bodies = svg("g");
  const lines = svg("g", { stroke: color("unsat"), "stroke-linecap": "round" });
  const [outlines, forces] = [shapes(bodies, "circle"), shapes(lines, "line")];
  drawing.append(bodies, lines, svg("rect", { x: 0, y: 0, width: SIZE, height: SIZE, fill: "none", stroke: color("axis"), "stroke-width": 1.5 }));
  return {
    element: drawing,
    draw() {
      const [place, radii, rattler, first, second, force] = ["positions", "radii", "rattler", "first", "second", "force"].map(lookup);
      const box = scalar("box");
      const n = radii.length;
      const scale = SIZE / box;
      const wrap = (z) => z - box * Math.floor(z / box);
      const near = (z) => z - box * Math.floor(z / box + 0.5);
      const at = (i) => [wrap(place[i]), wrap(place[n + i])];
      for (let i = 0; i < n; i++) {
        const [x, y] = at(i);
        const loose = rattler[i] !== 0;
        for (const a of IMAGES) for (const b of IMAGES) {
          const [u, v] = [x + a * box, y + b * box];
          if (u < -radii[i] || u > box + radii[i] || v < -radii[i] || v > box + radii[i]) continue;
          outlines.put({
            cx: scale * u, cy: SIZE - scale * v, r: scale * radii[i],
            fill: loose ? "none" : color("sat"), "fill-opacity": 0.16, stroke: color(loose ? "muted" : "sat"), "stroke-width": 1.2, "stroke-dasharray": loose ? "4 4" : "none",
          });
        }
      }
      const held = [];
      for (let m = 0; m < scalar("_listed_pairs"); m++) if (force[m] > 0 && !rattler[first[m]] && !rattler[second[m]]) held.push(m);
      const mean = held.reduce((sum, m) => sum + force[m], 0) / (held.length || 1);
      for (const m of held) {
        const [x, y] = at(first[m]);
        const dx = near(place[second[m]] - place[first[m]]);
        const dy = near(place[n + second[m]] - place[n + first[m]]);
        // The nearest image of the second disc may lie outside: then the line is drawn once more, a box further in.
        const [ends, up] = [x + dx, y + dy];
        const moveX = ends < 0 ? box : ends > box ? -box : 0;
        const moveY = up < 0 ? box : up > box ? -box : 0;
        const shifts = new Set([[0, 0], [moveX, 0], [0, moveY], [moveX, moveY]].map(String));
        for (const shift of shifts) {
          const [sx, sy] = shift.split(",").map(Number);
          forces.put({
            x1: scale * (x + sx), y1: SIZE - scale * (y + sy), x2: scale * (x + dx + sx), y2: SIZE - scale * (y + dy + sy),
            "stroke-width": Math.min(9, 0.5 + (2.2 * force[m]) / mean).toFixed(2),
          });
        }
      }
      outlines.end();
      forces.end();
    },
  };
}
