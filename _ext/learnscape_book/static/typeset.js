// Formulas come after the explorables in sight, and in pieces, so that the page answers in between: those near the window first, the others
// when nothing else is to be done. The page names MathJax in a script of a type that browsers do not load (mathjax_options in _config.yml).
(() => {
  const PIECE = 12; // milliseconds of typesetting between two looks at what the reader does
  const BATCH = 24; // formulas put into the page at once: each time the browser lays it out and paints it anew
  const NEAR = "0% 0% 100%"; // what counts as near: the window, and as much again below it
  const IDLE = 500; // milliseconds after which the others come even if the page is never idle
  const PATIENCE = 4000; // milliseconds after which formulas no longer wait for explorables and fonts
  const opened = new Promise((resolve) => document.addEventListener("learnscape:opened", resolve, { once: true }));
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const channel = new MessageChannel(); // timers of a page in the background come once a second only
  const breath = () => new Promise((resolve) => { channel.port1.onmessage = resolve; channel.port2.postMessage(null); });
  const idle = () => (window.requestIdleCallback && !document.hidden ? new Promise((resolve) => requestIdleCallback(resolve, { timeout: IDLE })) : breath());
  const left = new Map(); // element -> the formulas in it
  const near = new Set();
  const ready = []; // typeset, not yet in the page

  function find() {
    const names = MathJax.options.processHtmlClass.split("|").map((name) => `.${name}`).join();
    const roots = [...document.querySelectorAll(names)].filter((element) => !element.parentElement.closest(names));
    for (const formula of roots.flatMap(MathJax.find)) {
      const element = formula.start.node.parentElement;
      left.set(element, [...(left.get(element) ?? []), formula]);
    }
  }

  function take(element) {
    ready.push(...left.get(element));
    MathJax.typeset(left.get(element));
    left.delete(element);
    near.delete(element);
  }

  // What is being read stays where it is; browsers that know overflow-anchor see to it themselves.
  function inPlace(change) {
    const held = CSS.supports("overflow-anchor", "auto") ? null : document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    const before = held?.getBoundingClientRect().top;
    change();
    if (held?.isConnected) scrollBy({ top: held.getBoundingClientRect().top - before, behavior: "instant" });
  }

  // On a phone a formula that is too long by little is made smaller: to read a tenth less is easier than to scroll.
  const LEAST = 0.82;
  function fit(box) {
    const share = box.clientWidth / box.scrollWidth;
    if (share < 1 && share > LEAST) box.style.setProperty("--ls-fit", Math.floor(100 * share) / 100);
  }

  function show() {
    MathJax.insert(ready.splice(0));
    if (innerWidth <= 576) document.querySelectorAll("mjx-container[display='true']:not([data-fitted])").forEach((box) => { box.dataset.fitted = ""; fit(box); });
  }

  function piece() {
    const end = performance.now() + PIECE;
    const sought = near.size > 0;
    do take((sought ? near : left).keys().next().value); while ((sought ? near : left).size && ready.length < BATCH && performance.now() < end);
    if (ready.length >= BATCH || !left.size || (sought && !near.size)) inPlace(show);
  }

  async function typeset() {
    find();
    let watch;
    const told = new Promise((resolve) => {
      watch = new IntersectionObserver((seen) => {
        for (const { target, isIntersecting } of seen) near[isIntersecting && left.has(target) ? "add" : "delete"](target);
        resolve();
      }, { rootMargin: NEAR });
    });
    [...left.keys()].forEach((element) => watch.observe(element));
    if (left.size) await Promise.race([told, later(IDLE)]); // what is near is known from the next frame on; a hidden page has none
    while (left.size) {
      await (near.size ? breath() : idle());
      if (left.size) piece(); // otherwise the page was printed meanwhile
    }
    watch.disconnect();
  }

  async function load(inert) {
    // From a file none opens: browsers load no module there.
    const explorable = location.protocol !== "file:" && document.querySelector("[data-learnscape='explorable']");
    const drawn = explorable ? opened.then(() => document.fonts.ready) : document.fonts.ready; // to ask for fonts makes the browser lay out the page
    await Promise.race([drawn, later(PATIENCE)]);
    const script = Object.assign(document.createElement("script"), { src: inert.src, async: true });
    const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: () => reject(new Error(`${inert.src} could not be loaded`)) }));
    document.head.append(script);
    await loaded;
    await breath();
    await typeset();
    document.documentElement.dataset.typeset = "";
  }

  document.addEventListener("DOMContentLoaded", () => {
    const inert = document.querySelector("script[type='text/mathjax']");
    if (!inert) return;
    document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "script", href: inert.src }));
    MathJax.startup = { promise: load(inert) }; // resolves when the last formula is there
    MathJax.startup.promise.catch((failure) => {
      const note = Object.assign(document.createElement("p"), { className: "ls-in-tex", textContent: `The formulas of this page stand in TeX: ${failure.message}. Reload the page to try again.` });
      document.querySelector(".bd-article")?.prepend(note);
      console.error(failure);
    });
  });
  addEventListener("beforeprint", () => {
    if (left.size) document.documentElement.dataset.typeset = "";
    [...left.keys()].forEach(take);
    if (ready.length) show();
  });
})();
