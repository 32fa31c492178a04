// One set of axes with marks. Axes, scales and shapes by D3; the domain is fixed, so the curves move and the axes do not.
import { axisBottom, axisLeft } from "d3-axis";
import { format } from "d3-format";
import { scaleLinear, scaleLog } from "d3-scale";
import { select } from "d3-selection";
import { area, curveLinear, curveMonotoneX, line } from "d3-shape";
import { color, html, set, shapes, svg, unique } from "./dom.js";
import { fillHtml, fillSvg, superscript } from "./labels.js";
import { ruler } from "./measure.js";
import { around, makePlacer } from "./place.js";

const MARGIN = { top: 30, right: 16, bottom: 44, left: 46 };
const PAD = 8; // between an axis and its numbers
const short = format("~g");

// Powers of ten below a thousandth or above ten thousand as 10 with an exponent; everything else in as few digits as it needs.
function tidy(value) {
  const exponent = Math.round(Math.log10(Math.abs(value)));
  const isPower = value > 0 && Math.abs(Math.log10(value) - exponent) < 1e-9;
  return isPower && (exponent < -3 || exponent > 4) ? `10${superscript(exponent)}` : short(value);
}
const LINE = 17; // height of a line of the axes' labels
const SHIFTS = Array.from({ length: 21 }, (_, k) => (LINE / 2) * (k % 2 ? -1 : 1) * Math.ceil(k / 2)); // by which free words give way
const PARTS = Array.from({ length: 14 }, (_, k) => k / 13); // of the way along a rule or a bar

