// A sphere covered with points: those that every pattern allows are large and green. Drag it, or use the arrow keys, to turn it.
import { color, set, svg } from "../dom.js";
import { holdPage } from "./drag.js";

const SIZE = 400;
const RADIUS = 150;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const ARROW = 1.16; // length of a pattern's arrow in radii
const EDGE = SIZE / 2 - ARROW * RADIUS - 4; // nothing is drawn outside
// Radians around and up by which a key turns the sphere; Home shows it as it opened, End from behind.
const TURNS = { ArrowLeft: [0.15, 0], ArrowRight: [-0.15, 0], ArrowUp: [0, 0.15], ArrowDown: [0, -0.15], PageUp: [0, 0.75], PageDown: [0, -0.75] };
const SIDES = { Home: 0, End: Math.PI };

// What a screen reader says of a turn in degrees: dragging to the right shows what was on the left.
function describeTurn(around, up) {
  const parts = [];
  if (around) parts.push(`turned ${Math.abs(around)}° to the ${around < 0 ? "right" : "left"}`);
  if (up) parts.push(`tilted ${Math.abs(up)}° ${up > 0 ? "down" : "up"}`);
  return parts.join(", ") || "as it opens";
}

export function sphere(context) {
  const { part, lookup, scalar } = context;
  const count = part.options.points;
  const points = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const z = 1 - (2 * i + 1) / count;
    const r = Math.sqrt(1 - z * z);
    points.set([r * Math.cos(GOLDEN * i), r * Math.sin(GOLDEN * i), z], 3 * i);
  }
  const dots = (role, width) => svg("path", { fill: "none", stroke: color(role), "stroke-width": width, "stroke-linecap": "round" });
  const drawing = svg("svg", { viewBox: `${EDGE} ${EDGE} ${SIZE - 2 * EDGE} ${SIZE - 2 * EDGE}`, role: "slider", "aria-label": `${part.alt} Arrow keys turn the sphere.`, "aria-valuemin": -180, "aria-valuemax": 180, tabindex: 0, class: "ls-view ls-handle" });
  const behind = svg("g", { opacity: 0.35 });
  const ball = svg("circle", { cx: SIZE / 2, cy: SIZE / 2, r: RADIUS, fill: color("page"), "fill-opacity": 0.82, stroke: color("muted") });
  const forbidden = dots("muted", 1.6);
  const allowed = dots("dense", 5);
  const before = svg("g");
  const nothing = svg("text", { class: "ls-label ls-over", x: SIZE / 2, y: SIZE - EDGE - 8, "text-anchor": "middle", fill: color("muted"), visibility: "hidden" }, `None of the ${count} points is left.`);
  drawing.append(behind, ball, forbidden, allowed, before, nothing);

  let [turn, tilt] = [0, 0]; // radians, from where the sphere opens
  let screen = (x, y, z) => [x, y, z];
  function aim() {
    // The reader stands where the first four patterns point on average, so that the region that is left is in view.
    const [fx, fy, fz] = lookup("facing");
    const a = Math.atan2(fy, fx) + turn;
    const opening = Math.asin(Math.max(-1, Math.min(1, fz)));
    tilt = Math.min(1.5, Math.max(-1.5, opening + tilt)) - opening; // no further than the poles
    const b = opening + tilt;
    const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
    screen = (x, y, z) => [
      SIZE / 2 + RADIUS * (-sa * x + ca * y),
      SIZE / 2 - RADIUS * (-sb * ca * x - sb * sa * y + cb * z),
      cb * ca * x + cb * sa * y + sb * z,
    ];
  }
  function arrow(x, y, z) {
    const [px, py, depth] = screen(ARROW * x, ARROW * y, ARROW * z);
    const angle = (Math.atan2(py - SIZE / 2, px - SIZE / 2) * 180) / Math.PI;
    const length = Math.hypot(px - SIZE / 2, py - SIZE / 2);
    const line = svg("line", { x1: SIZE / 2, y1: SIZE / 2, x2: px, y2: py, stroke: color("simulation"), "stroke-width": 2 });
    const tip = svg("path", { d: "M0,0L-11,5L-8,0L-11,-5Z", fill: color("simulation"), transform: `translate(${px},${py}) rotate(${angle})` });
    (depth > 0 ? before : behind).append(line, ...(length > 12 ? [tip] : []));
  }
  function draw() {
    if (!Number.isFinite(lookup("facing")[0])) return; // in a notebook the kernel has not answered yet
    aim();
    const fate = lookup("fate");
    const patterns = scalar("patterns");
    const paths = ["", ""];
    const seen = [0, 0];
    set(nothing, { visibility: fate.every((first) => first < patterns) ? "visible" : "hidden" });
    for (let i = 0; i < count; i++) {
      const [x, y, depth] = screen(points[3 * i], points[3 * i + 1], points[3 * i + 2]);
      if (depth <= 0) continue;
      const side = fate[i] >= patterns ? 1 : 0;
      paths[side] += `M${x.toFixed(1)},${y.toFixed(1)}h0`;
      seen[side] += 1;
    }
    const degrees = Math.round((turn * 180) / Math.PI);
    const around = ((((degrees + 180) % 360) + 360) % 360) - 180;
    const share = Math.round((100 * seen[1]) / (seen[0] + seen[1]));
    set(drawing, { "aria-valuenow": around, "aria-valuetext": `${describeTurn(around, Math.round((tilt * 180) / Math.PI))}: ${share} % of the side in view is allowed` });
    set(forbidden, { d: paths[0] || "M0,0" });
    set(allowed, { d: paths[1] || "M0,0" });
    before.replaceChildren();
    behind.replaceChildren();
    const directions = lookup("directions");
    for (let mu = 0; mu < patterns; mu++) arrow(directions[3 * mu], directions[3 * mu + 1], directions[3 * mu + 2]);
    if (part.options.corners) {
      // Where the smallest stability is locally largest; a point beyond the margin is no longer allowed.
      const [corners, depths] = [lookup("corners"), lookup("corner_depth")];
      depths.forEach((depth, k) => {
        const [cx, cy, towards] = screen(corners[3 * k], corners[3 * k + 1], corners[3 * k + 2]);
        if (towards > 0 && depth > scalar("kappa") / Math.sqrt(3)) before.append(svg("circle", { cx, cy, r: 5, fill: color("unsat"), stroke: color("page") }));
      });
    }
  }

  holdPage(drawing);
  let last = null;
  drawing.addEventListener("pointerdown", (event) => {
    last = [event.clientX, event.clientY];
    drawing.setPointerCapture(event.pointerId);
    event.preventDefault();
    drawing.focus({ preventScroll: true });
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!last || !drawing.hasPointerCapture(event.pointerId)) return;
    turn -= (event.clientX - last[0]) / 120;
    tilt += (event.clientY - last[1]) / 120;
    last = [event.clientX, event.clientY];
    draw();
  });
  drawing.addEventListener("keydown", (event) => {
    if (event.key in SIDES) [turn, tilt] = [SIDES[event.key], 0];
    else if (event.key in TURNS) [turn, tilt] = [turn + TURNS[event.key][0], tilt + TURNS[event.key][1]];
    else return;
    event.preventDefault();
    draw();
  });
  return { element: drawing, draw };
}
