// A circle of weights: the arcs that every pattern allows are thick; a dot marks the jammed point of each, arrows are the patterns.
import { color, set, svg } from "../dom.js";

const SIZE = 400;
const RADIUS = 150;
const ARROW = 1.16; // length of a pattern's arrow in radii
const EDGE = SIZE / 2 - ARROW * RADIUS - 4; // nothing is drawn outside

export function allowedCircle(context) {
  const { part, lookup, scalar } = context;
  const px = (x) => SIZE / 2 + RADIUS * x;
  const py = (y) => SIZE / 2 - RADIUS * y;
  const drawing = svg("svg", { viewBox: `${EDGE} ${EDGE} ${SIZE - 2 * EDGE} ${SIZE - 2 * EDGE}`, role: "img", "aria-label": part.alt, class: "ls-view" });
  const allowed = svg("path", { fill: "none", stroke: color("dense"), "stroke-width": 10 });
  const arrows = svg("g");
  const dots = svg("g");
  drawing.append(svg("circle", { cx: SIZE / 2, cy: SIZE / 2, r: RADIUS, fill: "none", stroke: color("muted"), "stroke-width": 2 }), arrows, allowed, dots);

  function arrow(x, y) {
    const [ex, ey] = [px(ARROW * x), py(ARROW * y)];
    const angle = (-Math.atan2(y, x) * 180) / Math.PI;
    arrows.append(
      svg("line", { x1: SIZE / 2, y1: SIZE / 2, x2: ex, y2: ey, stroke: color("simulation"), "stroke-width": 2 }),
      svg("path", { d: "M0,0L-11,5L-8,0L-11,-5Z", fill: color("simulation"), transform: `translate(${ex},${ey}) rotate(${angle})` }),
    );
  }
  return {
    element: drawing,
    draw() {
      arrows.replaceChildren();
      dots.replaceChildren();
      const plane = lookup("plane");
      // While the slider is dragged its value may be ahead of the outputs: they alone say how many patterns there are.
      for (let k = 0; k < plane.length; k += 2) if (Number.isFinite(plane[k])) arrow(plane[k], plane[k + 1]);
      const arcs = lookup("arcs");
      let path = "";
      for (let k = 0; k < arcs.length; k += 4) {
        const [x, y, ex, ey] = arcs.slice(k, k + 4);
        if (!Number.isFinite(x)) continue;
        const [first, last] = [Math.atan2(y, x), Math.atan2(ey, ex)];
        const turn = (last - first + 2 * Math.PI) % (2 * Math.PI);
        path += `M${px(x)},${py(y)}A${RADIUS},${RADIUS} 0 ${turn > Math.PI ? 1 : 0} 0 ${px(ex)},${py(ey)}`;
        const middle = first + turn / 2;
        dots.append(svg("circle", { cx: px(Math.cos(middle)), cy: py(Math.sin(middle)), r: 5, fill: color("unsat"), stroke: color("page") }));
      }
      if (!path && scalar("pieces_circle") > 0) {
        path = `M${px(1)},${py(0)}A${RADIUS},${RADIUS} 0 1 0 ${px(-1)},${py(0)}A${RADIUS},${RADIUS} 0 1 0 ${px(1)},${py(0)}`;
      }
      set(allowed, { d: path || "M0,0" });
    },
  };
}
