// Formulas come after the explorables in sight, and in pieces, so that the page answers in between; those in sight and below come first.
// The page names MathJax in a script of a type that browsers do not load (mathjax_options in _config.yml).
(() => {
  const PIECE = 40; // milliseconds that a piece should take, if that is not less than
  const FEWEST = 8; // formulas: each piece makes the browser lay out the page once more
  const PATIENCE = 4000; // milliseconds after which formulas no longer wait for explorables
  const opened = new Promise((resolve) => document.addEventListener("learnscape:opened", resolve, { once: true }));
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const channel = new MessageChannel(); // timers of a page in the background come once a second only
  const breath = () => new Promise((resolve) => { channel.port1.onmessage = resolve; channel.port2.postMessage(null); });
  let left = [];

  function formulas() {
    const names = MathJax.config.options.processHtmlClass.split("|").map((name) => `.${name}`);
    const all = [...document.querySelectorAll(names.join())].filter((element) => !element.parentElement.closest(names.join()));
    const above = new Set(all.filter((element) => element.getBoundingClientRect().bottom < 0));
    return [...all.filter((element) => !above.has(element)), ...above];
  }

  async function typeset() {
    left = formulas();
    for (let size = FEWEST; left.length; await breath()) {
      const start = performance.now();
      await MathJax.typesetPromise(left.splice(0, size));
      size = Math.max(FEWEST, Math.min(2 * size, Math.round((size * PIECE) / (performance.now() - start))));
    }
  }

  async function load(inert) {
    if (document.querySelector("[data-learnscape='explorable']")) await Promise.race([opened, later(PATIENCE)]);
    const script = Object.assign(document.createElement("script"), { src: inert.src, async: true });
    const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
    document.head.append(script);
    await loaded;
    await MathJax.startup.promise;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const inert = document.querySelector("script[type='text/mathjax']");
    if (!inert) return;
    document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "script", href: inert.src }));
    // Who asks for this promise before MathJax is there waits for the last formula as well.
    MathJax.startup = { pageReady: typeset, promise: load(inert) };
  });
  addEventListener("beforeprint", () => { if (left.length) MathJax.typeset(left.splice(0)); });
})();
