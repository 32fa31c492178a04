// The answer box of an exercise, whose JSON learnscape/classroom/box.py defines, and the verifier's (learnscape/challenge/verifier.py).
import { KEYS_ARE_OURS, html, unique } from "./dom.js";
import { readNumbers } from "./number.js";
import { split } from "./recount.js";

const MARKS = { missing: "", wrong: "\u2717", correct: "\u2713" };

export function judge(spec, answer) {
  const { texts } = spec;
  if (answer.trim() === "") return { status: "missing", text: texts.missing };
  if (spec.kind === "choice") {
    const option = spec.options.find(({ key }) => key === answer);
    return option ? { status: option.status, text: option.reason } : { status: "missing", text: texts.missing };
  }
  const values = readNumbers(answer, spec.unit, spec.whole);
  if (!values.length) return { status: "missing", text: texts.not_a_number };
  if (!values.every(Number.isFinite)) return { status: "wrong", text: texts.not_finite };
  const rule = spec.rules.find((r) => values.some((value) => Math.abs(value - r.value) <= r.tolerance));
  if (rule) return { status: rule.status, text: rule.text };
  if (spec.whole && !values.some(Number.isInteger)) return { status: "wrong", text: texts.not_whole };
  return { status: "wrong", text: spec.otherwise };
}

// What was typed survives a reload of the page; a browser that keeps nothing is no reason to fail.
export function memoryOf(id) {
  const key = `learnscape:answer:${id}`;
  return {
    get() {
      try { return localStorage.getItem(key) ?? ""; } catch { return ""; }
    },
    set(answer) {
      try { if (answer) localStorage.setItem(key, answer); else localStorage.removeItem(key); } catch { /* private window, file: */ }
    },
  };
}

/* `submit(answer)` gives a verdict { status, text }, or a promise of it; `memory` keeps what was typed. Returns { root, show }. */
export function makeCheck({ spec, host, submit, memory = { get: () => "", set() {} } }) {
  const id = unique("check");
  const verdict = html("p", { class: "ls-verdict", role: "status", id: `${id}-verdict` });
  const root = html("section", { class: "ls-root ls-check", "aria-label": `Answer box ${spec.id}`, "data-exercise": spec.id, ...KEYS_ARE_OURS });
  host.append(root);
  root.dataset.ready = "true";
  // A verdict, or (without status) a plain sentence in its place.
  function show({ status, text }) {
    if (status) root.dataset.status = status;
    else delete root.dataset.status;
    const mark = MARKS[status] ? html("span", { class: "ls-mark-sign", "aria-hidden": "true" }, `${MARKS[status]} `) : null;
    const lead = status ? html("strong", {}, `${spec.leads[status]} `) : null;
    verdict.replaceChildren(...[mark, lead, text].filter(Boolean));
  }
  if (spec.kind === "function") {
    root.append(html("p", { class: "ls-ask" }, spec.text));
    return { root, show };
  }
  const button = html("button", { type: "submit", class: "ls-button ls-main" }, spec.button ?? "Check");
  const before = memory.get();
  let read;
  let field;
  if (spec.kind === "choice") {
    const options = spec.options.map(({ key, text }) => html("label", { class: "ls-option" }, html("input", { type: "radio", name: id, value: key, checked: key === before }), html("span", {}, text)));
    field = html("fieldset", { class: "ls-options" }, html("legend", {}, spec.ask), ...options);
    read = () => field.querySelector("input:checked")?.value ?? "";
  } else if (spec.kind === "solution") {
    const [chosen, text] = split(before);
    const option = ({ name, label }) => html("option", { value: name, selected: name === chosen }, label);
    const groups = spec.groups.map(({ label, instances }) => html("optgroup", { label }, ...instances.map(option)));
    const instance = html("select", { id: `${id}-instance` }, ...groups);
    const area = html("textarea", { id, rows: 4, autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": `${id}-verdict` });
    area.value = text;
    field = html("div", { class: "ls-answer ls-solution" }, html("label", { for: instance.id }, spec.which), instance, html("label", { for: id }, spec.ask), area);
    read = () => `${instance.value} ${area.value}`;
  } else {
    const input = html("input", { type: "text", id, inputmode: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-verdict` });
    input.value = before;
    field = html("div", { class: "ls-answer" }, html("label", { for: id }, spec.ask), html("div", { class: "ls-typed" }, input, spec.unit ? html("span", { class: "ls-unit" }, spec.unit) : null, button));
    read = () => input.value;
  }
  const form = html("form", { class: "ls-check-form" }, field, field.contains(button) ? null : button);
  form.addEventListener("input", () => {
    memory.set(read());
    if (verdict.hasChildNodes()) show({ text: spec.changed ?? "" }); // a verdict is one on the answer that stands there
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = read();
    const answer = submit(given);
    if (answer instanceof Promise) show({ text: "" });
    const said = await answer;
    if (read() === given) show(said);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  root.append(form, verdict);
  return { root, show };
}
