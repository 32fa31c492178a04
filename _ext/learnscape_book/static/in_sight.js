// Text and code far from the window are laid out when they come near (book.css), so that the page opens at once. When nothing else is to be done the
// rest follows, section by section: screen readers are told only of what has been laid out.
(() => {
  const IDLE = 1000; // milliseconds after which a section comes even if the page is never idle
  const idle = () => new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: IDLE }) : setTimeout(resolve, 50)));

  // A Tab stop if it is cut; the theme gives it to what can be measured when the page opens.
  const reach = (code) => { code.tabIndex = code.scrollWidth > code.clientWidth ? 0 : -1; };
  document.addEventListener("contentvisibilityautostatechange", ({ target, skipped }) => { if (!skipped && target.matches("pre")) reach(target); }, true);

  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise?.catch(() => {});
    for (const section of document.querySelectorAll(".bd-article section")) { // an outer one before those in it
      await idle();
      section.dataset.laidOut = "";
      section.querySelectorAll(":scope > :not(section) pre").forEach(reach);
    }
    document.documentElement.dataset.laidOut = "";
  });
})();
