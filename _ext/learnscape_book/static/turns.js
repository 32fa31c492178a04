// What the theme's scripts do when the page has been read would keep its reader waiting: here it comes after the explorables in sight, in turns.
(() => {
  const PATIENCE = 1000; // milliseconds after which the theme waits no longer for explorables
  const DARK = matchMedia("(prefers-color-scheme: dark)");
  const waiting = [];
  const listen = document.addEventListener.bind(document);
  const opened = new Promise((resolve) => listen("learnscape:opened", resolve, { once: true }));
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  document.addEventListener = (type, listener, options) =>
    type === "DOMContentLoaded" && document.readyState === "loading" ? waiting.push(listener) : listen(type, listener, options);

  // The theme looks for cut code in the whole page, after each change of it again; in_sight.js does so piece by piece.
  const heed = window.addEventListener;
  window.addEventListener = (type, ...more) => {
    if (type !== "load" || !document.currentScript?.src.includes("pydata-sphinx-theme")) heed.call(window, type, ...more);
  };

  // What was pressed before there was anybody to hear it is pressed again.
  const DEAF = ".theme-switch-button, .search-button__button, .primary-toggle, .secondary-toggle, [data-bs-toggle='dropdown']";
  const pressed = [];
  const note = ({ target, type, key, ctrlKey, metaKey }) => {
    if (document.readyState !== "loading" && !waiting.length) return; // it is heard
    const button = type === "click" ? target.closest?.(DEAF) : (ctrlKey || metaKey) && key === "k" ? document.querySelector(".search-button__button") : null;
    if (button) pressed.push(button);
  };
  for (const hand of ["click", "keydown"]) listen(hand, note, true);

  function turn(event) {
    try { waiting.shift().call(document, event) } catch (failure) { reportError(failure) }
  }

  listen("DOMContentLoaded", async (event) => {
    delete document.addEventListener;
    delete window.addEventListener;
    // A reader who is quicker gets an answer: all turns at once, before the key or the finger is seen by what they prepare.
    const hurry = () => { while (waiting.length) turn(event) };
    const again = () => {
      for (const hand of ["click", "keydown"]) document.removeEventListener(hand, note, true);
      pressed.forEach((button) => button.click());
    };
    for (const hand of ["pointerdown", "keydown"]) addEventListener(hand, hurry, { capture: true, once: true });
    if (document.querySelector("[data-learnscape='explorable']")) await Promise.race([opened, later(PATIENCE)]);
    while (waiting.length) {
      await later(0);
      if (waiting.length) turn(event);
    }
    again();
  });

  // The theme chooses its colours when the page has been read; as they are known now, the page is not drawn in others first.
  const root = document.documentElement.dataset;
  root.theme = ["dark", "light"].includes(root.mode) ? root.mode : DARK.matches ? "dark" : "light";

  // Room is kept for explorables unless none will come: browsers load no module from a file, and it may be lost on its way.
  if (location.protocol !== "file:") root.explorables = "";
  addEventListener("error", ({ target }) => { if (target.matches?.("script[type='module']")) delete root.explorables }, true);
})();