export function makePanel(spec, lookup) {
  const clip = unique("clip");
  const drawing = svg("svg", { role: "img", "aria-label": spec.alt, class: "ls-panel" });
  const probes = ["ls-axis-label", "ls-label"].map((name) => drawing.appendChild(svg("text", { class: name })));
  const figure = html("div", { class: "ls-part" }, spec.title ? fillHtml(html("div", { class: "ls-part-title" }), spec.title) : null, drawing);
  let [width, height] = [0, 0];
  let frame = null;
  let rulers = null;
  let top = spec.y.domain[1];
  const kept = new Map(); // where the labels stood last

  const ticksOf = (axis, scale, room) => {
    if (spec[axis].ticks) return spec[axis].ticks;
    return scale.ticks(Math.max(2, Math.floor(room / (axis === "x" ? 70 : 48))));
  };

  // Words in lines, which end between words: on a phone the labels of some axes are longer than the picture is wide.
  function broken(label, length, room) {
    const fits = (text) => !(length(text) > room);
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
    const [below, above] = [spec.x.label, spec.y.label].map((label) => broken(label, ofAxes, width - MARGIN.right));
    const margin = { ...MARGIN, top: MARGIN.top + LINE * (above.length - 1), bottom: MARGIN.bottom + LINE * (below.length - 1) };
    const tall = height + margin.top - MARGIN.top + margin.bottom - MARGIN.bottom; // with the further lines
    const make = (axis, domain) => (spec[axis].scale === "log" ? scaleLog() : scaleLinear()).domain(domain);
    const y = make("y", [spec.y.domain[0], top]).range([tall - margin.bottom, margin.top]);
    const ticks = ticksOf("y", y, tall - margin.top - margin.bottom);
    margin.left = Math.max(margin.left, ...ticks.map((tick) => ofAxes(tidy(tick)) + PAD || 0)); // wide with a reader's own spacing
    const x = make("x", spec.x.domain).range([margin.left, width - margin.right]);
    set(drawing, { viewBox: `0 0 ${width} ${tall}`, width, height: tall });
    const inner = { x: margin.left, y: margin.top, width: width - margin.left - margin.right, height: tall - margin.top - margin.bottom };
    drawing.append(svg("clipPath", { id: clip }, svg("rect", { ...inner, y: inner.y - 4, width: inner.width + 6, height: inner.height + 4 })));
    const xAxis = axisBottom(x).tickValues(ticksOf("x", x, inner.width)).tickSizeInner(-inner.height).tickSizeOuter(0).tickPadding(PAD);
    const yAxis = axisLeft(y).tickValues(ticks).tickSizeInner(-inner.width).tickSizeOuter(0).tickPadding(PAD);
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

  const one = (value) => (typeof value === "string" ? lookup(value)[0] : value);
  const channel = (value) => (value === null || value === undefined ? null : typeof value === "string" ? lookup(value) : [value].flat().map(one));

  // The first of the axis's upper ends that holds all curves.
  function topNow() {
    let highest = -Infinity;
    for (const mark of spec.marks) {
      if (mark.type !== "line") continue;
      const [xs, ys] = [channel(mark.x), channel(mark.y)];
      ys.forEach((y, k) => { if (xs[k] >= spec.x.domain[0] && xs[k] <= spec.x.domain[1] && y > highest) highest = y; });
    }
    const tops = [spec.y.domain[1], ...spec.y.tops];
    return tops.find((end) => highest <= end) ?? tops.at(-1);
  }

  // A sentence in the middle of a picture that shows nothing.
  function explain() {
    const { inner, labels, length } = frame;
    const lines = broken(spec.empty, length, inner.width - 2 * LINE);
    lines.forEach((text, k) => {
      const y = inner.y + inner.height / 2 + LINE * (k - (lines.length - 1) / 2) + 5;
      labels.append(svg("text", { class: "ls-label", x: inner.x + inner.width / 2, y, "text-anchor": "middle", fill: color("muted") }, text));
    });
  }

  // A direct label: the cheapest of `places(length)`, for this curve if it belongs to one.
  function label({ label: text, role }, own, places) {
    const length = frame.length(text) ?? 7 * text.length;
    frame.placer.want(text, length, own, places(length), (x, y) => frame.labels.append(fillSvg(svg("text", { class: "ls-label", fill: color(role), x, y }), text)));
  }

  const draw = {
    line(mark, xs, ys) {
      const { x, y, marks } = frame;
      const ok = (k) => Number.isFinite(x(xs[k])) && Number.isFinite(y(ys[k]));
      const path = line().curve(mark.smooth ? curveMonotoneX : curveLinear).defined((_, k) => ok(k)).x((_, k) => x(xs[k])).y((_, k) => y(ys[k]));
      marks.append(svg("path", { d: path(xs), class: "ls-line", stroke: color(mark.role), "stroke-width": mark.width, "stroke-dasharray": mark.dash ? "6 5" : null }));
      const own = frame.placer.curve(xs.length, (k) => x(xs[k]), (k) => y(ys[k]));
      frame.shown ||= own.seen;
      if (mark.label) label(mark, own, (length) => frame.placer.along(own, mark.label_at, length));
    },
    area(mark, xs, ys, base) {
      const { x, y, marks } = frame;
      const path = area()
        .defined((_, k) => Number.isFinite(x(xs[k])) && Number.isFinite(y(ys[k])))
        .x((_, k) => x(xs[k])).y1((_, k) => y(ys[k])).y0((_, k) => y(base.length > 1 ? base[k] : base[0]));
      marks.append(svg("path", { d: path(xs), fill: color(mark.role), "fill-opacity": mark.opacity }));
      frame.shown ||= xs.some((_, k) => Math.abs(y(ys[k]) - y(base.length > 1 ? base[k] : base[0])) > 0.5);
    },
    dot(mark, xs, ys, error) {
      const { x, y, bars, dots, inner } = frame;
      for (let k = 0; k < xs.length; k++) {
        const [px, py] = [x(xs[k]), y(ys[k])];
        const inside = px >= inner.x - 1 && px <= inner.x + inner.width + 1 && py >= inner.y - 1 && py <= inner.y + inner.height + 1;
        if (!inside) continue; // also when not finite
        frame.shown = true;
        const e = error ? (error.length > 1 ? error[k] : error[0]) : 0;
        if (e > 0) bars.put({ x1: px, x2: px, y1: y(ys[k] - e), y2: y(ys[k] + e), stroke: color(mark.role), "stroke-width": 1.5 });
        dots.put({ cx: px, cy: py, r: mark.radius, class: "ls-dot", fill: mark.hollow ? color("page") : color(mark.role), stroke: mark.hollow ? color(mark.role) : color("page") });
        const r = mark.radius + 1;
        frame.placer.shape(px - r, py - r, px + r, py + r);
        if (mark.label && k === 0) label(mark, null, (length) => [...around(px, py, py, length), ...around(px, py - 8, py + 8, length, 30, 16)]);
      }
    },
    rule(mark, xs, ys) {
      const { x, y, marks, inner } = frame;
      const [px, py] = [xs && x(xs[0]), ys && y(ys[0])];
      const [bottom, right] = [inner.y + inner.height, inner.x + inner.width];
      if ((xs && !Number.isFinite(px)) || (ys && !Number.isFinite(py))) return;
      const d = xs && ys ? `M${px},${bottom}V${py}H${inner.x}` : xs ? `M${px},${inner.y}V${bottom}` : `M${inner.x},${py}H${right}`;
      marks.append(svg("path", { d, class: "ls-line", stroke: color(mark.role), "stroke-width": mark.width, "stroke-dasharray": mark.dash ? "4 4" : null }));
      const ends = xs && ys ? [[px, bottom], [px, py], [inner.x, py]] : xs ? [[px, inner.y], [px, bottom]] : [[inner.x, py], [right, py]];
      const own = frame.placer.curve(ends.length, (k) => ends[k][0], (k) => ends[k][1]);
      if (!mark.label) return;
      label(mark, own, (length) =>
        PARTS.flatMap((part) => xs
          ? [px + 8, px - 8 - length].map((left, k) => [left, inner.y + 12 + part * inner.height, 60 * part + 4 * k])
          : [py - 6, py + 16].map((base, k) => [right - 2 - length - part * (inner.width - length), base, 60 * part + 4 * k])));
    },
    bar(mark, xs, ys) {
      const { x, y, marks, inner } = frame;
      const floor = inner.y + inner.height;
      for (let k = 0; k < xs.length; k++) {
        const [px, py] = [x(xs[k]), y(ys[k])];
        if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
        frame.shown ||= floor - py > 0.5;
        const wide = mark.width ? Math.abs(x(xs[k] + mark.width) - px) : mark.pixels;
        marks.append(svg("rect", { x: px - wide / 2, y: Math.min(py, floor), width: wide, height: Math.abs(floor - py), fill: color(mark.role), "fill-opacity": mark.opacity }));
        frame.placer.shape(px - wide / 2, Math.min(py, floor), px + wide / 2, Math.max(py, floor));
        if (!mark.label || k > 0) continue;
        label(mark, null, (length) =>
          PARTS.flatMap((part) => [py + 11 + part * (floor - py), py + 11 + part * (inner.y - py)].flatMap((base, k) =>
            [px + wide / 2 + 6, px - wide / 2 - 6 - length].map((left, side) => [left, base, 60 * part + 4 * side + k]))));
      }
    },
    text(mark, xs, ys) {
      const { x, y } = frame;
      const [px, py] = [x(xs[0]), y(ys[0])];
      if (!Number.isFinite(px) || !Number.isFinite(py)) return;
      const share = { start: 0, middle: 0.5, end: 1 }[mark.anchor];
      label(mark, null, (length) => SHIFTS.map((shift) => [px - share * length, py + 4 + shift, Math.abs(shift)]));
    },
  };

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
      const newTop = spec.y.tops.length ? topNow() : top;
      if (newWidth !== width || newHeight !== height || newTop !== top) {
        [width, height, top] = [newWidth, newHeight, newTop];
        kept.clear();
        lay();
      }
      for (const layer of [frame.marks, frame.labels]) layer.replaceChildren();
      frame.placer = makePlacer(frame.inner, kept);
      frame.shown = false; // whether there is a curve, a point or a bar
      for (const mark of spec.marks) {
        if (mark.after_prediction && !revealed) continue;
        draw[mark.type](mark, channel(mark.x), channel(mark.y), channel(mark.base ?? mark.error));
      }
      frame.placer.place();
      if (spec.empty && !frame.shown) explain();
      frame.bars.end();
      frame.dots.end();
    },
  };
}
