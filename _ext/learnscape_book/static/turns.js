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

  function turn(event) {
    try { waiting.shift().call(document, event) } catch (failure) { reportError(failure) }
  }

  listen("DOMContentLoaded", async (event) => {
    delete document.addEventListener;
    delete window.addEventListener;
    // A reader who is quicker gets an answer: all turns at once, before the key or the finger is seen by what they prepare.
    const hurry = () => { while (waiting.length) turn(event) };
    for (const hand of ["pointerdown", "keydown"]) addEventListener(hand, hurry, { capture: true, once: true });
    if (document.querySelector("[data-learnscape='explorable']")) await Promise.race([opened, later(PATIENCE)]);
    while (waiting.length) {
      await later(0);
      if (waiting.length) turn(event);
    }
  });

  // Where the browser keeps nothing for the site, what the theme stores lasts as long as the page.
  for (const store of ["localStorage", "sessionStorage"]) {
    try {
      void window[store];
    } catch {
      const kept = new Map();
      const value = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, String(text)), removeItem: (key) => kept.delete(key) };
      Object.defineProperty(window, store, { value });
    }
  }
  document.documentElement.dataset.mode ??= "auto"; // the theme reads it before this script, and fails where nothing is kept

  // The theme chooses its colours there too; as they are known now, the page is not drawn in others first.
  const root = document.documentElement.dataset;
  root.theme = ["dark", "light"].includes(root.mode) ? root.mode : DARK.matches ? "dark" : "light";
})();
