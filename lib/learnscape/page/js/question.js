// Predict first: the reader commits before the picture tells.
import { html } from "./dom.js";
import { fillHtml } from "./labels.js";

export function makeQuestion(question, revealed) {
  const answer = html("p", { class: "ls-reveal", role: "status" });
  const buttons = (question.choices.length ? question.choices : ["Show the answer"]).map((text, k) => {
    const button = fillHtml(html("button", { type: "button", class: "ls-button ls-choice", "aria-pressed": question.choices.length ? "false" : null }), text);
    button.addEventListener("click", () => choose(k));
    return button;
  });
  function choose(k) {
    if (question.choices.length) {
      buttons.forEach((button, j) => {
        button.setAttribute("aria-pressed", String(j === k));
        button.classList.toggle("ls-right", j === question.answer);
      });
    } else buttons[0].hidden = true;
    const known = question.answer !== null && question.choices.length;
    const verdict = !known ? "" : k === question.answer ? "Right. " : "Not quite. "; // the text says which choice is right
    fillHtml(answer, verdict + question.reveal);
    revealed();
  }
  const text = fillHtml(html("p", { class: "ls-ask" }), question.text);
  text.prepend(html("strong", {}, "Predict first. "));
  return { element: html("div", { class: "ls-question" }, text, html("div", { class: "ls-choices" }, ...buttons), answer) };
}
