// An explorable: controls, pictures, readouts, a question, and whoever computes, put together.
import { makers } from "./controls.js";
import { KEYS_ARE_OURS, color, frame, html, reducedMotion, unique } from "./dom.js";
import { fill, fillHtml, number } from "./labels.js";
import { makePanel } from "./panel.js";
import { makeQuestion } from "./question.js";
import { makePlayer } from "./player.js";
import { makeView } from "./views/index.js";

const SAY_AFTER = 600; // milliseconds of rest before a screen reader hears the sentence
const SAY_EVERY = 5000; // while a simulation plays there is no rest: at most one sentence in this time
const GAP = 10; // pixels between two pictures above each other, as in the style sheet
const LOST = "The numbers overflow here: there is no finite answer at these values.";

// What is done before the first picture.
export function opening(spec) {
  const { advance, restart } = spec.actions;
  return [restart, ...Array(spec.simulation?.opening_steps ?? 0).fill(advance)];
}

/* `compute(values, actions, seed)` returns a promise of the outputs after these actions; `initial` are the outputs after `opening(spec)`. */
export function makeExplorable({ spec, host, compute, values: given, initial }) {
  const { redraw, advance, restart } = spec.actions;
  const simulation = spec.simulation;
  const index = Object.fromEntries(spec.controls.map((control, k) => [control.name, k]));
  const defaults = spec.controls.map((control) => control.value);
  const values = given ? spec.controls.map((c) => given[c.name] ?? c.value) : defaults.slice();
  let outputs = initial;
  let seed = simulation?.seed ?? 0;
  let revealed = !spec.question;
  let steps = simulation?.opening_steps ?? 0;

  const lookup = (name) => {
    if (name in spec.outputs) return outputs.subarray(...spec.outputs[name]);
    if (name in spec.constants) return spec.constants[name];
    if (name in index) return [values[index[name]]];
    throw new Error(`nothing is called ${name}`);
  };
  const scalar = (name) => lookup(name)[0];

  // ---- elements
  const titleId = unique("title");
  const title = fillHtml(html("div", { class: "ls-title", id: titleId }), spec.title);
  const resetButton = html("button", { type: "button", class: "ls-button ls-quiet ls-reset", onclick: () => reset() }, "Reset");
  const controls = spec.controls.map((control, k) =>
    control.kind === "hidden" ? null : makers[control.kind](control, (value) => change(control.name, value)),
  );
  const visible = controls.filter(Boolean);
  const form = html("form", { class: "ls-controls", onsubmit: (event) => event.preventDefault() }, ...visible.map((c) => c.element));
  const readouts = spec.readouts.map((readout) => {
    const value = html("dd", { style: `color: ${color(readout.role)}` });
    const element = html("div", { class: "ls-readout" }, fillHtml(html("dt"), readout.label), value);
    return { readout, value, element };
  });
  const readoutList = readouts.length ? html("dl", { class: "ls-readouts" }, ...readouts.map((r) => r.element)) : null;
  const problem = html("p", { class: "ls-problem", hidden: true });
  const live = html("p", { class: "ls-heard", "aria-live": "polite" });
  const notes = spec.notes.map((note) => ({ note, element: fillHtml(html("p", { class: "ls-note" }), note.text) }));
  const [exact, plain] = [true, false].map((wanted) => notes.filter(({ note }) => note.exactness === wanted).map(({ element }) => element));
  const howExact = exact.length ? html("details", { class: "ls-note ls-exact" }, html("summary", {}, "How exact is this?"), ...exact) : null;
  const context = { spec, lookup, scalar, set: change, value: (name) => values[index[name]], control: (name) => spec.controls[index[name]] };
  const parts = spec.picture.map((part) => (part.kind === "view" ? makeView(part, context) : makePanel(part, lookup)));
  const picture = html("div", { class: "ls-picture" }, ...parts.map((part) => part.element));
  if (parts.length === 1) picture.classList.add("ls-single");
  if (parts.length === 3) picture.classList.add("ls-three");
  const question = spec.question && makeQuestion(spec.question, () => { revealed = true; draw(); });
  const player = simulation && makePlayer(simulation, {
    step: () => enqueue(advance),
    restart: () => enqueue(restart),
    fresh: () => { seed += 1; enqueue(restart); },
    finished: () => Boolean(simulation.finished && scalar(simulation.finished)),
    idle,
    stopped: () => say(latest),
  });
  const root = html(
    "section", { class: "ls-root", "aria-labelledby": titleId, "data-name": spec.name, ...KEYS_ARE_OURS },
    html("div", { class: "ls-head" }, title, resetButton),
    question?.element,
    html("div", { class: "ls-panelboard" }, html("div", { class: "ls-hands" }, form, player?.element), readoutList),
    problem, picture, ...plain, howExact, live,
  );
  if (!visible.length) form.remove();
  host.append(root);

  // ---- drawing
  // Charts beside other pictures are as high as these, so that no corner stays empty.
  function heightsFor(widths) {
    const own = parts.map((part, k) => part.height?.(widths[k]) ?? part.element.clientHeight);
    if (parts.length === 1 || widths[0] > 0.7 * picture.clientWidth) return own;
    if (parts.length !== 3) return own.map((_, k) => Math.max(...own.slice(k - (k % 2), k - (k % 2) + 2)));
    const both = Math.max(own[0] - GAP, own[1] + own[2]);
    return [both + GAP, ...own.slice(1).map((height) => Math.floor((height * both) / (own[1] + own[2])))];
  }
  function draw() {
    // Before anything changes: asked later, each lays the page out.
    const widths = parts.map((part) => Math.floor(part.element.clientWidth) || 320);
    const heights = heightsFor(widths);
    parts.forEach((part, k) => part.ask?.(widths[k]));
    const status = "status" in spec.outputs ? scalar("status") : 0;
    const holds = (name) => !name || Boolean(scalar(name)); // not zero, not NaN
    const lost = readouts.some(({ readout }) => holds(readout.when) && !Number.isFinite(scalar(readout.value)));
    const message = status !== 0 ? spec.messages[String(status)] ?? `There is no answer at these values (status ${status}).` : lost ? LOST : "";
    show(message);
    controls.forEach((control, k) => control?.show(values[k], scalar));
    for (const { readout, value } of readouts) {
      const raw = scalar(readout.value) * (readout.percent ? 100 : 1);
      const unit = readout.percent ? " %" : readout.unit && ` ${readout.unit}`;
      const known = number(raw, readout.digits) + (Number.isFinite(raw) ? unit : "");
      value.textContent = readout.after_prediction && !revealed ? "?" : holds(readout.when) ? known : "\u2013"; // its room stays
    }
    for (const { note, element } of notes) element.hidden = !holds(note.when);
    parts.forEach((part, k) => part.draw(revealed, widths[k], heights[k]));
    player?.show();
    say(message || fill(spec.announce, scalar));
  }
  // Its room stays once there was a message, so that the picture does not go up and down with the slider.
  function show(message) {
    if (message) problem.hidden = false;
    problem.classList.toggle("ls-past", !message);
    if (message) problem.textContent = message;
  }
  function warn(message) {
    show(message);
    say(message);
  }
  let timer = 0;
  let spoken = null;
  let latest = null;
  let spokenAt = -SAY_EVERY;
  function say(sentence) {
    latest = sentence;
    if (spoken === null) { spoken = sentence; return; } // silent when the page is opened
    if (timer && player?.playing) return; // the sentence that waits will be the latest one
    clearTimeout(timer);
    const wait = player?.playing ? Math.max(SAY_AFTER, spokenAt + SAY_EVERY - performance.now()) : SAY_AFTER;
    timer = setTimeout(() => {
      timer = 0;
      if (latest === spoken) return;
      live.textContent = spoken = latest;
      spokenAt = performance.now();
    }, wait);
  }

  // ---- computing: at most one request under way, the first one at once; of several moves of a slider only the last counts
  let queue = [];
  let working = false;
  let moved = 0;
  let waiting = [];
  function enqueue(action) {
    if (action === restart) queue = [restart];
    else if (action === advance || !queue.length) queue.push(action);
    moved ||= performance.now();
    if (!working) { working = true; queueMicrotask(work); } // after all that this event changes
  }
  async function work() {
    while (queue.length) {
      const [actions, since] = [queue, moved];
      [queue, moved] = [[], 0];
      try {
        outputs = await compute(values.slice(), actions, seed);
        const taken = actions.filter((action) => action === advance).length;
        steps = actions[0] === restart ? taken : steps + taken;
        draw();
        api.milliseconds = performance.now() - since;
        settle();
      } catch (failure) {
        player?.stop();
        warn(failure.message);
      }
      if (queue.length) await frame(); // the picture is seen before the next one is computed
    }
    working = false;
    waiting.forEach((resolve) => resolve());
    waiting = [];
  }
  // What comes to rest over several pictures, so that none of them takes long.
  function settle() {
    if (!queue.length && simulation?.settling && scalar(simulation.settling)) enqueue(redraw);
  }
  function idle() {
    return working ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
  }
  function change(name, value) {
    const control = spec.controls[index[name]];
    const clamped = Math.min(control.max, Math.max(control.min, value));
    if (values[index[name]] === clamped) return;
    values[index[name]] = clamped;
    controls[index[name]]?.show(clamped, scalar);
    if (simulation && control.restarts) player.stop();
    enqueue(!simulation || control.restarts ? restart : redraw);
  }
  function reset() {
    player?.stop();
    defaults.forEach((value, k) => { values[k] = value; });
    seed = simulation?.seed ?? 0;
    problem.hidden = true;
    opening(spec).forEach(enqueue);
  }

  const api = {
    spec, root, set: change, reset, idle, lookup,
    step: () => enqueue(advance),
    get values() { return Object.fromEntries(spec.controls.map((control, k) => [control.name, values[k]])); },
    get outputs() { return outputs; },
    get steps() { return steps; },
    get seed() { return seed; },
    milliseconds: 0,
    // Values and outputs that came from elsewhere, that is from Python.
    receive(newValues, newOutputs) {
      spec.controls.forEach((control, k) => { values[k] = newValues[control.name] ?? values[k]; });
      if (newOutputs.length === spec.size) outputs = newOutputs;
      draw();
      settle();
    },
    warn,
    destroy() { observer.disconnect(); player?.stop(); clearTimeout(timer); root.remove(); },
  };
  // A reader's own spacing of text, or another font, shows in a sample that nobody sees.
  const sample = root.appendChild(html("span", { class: "ls-sample", "aria-hidden": "true" }));
  const size = () => [root.clientWidth, sample.offsetWidth];
  let seen = size(); // asked before the picture changes, as in draw
  draw();
  const observer = new ResizeObserver(() => {
    const now = size();
    if (now[1] !== seen[1]) parts.forEach((part) => part.forget?.());
    if (now.some((length, k) => length !== seen[k])) draw();
    seen = now;
  });
  observer.observe(root);
  observer.observe(sample);
  root.learnscape = api;
  root.dataset.ready = "true";
  if (simulation?.autoplay && !reducedMotion()) player.play();
  return api;
}
