// Sliders with marks, number boxes, lists and buttons. Each returns { element, show(value, lookup) }.
import { html, unique } from "./dom.js";
import { fillHtml, number, plain } from "./labels.js";

const STEPS = 1000; // positions of a logarithmic slider

function scaleOf(control) {
  if (control.scale !== "log") return { min: control.min, max: control.max, step: control.step, position: (v) => v, value: (p) => p };
  const ratio = Math.log(control.max / control.min);
  return {
    min: 0,
    max: STEPS,
    step: 1,
    position: (v) => Math.round((STEPS * Math.log(v / control.min)) / ratio),
    value: (p) => (p >= STEPS ? control.max : p <= 0 ? control.min : Number((control.min * Math.exp((ratio * p) / STEPS)).toPrecision(4))),
  };
}

const withUnit = (control, value) => number(value, control.digits) + (control.unit ? ` ${control.unit}` : "");

// A finger sets a slider where it lands; if the browser then takes the gesture over to scroll, the old value comes back.
function letScroll(input, change) {
  let before = null;
  input.addEventListener("pointerdown", (event) => { before = event.pointerType === "touch" ? input.held : null; });
  input.addEventListener("pointerup", () => { before = null; });
  input.addEventListener("pointercancel", () => {
    const value = before;
    before = null;
    if (value !== null) setTimeout(() => change(value)); // after the last "input" of the gesture
  });
}

function range(control, change) {
  const id = unique(control.name);
  const scale = scaleOf(control);
  const input = html("input", { type: "range", id, min: scale.min, max: scale.max, step: scale.step, "data-name": control.name });
  const shown = html("span", { class: "ls-value", "aria-hidden": "true" });
  const marks = Object.entries(control.marks).map(([label, at]) => {
    const button = html("button", { type: "button", class: "ls-mark" });
    fillHtml(button, label);
    button.setAttribute("aria-label", `${button.textContent}: set ${plain(control.label)}`);
    const mark = { button, at, value: typeof at === "number" ? at : NaN };
    button.addEventListener("click", () => Number.isFinite(mark.value) && change(mark.value));
    return mark;
  });
  const list = html("datalist", { id: `${id}-ticks` }, ...marks.filter((m) => Number.isFinite(m.value)).map((m) => html("option", { value: scale.position(m.value) })));
  if (marks.length) input.setAttribute("list", list.id);
  input.addEventListener("input", () => change(scale.value(Number(input.value))));
  letScroll(input, change);
  const track = html("div", { class: "ls-track" }, input, list);
  if (marks.length) track.append(html("div", { class: "ls-marks" }, ...marks.map((mark) => mark.button)));
  const label = fillHtml(html("label", { for: id }), control.label);
  const element = html("div", { class: "ls-control" }, html("div", { class: "ls-control-head" }, label, shown), track);
  return {
    element,
    show(value, lookup) {
      input.value = scale.position(value);
      input.held = value;
      input.setAttribute("aria-valuetext", withUnit(control, value));
      shown.textContent = withUnit(control, value);
      const fraction = (v) => (scale.position(v) - scale.min) / (scale.max - scale.min || 1);
      track.style.setProperty("--ls-filled", fraction(value));
      for (const mark of marks) {
        if (typeof mark.at === "string") mark.value = lookup(mark.at);
        const inside = mark.value >= control.min && mark.value <= control.max;
        mark.button.hidden = !inside;
        if (inside) mark.button.style.setProperty("--ls-at", fraction(mark.value));
      }
    },
  };
}

function box(control, change) {
  const id = unique(control.name);
  const input = html("input", { type: "number", id, min: control.min, max: control.max, step: control.step, "data-name": control.name });
  input.addEventListener("change", () => {
    const value = Number(input.value);
    if (input.value !== "" && Number.isFinite(value)) change(Math.min(control.max, Math.max(control.min, value)));
  });
  const label = fillHtml(html("label", { for: id }), control.label + (control.unit ? ` (${control.unit})` : ""));
  return { element: html("div", { class: "ls-control ls-short" }, label, input), show: (value) => (input.value = String(value)) };
}

function select(control, change) {
  const id = unique(control.name);
  const entries = Object.entries(control.options);
  const input = html("select", { id, "data-name": control.name }, ...entries.map(([text], k) => html("option", { value: k }, plain(text))));
  input.addEventListener("change", () => change(entries[Number(input.value)][1]));
  const label = fillHtml(html("label", { for: id }), control.label);
  const show = (value) => (input.value = String(entries.findIndex(([, option]) => Math.abs(option - value) < 1e-9)));
  return { element: html("div", { class: "ls-control ls-short" }, label, input), show };
}

function button(control, change) {
  let current = control.value;
  const press = () => change(current >= control.max ? control.min : current + 1);
  const element = fillHtml(html("button", { type: "button", class: "ls-button", "data-name": control.name, onclick: press }), control.label);
  return { element, show: (value) => (current = value) };
}

export const makers = { range, number: box, select, button };
