// One set of axes with marks. Axes, scales and shapes by D3; the domain is fixed, so the curves move and the axes do not.
import { axisBottom, axisLeft } from "d3-axis";
import { format } from "d3-format";
import { scaleLinear, scaleLog } from "d3-scale";
import { select } from "d3-selection";
import { area, line } from "d3-shape";
import { color, html, set, shapes, svg, unique } from "./dom.js";
import { fillHtml, fillSvg } from "./labels.js";
import { ruler } from "./measure.js";

const MARGIN = { top: 30, right: 16, bottom: 44, left: 46 };
const short = format("~g");
const raised = (digits) => digits.replace(/[-\d]/g, (c) => (c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c]));

// Powers of ten below a thousandth or above ten thousand as 10 with an exponent; everything else in as few digits as it needs.
function tidy(value) {
  const exponent = Math.round(Math.log10(Math.abs(value)));
  const isPower = value > 0 && Math.abs(Math.log10(value) - exponent) < 1e-9;
  return isPower && (exponent < -3 || exponent > 4) ? `10${raised(String(exponent))}` : short(value);
}
const LIFT = 8;
const LINE = 17; // height of a label
const SHIFTS = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5]; // lines by which a label gives way to those set before it

export function makePanel(spec, lookup) {
  const clip = unique("clip");
  const drawing = svg("svg", { role: "img", "aria-label": spec.alt, class: "ls-panel" });
  const probes = ["ls-axis-label", "ls-label"].map((name) => drawing.appendChild(svg("text", { class: name })));
  const figure = html("div", { class: "ls-part" }, spec.title ? fillHtml(html("div", { class: "ls-part-title" }), spec.title) : null, drawing);
  let [width, height] = [0, 0];
  let frame = null;
  let rulers = null;

  const ticksOf = (axis, scale, room) => {
    if (spec[axis].ticks) return spec[axis].ticks;
    return scale.ticks(Math.max(2, Math.floor(room / (axis === "x" ? 70 : 48))));
  };

  // The label of an axis in lines, which end between words: on a phone some are longer than the picture is wide.
  function broken(label, length) {
    const fits = (text) => !(length(text) > width - MARGIN.right);
    const lines = fits(label) ? [label] : [];
    for (const word of lines.length ? [] : label.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`;
      if (lines.length && fits(longer)) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  // Everything that depends on the size only.
  function lay() {
    const [ofAxes, length] = rulers;
    drawing.replaceChildren(...probes);
    const [below, above] = [spec.x.label, spec.y.label].map((label) => broken(label, ofAxes));
    const margin = { ...MARGIN, top: MARGIN.top + LINE * (above.length - 1), bottom: MARGIN.bottom + LINE * (below.length - 1) };
    const tall = height + margin.top - MARGIN.top + margin.bottom - MARGIN.bottom; // with the further lines
    const make = (axis) => (spec[axis].scale === "log" ? scaleLog() : scaleLinear()).domain(spec[axis].domain);
    const x = make("x").range([margin.left, width - margin.right]);
    const y = make("y").range([tall - margin.bottom, margin.top]);
    set(drawing, { viewBox: `0 0 ${width} ${tall}`, width, height: tall });
    const inner = { x: margin.left, y: margin.top, width: width - margin.left - margin.right, height: tall - margin.top - margin.bottom };
    drawing.append(svg("clipPath", { id: clip }, svg("rect", { ...inner, y: inner.y - 4, width: inner.width + 6, height: inner.height + 4 })));
    const xAxis = axisBottom(x).tickValues(ticksOf("x", x, inner.width)).tickSizeInner(-inner.height).tickSizeOuter(0).tickPadding(8);
    const yAxis = axisLeft(y).tickValues(ticksOf("y", y, inner.height)).tickSizeInner(-inner.width).tickSizeOuter(0).tickPadding(8);
    for (const part of [xAxis, yAxis]) part.tickFormat(tidy);
    const axes = select(drawing).append("g").attr("class", "ls-axes").attr("aria-hidden", "true");
    axes.append("g").attr("class", "ls-axis ls-x").attr("transform", `translate(0,${tall - margin.bottom})`).call(xAxis);
    axes.append("g").attr("class", "ls-axis ls-y").attr("transform", `translate(${margin.left},0)`).call(yAxis);
    const write = (text, attributes) => axes.append(() => fillSvg(svg("text", { class: "ls-axis-label", ...attributes }), text));
    below.forEach((text, k) => write(text, { x: width - margin.right, y: tall - 8 - LINE * (below.length - 1 - k), "text-anchor": "end" }));
    above.forEach((text, k) => write(text, { x: 4, y: 14 + LINE * k }));
    const marks = svg("g", { "clip-path": `url(#${clip})` });
    const dots = [svg("g"), svg("g")];
    const labels = svg("g", { class: "ls-labels" });
    drawing.append(marks, ...dots, labels);
    frame = { x, y, inner, height: tall, marks, bars: shapes(dots[0], "line"), dots: shapes(dots[1], "circle"), labels, length };
  }

  // A direct label that stays inside the panel.
  function label(text, role, px, py, { anchor = "start", dx = LIFT, dy = -LIFT, flip = false } = {}) {
    const { inner, labels } = frame;
    const element = fillSvg(svg("text", { class: "ls-label", fill: color(role) }), text);
    labels.append(element);
    const length = frame.length(text) ?? 7 * text.length;
    if (flip && px - dx - length < inner.x + 4) [anchor, dy] = ["start", 2.6 * LIFT];
    let left = anchor === "start" ? px + dx : anchor === "end" ? px - dx - length : px - length / 2;
    if (length > inner.width - 6) left = (width - length) / 2; // with a reader's wide spacing
    else left = Math.min(Math.max(left, inner.x + 4), inner.x + inner.width - length - 2);
    const inside = (y) => Math.min(Math.max(y, inner.y + 12), inner.y + inner.height - 6);
    const free = (y) => !frame.taken.some((other) => left < other.right && left + length > other.left && Math.abs(y - other.y) < LINE);
    const wanted = inside(py + dy);
    const y = SHIFTS.map((shift) => inside(wanted + shift * LINE)).find(free) ?? wanted;
    frame.taken.push({ left, right: left + length, y });
    set(element, { x: left, y });
  }

  const draw = {
    line(mark, xs, ys) {
      const { x, y, marks } = frame;
      const ok = (k) => Number.isFinite(x(xs[k])) && Number.isFinite(y(ys[k]));
      const path = line().defined((_, k) => ok(k)).x((_, k) => x(xs[k])).y((_, k) => y(ys[k]));
      marks.append(svg("path", { d: path(xs), class: "ls-line", stroke: color(mark.role), "stroke-width": mark.width, "stroke-dasharray": mark.dash ? "6 5" : null }));
      if (!mark.label) return;
      const [low, high] = spec.y.domain;
      const good = [...xs.keys()].filter((k) => ok(k) && ys[k] >= low && ys[k] <= high && xs[k] >= spec.x.domain[0] && xs[k] <= spec.x.domain[1]);
      if (!good.length) return;
      const at = Math.round(mark.label_at * (good.length - 1));
      const k = good[at];
      const next = good[Math.min(at + 1, good.length - 1)];
      const before = good[Math.max(at - 1, 0)];
      const rising = y(ys[next]) < y(ys[before]) - 0.2;
      // Above the curve on the side where it is lower; below it if there is no room for that.
      label(mark.label, mark.role, x(xs[k]), y(ys[k]), rising ? { anchor: "end", flip: true } : {});
    },
    area(mark, xs, ys, base) {
      const { x, y, marks } = frame;
      const path = area()
        .defined((_, k) => Number.isFinite(x(xs[k])) && Number.isFinite(y(ys[k])))
        .x((_, k) => x(xs[k])).y1((_, k) => y(ys[k])).y0((_, k) => y(base.length > 1 ? base[k] : base[0]));
      marks.append(svg("path", { d: path(xs), fill: color(mark.role), "fill-opacity": mark.opacity }));
    },
    dot(mark, xs, ys, error) {
      const { x, y, bars, dots, inner } = frame;
      for (let k = 0; k < xs.length; k++) {
        const [px, py] = [x(xs[k]), y(ys[k])];
        const inside = px >= inner.x - 1 && px <= inner.x + inner.width + 1 && py >= inner.y - 1 && py <= inner.y + inner.height + 1;
        if (!inside) continue; // also when not finite
        const e = error ? (error.length > 1 ? error[k] : error[0]) : 0;
        if (e > 0) bars.put({ x1: px, x2: px, y1: y(ys[k] - e), y2: y(ys[k] + e), stroke: color(mark.role), "stroke-width": 1.5 });
        dots.put({ cx: px, cy: py, r: mark.radius, class: "ls-dot", fill: mark.hollow ? color("page") : color(mark.role), stroke: mark.hollow ? color(mark.role) : color("page") });
        if (mark.label && k === 0) label(mark.label, mark.role, px, py);
      }
    },
    rule(mark, xs, ys) {
      const { x, y, marks, inner } = frame;
      const [px, py] = [xs && x(xs[0]), ys && y(ys[0])];
      const [bottom, right] = [inner.y + inner.height, inner.x + inner.width];
      if ((xs && !Number.isFinite(px)) || (ys && !Number.isFinite(py))) return;
      const d = xs && ys ? `M${px},${bottom}V${py}H${inner.x}` : xs ? `M${px},${inner.y}V${bottom}` : `M${inner.x},${py}H${right}`;
      marks.append(svg("path", { d, class: "ls-line", stroke: color(mark.role), "stroke-width": mark.width, "stroke-dasharray": mark.dash ? "4 4" : null }));
      if (mark.label && xs && !ys) label(mark.label, mark.role, px, inner.y, { dx: 5, dy: 12 });
      if (mark.label && ys && !xs) label(mark.label, mark.role, right, py, { anchor: "end", dx: 2, dy: -5 });
    },
    bar(mark, xs, ys) {
      const { x, y, marks, inner } = frame;
      const floor = inner.y + inner.height;
      for (let k = 0; k < xs.length; k++) {
        const [px, py] = [x(xs[k]), y(ys[k])];
        if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
        const wide = mark.width ? Math.abs(x(xs[k] + mark.width) - px) : mark.pixels;
        marks.append(svg("rect", { x: px - wide / 2, y: Math.min(py, floor), width: wide, height: Math.abs(floor - py), fill: color(mark.role), "fill-opacity": mark.opacity }));
        if (mark.label && k === 0) label(mark.label, mark.role, px + wide / 2, py, { dx: 6, dy: 11 });
      }
    },
    text(mark, xs, ys) {
      const { x, y } = frame;
      if (Number.isFinite(x(xs[0])) && Number.isFinite(y(ys[0]))) label(mark.label, mark.role, x(xs[0]), y(ys[0]), { anchor: mark.anchor, dx: 0, dy: 4 });
    },
  };

  const channel = (value) => (value === null || value === undefined ? null : typeof value === "string" ? lookup(value) : Array.isArray(value) ? value : [value]);

  return {
    element: figure,
    height: (wide) => Math.round(Math.max(200, wide * spec.aspect)),
    // What the page is asked for; before anything in it changes, it answers without laying itself out.
    ask(newWidth) {
      if (newWidth !== width) rulers = probes.map(ruler);
    },
    // Letters have another width now.
    forget() { width = 0; },
    draw(revealed, newWidth, newHeight) {
      if (newWidth !== width || newHeight !== height) {
        [width, height] = [newWidth, newHeight];
        lay();
      }
      for (const layer of [frame.marks, frame.labels]) layer.replaceChildren();
      frame.taken = [];
      for (const mark of spec.marks) {
        if (mark.after_prediction && !revealed) continue;
        draw[mark.type](mark, channel(mark.x), channel(mark.y), channel(mark.base ?? mark.error));
      }
      frame.bars.end();
      frame.dots.end();
    },
  };
}
