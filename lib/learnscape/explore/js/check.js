// The answer box of an exercise; learnscape/classroom/box.py defines the JSON.
import { KEYS_ARE_OURS, html, unique } from "./dom.js";

const MARKS = { missing: "", wrong: "\u2717", correct: "\u2713" };

// A typed number or fraction. Returns NaN for what is not a number, an infinity for a fraction over zero.
export function readNumber(typed, pattern) {
  const tidy = typed.replace(/\s+/g, "").replace(/\u2212/g, "-");
  if (!new RegExp(`^(?:${pattern})$`).test(tidy)) return NaN;
  const [top, bottom] = tidy.replace(/,/g, ".").split("/");
  return bottom === undefined ? Number(top) : Number(bottom) === 0 ? Infinity : Number(top) / Number(bottom);
}

export function judge(spec, answer) {
  const { texts } = spec;
  if (answer.trim() === "") return { status: "missing", text: texts.missing };
  if (spec.kind === "choice") {
    const option = spec.options.find(({ key }) => key === answer);
    return option ? { status: option.status, text: option.reason } : { status: "missing", text: texts.missing };
  }
  const value = readNumber(answer, spec.pattern);
  if (Number.isNaN(value)) return { status: "missing", text: texts.not_a_number };
  if (!Number.isFinite(value)) return { status: "wrong", text: texts.not_finite };
  const rule = spec.rules.find((r) => Math.abs(value - r.value) <= r.tolerance);
  return rule ? { status: rule.status, text: rule.text } : { status: "wrong", text: spec.otherwise };
}

/* `submit(answer)` gives a verdict { status, text }, or a promise of it. */
export function makeCheck({ spec, host, submit }) {
  const id = unique("check");
  const verdict = html("p", { class: "ls-verdict", role: "status", id: `${id}-verdict` });
  const root = html("section", { class: "ls-root ls-check", "aria-label": `Answer box ${spec.id}`, "data-exercise": spec.id, ...KEYS_ARE_OURS });
  host.append(root);
  root.dataset.ready = "true";
  if (spec.kind === "function") {
    root.append(html("p", { class: "ls-ask" }, spec.text));
    return root;
  }
  const button = html("button", { type: "submit", class: "ls-button ls-main" }, "Check");
  let read;
  let field;
  if (spec.kind === "choice") {
    const options = spec.options.map(({ key, text }) => html("label", { class: "ls-option" }, html("input", { type: "radio", name: id, value: key }), html("span", {}, text)));
    field = html("fieldset", { class: "ls-options" }, html("legend", {}, spec.ask), ...options);
    read = () => field.querySelector("input:checked")?.value ?? "";
  } else {
    const input = html("input", { type: "text", id, inputmode: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-verdict` });
    field = html("div", { class: "ls-answer" }, html("label", { for: id }, spec.ask), html("div", { class: "ls-typed" }, input, spec.unit ? html("span", { class: "ls-unit" }, spec.unit) : null, button));
    read = () => input.value;
  }
  const form = html("form", { class: "ls-check-form" }, field, spec.kind === "choice" ? button : null);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { status, text } = await submit(read());
    root.dataset.status = status;
    const mark = MARKS[status] ? html("span", { class: "ls-mark-sign", "aria-hidden": "true" }, `${MARKS[status]} `) : null;
    verdict.replaceChildren(...[mark, html("strong", {}, `${spec.leads[status]} `), text].filter(Boolean));
  });
  root.append(form, verdict);
  return root;
}
