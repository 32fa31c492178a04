// Text and code far from the window are laid out when they come near (book.css), so that the page opens at once. When nothing else is to be done the
// rest follows in pieces: screen readers are told only of what has been laid out.
(() => {
  const IDLE = 1000; // milliseconds after which a piece comes even if the page is never idle
  const PIECE = 3000; // laid out at once: characters, and twice the elements, of which formulas have many
  const LATER = "section :is(.highlight pre, .ls-topic), section > :is(p, ul, ol, dl, div.math)"; // as in book.css
  const idle = () => new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: IDLE }) : setTimeout(resolve, 50)));

  // A Tab stop if it is cut. All are measured before one is changed: the browser lays the page out once for them.
  const CUT = "pre, .cell_output > .output, mjx-container[display='true'], table";
  function reach(boxes) {
    const cut = boxes.map((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
    boxes.forEach((box, k) => { if (cut[k]) box.tabIndex = 0; else box.removeAttribute("tabindex"); });
  }
  document.addEventListener("contentvisibilityautostatechange", ({ target, skipped }) => { if (!skipped && target.matches(CUT)) reach([target]); }, true);
  const all = document.documentElement;
  let resized;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => { if ("laidOut" in all.dataset) reach([...document.querySelectorAll(`.bd-article :is(${CUT})`)]); }, 300);
  });

  // Who came for a certain place gets there, though heights above it were guesses, and who comes back finds what was being read; not who has begun to move.
  const stops = () => [...document.querySelectorAll(".bd-article section:not(.ls-root) > :not(section)")]; // not what an explorable brings along
  // An address can stand in the history more than once, and a link within the page leads to another entry and another address.
  const entry = () => `place ${window.navigation?.currentEntry?.key ?? ""} ${location.href}`;
  const back = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  let place; // the number of the first stop in sight, and how far below the top of the window it stood
  try {
    if (back) place = JSON.parse(sessionStorage.getItem(entry()));
  } catch {} // the browser keeps nothing for the site
  if (place) history.scrollRestoration = "manual"; // it would go to the old pixels, later than we to the place
  addEventListener("pagehide", () => {
    const tops = scrollY ? stops().map((stop) => stop.getBoundingClientRect()) : [];
    const begins = tops.findIndex(({ top, bottom }) => bottom > top && top >= 0 && top < innerHeight / 2);
    const first = begins < 0 ? tops.findIndex(({ top, bottom }) => bottom > Math.max(top, innerHeight / 4)) : begins;
    history.scrollRestoration = "auto";
    try { sessionStorage.setItem(entry(), JSON.stringify(first < 0 ? null : [first, tops[first].top])) } catch {}
  });
  let moved = false;
  for (const hand of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(hand, () => { moved = true }, { capture: true, once: true, passive: true });
  // A screen reader or a scroll bar moves what stands in the window without any of these. What is laid out above does so, too, where the browser
  // does not hold it in place: then the page changes its height, and one lands again before that is seen.
  const SLACK = 100; // pixels
  let stood; // where one has landed: the element, and where its edges stood in the window
  const edges = (stop) => { const { top, bottom } = stop.getBoundingClientRect(); return [top, bottom]; };
  addEventListener("resize", () => { stood = null });
  const height = new ResizeObserver(() => { if (stood) land(); });
  addEventListener("scroll", () => {
    if (!stood) return;
    const [up, down] = edges(stood.stop).map((edge, k) => edge - stood.at[k]);
    if (up * down > 0 && Math.min(Math.abs(up), Math.abs(down)) > SLACK) moved = true; // it did not only grow
  }, { passive: true });
  function land() {
    if (moved) return;
    const stop = place ? stops()[place[0]] : !back && document.querySelector(":target");
    if (!stop) return;
    if (place) scrollBy({ top: stop.getBoundingClientRect().top - place[1], behavior: "instant" });
    else stop.scrollIntoView();
    stood = { stop, at: edges(stop) };
    height.observe(document.body);
  }

  if (place) addEventListener("DOMContentLoaded", land);
  addEventListener("load", async () => {
    land();
    await window.MathJax?.startup?.promise?.catch(() => {});
    land();
    const left = [...document.querySelectorAll(`.bd-article :is(${LATER})`)];
    while (left.length) {
      await idle();
      let length = 0;
      let count = 0;
      while (count < left.length && length < PIECE) {
        length += left[count].textContent.length + 2 * left[count].getElementsByTagName("*").length;
        count += 1;
      }
      const piece = left.splice(0, count);
      for (const element of piece) element.dataset.laidOut = "";
      reach(piece.filter((element) => element.matches(CUT)));
    }
    reach([...document.querySelectorAll(`.bd-article :is(${CUT}):not(pre)`)]);
    land();
    stood = null;
    height.disconnect();
    all.dataset.laidOut = "";
  });
})();
