// Patterns in the plane, the perceptron's line and weight vector, the teacher's line and a handle to turn him.
import { color, set, svg, unique } from "../dom.js";
import { fillSvg } from "../labels.js";
import { draggable } from "./drag.js";

const SIZE = 400;
const SCALE = 160; // pixels of one unit
const REACH = 1.25;

export function perceptronPlane(context) {
  const { part, lookup, scalar } = context;
  const drawing = svg("svg", { viewBox: `8 8 ${SIZE - 16} ${SIZE - 16}`, role: "group", "aria-label": part.alt, class: "ls-view" });
  const px = (x) => SIZE / 2 + SCALE * x;
  const py = (y) => SIZE / 2 - SCALE * y;
  const disc = unique("disc");
  const stripe = svg("line", { "clip-path": `url(#${disc})`, stroke: color("muted"), "stroke-opacity": 0.14 });
  const teacherLine = svg("line", { class: "ls-line", stroke: color("muted"), "stroke-width": 1.5, "stroke-dasharray": "6 5" });
  const teacherArrow = svg("line", { class: "ls-line", stroke: color("muted"), "stroke-width": 1.5, "stroke-dasharray": "3 4" });
  const studentLine = svg("line", { class: "ls-line ls-turn", stroke: color("theory"), "stroke-width": 2.5 });
  const studentArrow = svg("line", { class: "ls-line", stroke: color("theory"), "stroke-width": 2.5 });
  const studentTip = svg("path", { d: "M0,0L-13,5.5L-10,0L-13,-5.5Z", fill: color("theory") });
  const points = svg("g");
  const studentLabel = fillSvg(svg("text", { class: "ls-label", fill: color("theory") }), "*w*");
  const teacherLabel = fillSvg(svg("text", { class: "ls-label", fill: color("muted") }), "teacher");
  const handle = svg("g", {}, svg("circle", { r: 22, fill: "transparent" }), svg("circle", { r: 8, fill: color("page"), stroke: color("muted"), "stroke-width": 2.5, class: "ls-knob" }));
  const round = { cx: SIZE / 2, cy: SIZE / 2, r: SCALE * 1.02 };
  drawing.append(
    svg("clipPath", { id: disc }, svg("circle", round)),
    svg("circle", { ...round, fill: "none", stroke: color("grid"), "stroke-width": 1.5 }),
    stripe, teacherLine, teacherArrow, studentLine, points, studentArrow, studentTip, teacherLabel, studentLabel, handle,
  );
  const toUnits = (clientX, clientY) => {
    const box = drawing.getBoundingClientRect();
    const x = clientX - box.left - box.width / 2;
    const y = box.top + box.height / 2 - clientY;
    const length = Math.hypot(x, y) || 1; // only the direction counts
    return [x / length, y / length];
  };
  const describe = draggable(handle, { names: part.options.teacher, label: "teacher, direction", context, toUnits, step: 0.1, allow: (x, y) => Math.hypot(x, y) > 0.1 });

  const across = (line, x, y) => set(line, { x1: px(-REACH * y), y1: py(REACH * x), x2: px(REACH * y), y2: py(-REACH * x) });
  return {
    element: drawing,
    draw() {
      const [tx, ty] = lookup("teacher");
      const [wx, wy] = lookup("weights");
      across(teacherLine, tx, ty);
      across(stripe, tx, ty);
      set(stripe, { "stroke-width": 2 * SCALE * scalar("gap") });
      set(teacherArrow, { x1: px(0), y1: py(0), x2: px(1.12 * tx), y2: py(1.12 * ty) });
      set(handle, { transform: `translate(${px(1.12 * tx)},${py(1.12 * ty)})` });
      const left = tx > 0.35 ? -1 : 1;
      set(teacherLabel, { x: px(1.12 * tx) + 15 * left, y: py(1.12 * ty) + 5, "text-anchor": left < 0 ? "end" : "start" });
      describe();
      const length = Math.hypot(wx, wy);
      const known = length > 0;
      for (const element of [studentLine, studentArrow, studentTip, studentLabel]) element.style.display = known ? "" : "none";
      if (known) {
        const [ux, uy] = [wx / length, wy / length];
        const reach = 0.62;
        across(studentLine, ux, uy);
        set(studentArrow, { x1: px(0), y1: py(0), x2: px(ux * (reach - 0.05)), y2: py(uy * (reach - 0.05)) });
        const angle = (-Math.atan2(uy, ux) * 180) / Math.PI;
        set(studentTip, { transform: `translate(${px(ux * reach)},${py(uy * reach)}) rotate(${angle})` });
        set(studentLabel, { x: px(ux * (reach + 0.13)) - 5, y: py(uy * (reach + 0.13)) + 5 });
      }
      const [xs, ys, labels, mistakes] = ["x", "y", "labels", "mistakes"].map(lookup);
      points.replaceChildren();
      const last = scalar("last");
      for (let k = 0; k < xs.length; k++) {
        if (!Number.isFinite(xs[k])) continue;
        const [cx, cy] = [px(xs[k]), py(ys[k])];
        if (mistakes[k]) points.append(svg("circle", { cx, cy, r: 11, fill: "none", stroke: color("unsat"), "stroke-width": 2 }));
        if (k === last) points.append(svg("circle", { cx, cy, r: 11, fill: color("simulation"), "fill-opacity": 0.25 }));
        points.append(
          labels[k] > 0
            ? svg("circle", { cx, cy, r: 5.5, fill: color("sat"), stroke: color("page"), "stroke-width": 1 })
            : svg("rect", { x: cx - 5, y: cy - 5, width: 10, height: 10, fill: color("page"), stroke: color("simulation"), "stroke-width": 2.25 }),
        );
      }
    },
  };
}
