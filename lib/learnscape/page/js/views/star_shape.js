// The front of a sphere of weights, coloured by what a point sees; the point can be dragged.
import { color, set, svg, unique } from "../dom.js";
import { draggable } from "./drag.js";

const SIZE = 400;
const RADIUS = 184;
// allowed but not seen, seen, kernel; the ground is forbidden
const SHADES = [["typical", 0.45], ["theory", 0.55], ["dense", 0.85]];

export function starShape(context) {
  const { part, lookup, value } = context;
  const { grid, point } = part.options;
  const drawing = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": part.alt, class: "ls-view" });
  // Stairs of the grid become smooth: blurred, and cut off where half is left, which neighbours do at the same place.
  const [smooth, disc] = [unique("smooth"), unique("disc")];
  const steep = svg("feComponentTransfer", {}, svg("feFuncA", { type: "linear", slope: 9, intercept: -4 }));
  const filter = svg("filter", { id: smooth, filterUnits: "userSpaceOnUse", x: 0, y: 0, width: SIZE, height: SIZE }, svg("feGaussianBlur", { stdDeviation: 4.5 }), steep);
  const inside = svg("clipPath", { id: disc }, svg("circle", { cx: SIZE / 2, cy: SIZE / 2, r: RADIUS }));
  const areas = SHADES.map(([role]) => svg("path", { fill: color(role), "shape-rendering": "crispEdges", filter: `url(#${smooth})` }));
  const ground = svg("circle", { cx: SIZE / 2, cy: SIZE / 2, r: RADIUS, fill: color("muted"), opacity: 0.15 }); // also where three meet
  const shaded = svg("g", { "clip-path": `url(#${disc})` }, ground, ...SHADES.map(([, opacity], k) => svg("g", { opacity }, areas[k])));
  const handle = svg(
    "g",
    {},
    svg("circle", { r: 22, fill: "transparent" }),
    svg("circle", { r: 10, fill: "none", stroke: color("page"), "stroke-width": 5 }),
    svg("circle", { r: 10, fill: "none", stroke: color("simulation"), "stroke-width": 3, class: "ls-knob" }),
  );
  drawing.append(filter, inside, shaded, svg("circle", { cx: SIZE / 2, cy: SIZE / 2, r: RADIUS, fill: "none", stroke: color("muted") }), handle);
  const toUnits = (clientX, clientY) => {
    const box = drawing.getBoundingClientRect();
    const scale = SIZE / box.width / RADIUS;
    const x = (clientX - box.left - box.width / 2) * scale;
    const y = (box.top + box.height / 2 - clientY) * scale;
    const beyond = Math.max(1, Math.hypot(x, y) / 0.98);
    return [x / beyond, y / beyond];
  };
  const describe = draggable(handle, { names: point, label: "point", context, toUnits, step: 0.05, allow: (x, y) => Math.hypot(x, y) < 0.985 });
  return {
    element: drawing,
    draw() {
      const fate = lookup("fate");
      const side = (2 * RADIUS) / grid;
      const corner = SIZE / 2 - RADIUS;
      const paths = SHADES.map(() => "");
      for (let i = 0; i < grid; i++) {
        for (let j = 0; j < grid; ) {
          const kind = fate[i * grid + j];
          let end = j + 1;
          while (end < grid && fate[i * grid + end] === kind) end++;
          if (kind > 0) paths[kind - 1] += `M${(corner + j * side).toFixed(2)},${(corner + i * side).toFixed(2)}h${((end - j) * side).toFixed(2)}v${side.toFixed(2)}h${(-(end - j) * side).toFixed(2)}z`;
          j = Number.isFinite(kind) ? end : j + 1;
        }
      }
      areas.forEach((area, k) => set(area, { d: paths[k] || "M0,0" }));
      const [x, y] = point.map((name) => value(name));
      set(handle, { transform: `translate(${SIZE / 2 + RADIUS * x},${SIZE / 2 - RADIUS * y})` });
      describe();
    },
  };
}
