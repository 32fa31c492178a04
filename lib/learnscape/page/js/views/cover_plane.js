// Points in the plane that can be dragged, and a line through the origin that gives each of them a label.
import { color, set, svg } from "../dom.js";
import { fillSvg } from "../labels.js";
import { draggable } from "./drag.js";

const SIZE = 400;
const SCALE = 165; // pixels of one unit
const REACH = 1.13;

export function coverPlane(context) {
  const { part, lookup, scalar } = context;
  const { grid, p_max: pMax } = part.options;
  const px = (x) => SIZE / 2 + SCALE * x;
  const py = (y) => SIZE / 2 - SCALE * y;
  const drawing = svg("svg", { viewBox: `4 4 ${SIZE - 8} ${SIZE - 8}`, role: "group", "aria-label": part.alt, class: "ls-view" });
  const half = svg("path", { fill: color("sat"), "fill-opacity": 0.16 });
  const through = Array.from({ length: pMax }, () => svg("line", { class: "ls-line", stroke: color("muted"), "stroke-width": 1, "stroke-dasharray": "2 5" }));
  const line = svg("line", { class: "ls-line", stroke: color("theory"), "stroke-width": 2.5 });
  const arrow = svg("line", { class: "ls-line", stroke: color("theory"), "stroke-width": 2.5 });
  const tip = svg("path", { d: "M0,0L-13,5.5L-10,0L-13,-5.5Z", fill: color("theory") });
  const name = fillSvg(svg("text", { class: "ls-label", fill: color("theory"), "text-anchor": "middle" }), "*w*");
  drawing.append(
    half, ...through, svg("circle", { cx: px(0), cy: py(0), r: SCALE * REACH, fill: "none", stroke: color("grid"), "stroke-width": 1.5 }),
    line, arrow, tip, name, svg("circle", { cx: px(0), cy: py(0), r: 3.5, fill: color("text") }),
  );

  const snap = (x) => Math.max(-1, Math.min(1, Math.round(x / grid) * grid));
  const toUnits = (clientX, clientY) => {
    const box = drawing.getBoundingClientRect();
    const unit = (SCALE * Math.min(box.width, box.height)) / (SIZE - 8); // the picture keeps its shape inside the box
    return [snap((clientX - box.left - box.width / 2) / unit), snap((box.top + box.height / 2 - clientY) / unit)];
  };
  const points = Array.from({ length: pMax }, (_, mu) => {
    const disc = svg("circle", { r: 13, fill: color("sat"), class: "ls-knob" });
    const square = svg("rect", { x: -12, y: -12, width: 24, height: 24, fill: color("page"), stroke: color("simulation"), "stroke-width": 2.5, class: "ls-knob" });
    const sign = svg("text", { "text-anchor": "middle", "dominant-baseline": "central", "font-size": 20, "font-weight": 700 });
    const label = svg("text", { class: "ls-label", fill: color("muted"), x: 17, y: -13 });
    label.textContent = String(mu + 1);
    const handle = svg("g", { "data-point": mu + 1 }, svg("circle", { r: 22, fill: "transparent" }), disc, square, sign, label);
    const names = [`x${mu + 1}`, `y${mu + 1}`];
    const describe = draggable(handle, { names, label: `point ${mu + 1}`, context, toUnits, step: grid, allow: (x, y) => Math.hypot(x, y) > grid / 2 });
    drawing.append(handle);
    return { handle, disc, square, sign, names, describe };
  });

  return {
    element: drawing,
    draw() {
      const p = scalar("p");
      const [nx, ny] = lookup("normal");
      const labels = lookup("labels");
      const known = scalar("status") === 0;
      for (const element of [half, line, arrow, tip, name]) element.style.display = known ? "" : "none";
      const [ax, ay] = [-ny * REACH, nx * REACH];
      set(half, { d: `M${px(ax)},${py(ay)}A${SCALE * REACH},${SCALE * REACH},0,0,1,${px(-ax)},${py(-ay)}Z` });
      set(line, { x1: px(ax), y1: py(ay), x2: px(-ax), y2: py(-ay) });
      set(arrow, { x1: px(0), y1: py(0), x2: px(0.35 * nx), y2: py(0.35 * ny) });
      set(tip, { transform: `translate(${px(0.4 * nx)},${py(0.4 * ny)}) rotate(${(-Math.atan2(ny, nx) * 180) / Math.PI})` });
      set(name, { x: px(0.5 * nx), y: py(0.5 * ny) + 4 });
      points.forEach(({ handle, disc, square, sign, names, describe }, mu) => {
        const shown = mu < p;
        handle.style.display = through[mu].style.display = shown ? "" : "none";
        if (!shown) return;
        const [x, y] = names.map((control) => context.value(control));
        const length = Math.hypot(x, y) || 1;
        const [ux, uy] = [(REACH * x) / length, (REACH * y) / length];
        set(through[mu], { x1: px(-ux), y1: py(-uy), x2: px(ux), y2: py(uy) });
        const positive = labels[mu] > 0;
        disc.style.display = positive ? "" : "none";
        square.style.display = positive ? "none" : "";
        set(sign, { fill: positive ? color("page") : color("simulation") });
        sign.textContent = labels[mu] === 0 ? "" : positive ? "+" : "\u2212";
        set(handle, { transform: `translate(${px(x)},${py(y)})` });
        describe();
      });
    },
  };
}
