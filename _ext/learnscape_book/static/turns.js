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

  listen("DOMContentLoaded", async (event) => {
    delete document.addEventListener;
    if (document.querySelector("[data-learnscape='explorable']")) await Promise.race([opened, later(PATIENCE)]);
    for (const listener of waiting) {
      await later(0);
      try { listener.call(document, event) } catch (failure) { reportError(failure) }
    }
  });

  // The theme chooses its colours there too; as they are known now, the page is not drawn in others first.
  const root = document.documentElement.dataset;
  root.theme = ["dark", "light"].includes(root.mode) ? root.mode : DARK.matches ? "dark" : "light";
})();
