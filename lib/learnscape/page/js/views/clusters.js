// Clusters of solutions as discs; the larger the share of replicas that choose a size, the fuller its colour.
import { color, shapes, svg } from "../dom.js";

const SIZE = 400;

export function clusters(context) {
  const { part, lookup } = context;
  const drawing = svg("svg", { viewBox: `-1 -1 ${SIZE + 2} ${SIZE + 2}`, role: "img", "aria-label": part.alt, class: "ls-view" });
  const bodies = svg("g", { fill: color("typical") });
  const discs = shapes(bodies, "circle");
  drawing.append(bodies, svg("rect", { x: 0, y: 0, width: SIZE, height: SIZE, fill: "none", stroke: color("axis"), "stroke-width": 1.5 }));
  return {
    element: drawing,
    draw() {
      const [xs, ys, radii, kinds, shade] = ["disc_x", "disc_y", "disc_radius", "kind", "shade"].map(lookup);
      for (let i = 0; i < radii.length && Number.isFinite(radii[i]); i++) {
        discs.put({ cx: SIZE * xs[i], cy: SIZE - SIZE * ys[i], r: SIZE * radii[i], "fill-opacity": (0.12 + 0.8 * shade[kinds[i]]).toFixed(3) });
      }
      discs.end();
    },
  };
}
