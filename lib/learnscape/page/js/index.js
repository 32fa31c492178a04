// The one module of the site: mounts what a static page contains, and is the front end of every widget of the library.
import { judge, makeCheck, memoryOf } from "./check.js";
import { makeExplorable, opening } from "./explorable.js";
import { evaluator } from "./host.js";
import { GONE, SILENT, watchKernel } from "./kernel.js";
import { pythonEvaluator, toFloats } from "./python.js";
import { recounter } from "./recount.js";

// ---- with a kernel (anywidget)

function renderCheck(model, host) {
  let waiting = null;
  const settle = (verdict) => {
    waiting?.answered();
    waiting?.resolve(verdict);
    waiting = null;
  };
  const kernel = watchKernel(model, () => (waiting ? settle({ text: GONE }) : box.show({ text: GONE })));
  const feedback = () => {
    const verdict = model.get("feedback");
    if (waiting && verdict.count === waiting.count) settle(verdict);
  };
  model.on("change:feedback", feedback);
  const submit = (answer) =>
    new Promise((resolve) => {
      if (kernel.lost) return resolve({ text: GONE });
      const count = (model.get("submission")?.count ?? 0) + 1;
      waiting?.answered();
      waiting = { count, resolve, answered: kernel.expect(() => box.show({ text: SILENT })) };
      kernel.send({ submission: { count, answer } });
    });
  const sent = model.get("submission") ?? {};
  const memory = { get: () => sent.answer ?? "", set() {} };
  const box = makeCheck({ spec: model.get("spec"), host, submit, memory });
  const last = model.get("feedback") ?? {};
  if (last.status && last.count === sent.count) box.show(last); // a second view, or a notebook that was closed and opened
  return () => {
    model.off("change:feedback", feedback);
    waiting?.answered();
    kernel.stop();
  };
}

function renderExplorable(model, host) {
  const spec = model.get("spec");
  const compute = pythonEvaluator(model, spec.controls.map((control) => control.name), (message) => api.warn(message));
  const api = makeExplorable({ spec, host, compute, values: model.get("values"), initial: toFloats(model.get("results")) });
  const same = (a, b) => a && b && Object.keys(a).every((name) => a[name] === b[name]);
  const changed = () => {
    // What we asked for ourselves comes back through the evaluator; anything else was set in Python or by another view.
    if (!compute.busy() && !same(model.get("values"), compute.sent)) api.receive(model.get("values"), toFloats(model.get("results")));
  };
  model.on("change:results", changed);
  return () => {
    model.off("change:results", changed);
    compute.stop();
    api.destroy();
  };
}

function render({ model, el }) {
  return model.get("element") === "check" ? renderCheck(model, el) : renderExplorable(model, el);
}

// ---- in a static page

async function mountExplorable(host, data) {
  const { spec, table } = data;
  if (!table && typeof WebAssembly === "undefined") throw new Error("WebAssembly is missing");
  const compute = evaluator(data);
  const initial = await compute(spec.controls.map((control) => control.value), opening(spec), spec.simulation?.seed ?? 0);
  const target = document.createElement("div");
  host.append(target);
  host.querySelectorAll(":scope > :is(.ls-fallback, .ls-still)").forEach((element) => element.remove());
  makeExplorable({ spec, host: target, compute, initial });
}

// One sentence for the reader; browsers name the policy in their own words, all of them with "CSP" or "Content Security Policy".
function reason(failure) {
  if (typeof WebAssembly === "undefined") return "this browser has WebAssembly switched off or does not know it, and the numbers are computed with it.";
  if (/csp|content.security.policy|unsafe-eval/i.test(failure.message)) {
    return "the Content-Security-Policy of this site forbids WebAssembly, which computes the numbers; its owner can allow it with 'wasm-unsafe-eval'.";
  }
  return `it could not be started (${failure.message}).`;
}

// A box with a kernel of its own counts what was typed; the others compare it with their rules.
function submitter({ spec, wasm }) {
  if (!wasm) return (answer) => judge(spec, answer);
  const { inputs, outputs } = spec.kernel;
  const recount = recounter(spec, evaluator({ spec: { controls: Array(inputs).fill(0), size: outputs, actions: {} }, wasm }));
  return (answer) => recount(answer).catch((failure) => ({ text: `Nothing was verified: ${reason(failure)}` }));
}

function mountCheck(host, data) {
  const target = document.createElement("div");
  makeCheck({ spec: data.spec, host: target, submit: submitter(data), memory: memoryOf(data.spec.id) });
  host.querySelector(".ls-fallback")?.remove();
  host.append(target);
}

async function bringToLife(host) {
  try {
    const data = JSON.parse(host.querySelector("script[type='application/json']").textContent);
    if (data.element === "check") mountCheck(host, data);
    else await mountExplorable(host, data);
    host.dataset.mounted = "true"; // the style sheet takes the theme's card away
  } catch (failure) {
    host.dataset.failed = failure.message; // the picture or the text without JavaScript stays
    const still = host.querySelector(".ls-still");
    if (still) still.textContent = `This picture stands still: ${reason(failure)}`;
    console.error(failure);
  }
}

const mounted = new Map();
function mount(host) {
  if (!mounted.has(host)) mounted.set(host, bringToLife(host));
  return mounted.get(host);
}

function inSight(host) {
  const { top, bottom, height } = host.getBoundingClientRect();
  return height > 0 && bottom > -innerHeight / 2 && top < 1.5 * innerHeight;
}

// The browser has read all of an element when it has begun with what comes after it, or after something that it is in.
function isComplete(element) {
  while (element && !element.nextSibling) element = element.parentElement;
  return Boolean(element);
}

// Each host comes to life as soon as the browser has read it, the later ones those in sight first; then typeset.js of the book is told to
// begin with the formulas. Each is drawn when its numbers arrive, hence in a task of its own.
async function mountAll() {
  const hosts = () => [...document.querySelectorAll("[data-learnscape]")];
  if (document.readyState === "loading") {
    const reading = new MutationObserver(() => hosts().filter(isComplete).forEach(mount));
    reading.observe(document, { childList: true, subtree: true });
    await new Promise((resolve) => document.addEventListener("readystatechange", resolve, { once: true }));
    reading.disconnect();
  }
  const first = hosts().filter(inSight).map(mount);
  hosts().forEach(mount);
  await Promise.all(first);
  document.dispatchEvent(new Event("learnscape:opened"));
}

if (typeof document !== "undefined") mountAll();

export default { render };
