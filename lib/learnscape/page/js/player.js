// Play, pause, step, restart and new data for a simulation.
import { html, reducedMotion } from "./dom.js";

const RUSH = 2000; // most steps taken at once where motion is not wanted

export function makePlayer(simulation, { step, restart, fresh, finished, idle, stopped }) {
  let playing = false;
  let timer = 0;
  const still = reducedMotion() && Boolean(simulation.finished);
  const playButton = html("button", { type: "button", class: "ls-button ls-main", onclick: () => (playing ? stop() : play()) });
  const stepButton = html("button", { type: "button", class: "ls-button", onclick: () => { stop(); step(); } }, "Step");
  const restartButton = html("button", { type: "button", class: "ls-button", onclick: () => { stop(); restart(); } }, "Start again");
  const freshButton = simulation.new_data ? html("button", { type: "button", class: "ls-button", onclick: () => { stop(); fresh(); } }, simulation.new_data) : null;

  async function play() {
    if (finished()) restart();
    if (still) {
      await idle();
      for (let k = 0; k < RUSH && !finished(); k += 20) {
        for (let j = 0; j < 20; j++) step();
        await idle();
      }
      return;
    }
    playing = true;
    show();
    tick();
  }
  async function tick() {
    if (!playing) return;
    if (!document.hidden) step();
    await idle();
    if (finished()) stop();
    else if (playing) timer = setTimeout(tick, simulation.interval);
  }
  function stop() {
    const was = playing;
    playing = false;
    clearTimeout(timer);
    show();
    if (was) stopped();
  }
  function show() {
    const label = still ? "Run to the end" : playing ? "Pause" : "Play";
    if (playButton.textContent !== label) playButton.textContent = label;
    playButton.classList.toggle("ls-playing", playing);
    stepButton.disabled = finished();
  }
  playButton.textContent = still ? "Run to the end" : "Play";
  return {
    element: html("div", { class: "ls-player" }, playButton, stepButton, restartButton, freshButton), play, stop, show,
    get playing() { return playing; },
  };
}
