// Text and code far from the window are laid out when they come near (book.css), so that the page opens at once. When nothing else is to be done the
// rest follows, section by section: screen readers are told only of what has been laid out.
(() => {
  const IDLE = 1000; // milliseconds after which a section comes even if the page is never idle
  const idle = () => new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: IDLE }) : setTimeout(resolve, 50)));

  // A Tab stop if it is cut; the theme gives it to what can be measured when the page opens.
  const reach = (code) => { code.tabIndex = code.scrollWidth > code.clientWidth ? 0 : -1; };
  document.addEventListener("contentvisibilityautostatechange", ({ target, skipped }) => { if (!skipped && target.matches("pre")) reach(target); }, true);

  // Who came for a certain place gets there, though heights above it were guesses; not who has begun to move, nor who comes back.
  let moved = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  for (const hand of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(hand, () => { moved = true }, { capture: true, once: true, passive: true });
  const land = () => { if (!moved) document.querySelector(":target")?.scrollIntoView(); };

  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise?.catch(() => {});
    land();
    for (const section of document.querySelectorAll(".bd-article section")) { // an outer one before those in it
      await idle();
      section.dataset.laidOut = "";
      section.querySelectorAll(":scope > :not(section) pre").forEach(reach);
    }
    land();
    document.documentElement.dataset.laidOut = "";
  });
})();
