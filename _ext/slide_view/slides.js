// A deck: slides side by side in a strip that scrolls and snaps, so that swiping and links work by themselves. Here are the keys, the size of
// what a slide shows, and the window with the speaker's notes, which is the same file with `?notes`.
(() => {
  const WIDTH = 1280; // a slide is designed for so many pixels; larger and smaller windows scale it
  const HEIGHT = 720;
  const NARROW = matchMedia("(max-width: 700px)"); // a phone: slides are as long as they need to be, and scroll
  const LARGEST = 1.5; // explorables, formulas and figures may grow so much where there is room
  const FEW = 250; // characters, and text of no more
  const SMALLEST = 0.3;
  const STEP = 0.96;
  const strip = document.querySelector("main");
  const slides = [...strip.children];
  const contents = document.querySelector("dialog");
  const speaking = new URLSearchParams(location.search).has("notes");
  const title = (slide) => slide.querySelector("h2").textContent;
  let now = 0;
  let other = window.opener; // the window that goes with this one

  // ---- which slide
  const clamp = (k) => Math.max(0, Math.min(slides.length - 1, k));
  const go = (k) => strip.scrollTo({ left: clamp(k) * strip.clientWidth, behavior: "instant" });

  function show(k) {
    now = clamp(k);
    slides.forEach((slide, j) => { slide.inert = j !== now && !NARROW.matches; slide.classList.toggle("now", j === now) });
    document.querySelector("nav output").textContent = `${now + 1} / ${slides.length}`;
    history.replaceState(null, "", `#${slides[now].id}`);
    if (speaking) document.querySelector(".next-title").textContent = now + 1 < slides.length ? `Next: ${title(slides[now + 1])}` : "The last slide";
  }

  function turn(k) {
    if (speaking) show(k); else go(k);
    other?.postMessage({ slide: clamp(k) }, "*"); // a page that was opened as a file has no origin to name
  }

  strip.addEventListener("scroll", () => {
    const k = Math.round(strip.scrollLeft / strip.clientWidth);
    if (k === now) return;
    show(k);
    other?.postMessage({ slide: k }, "*");
  });
  addEventListener("message", ({ source, data }) => {
    if (source === other || (source && data?.hello)) other = source;
    else return;
    if (data.hello) other.postMessage({ slide: now }, "*");
    else if (data.slide !== now) speaking ? show(data.slide) : go(data.slide);
  });

  // ---- the size of what a slide shows: as large as fits
  function fit(slide) {
    const room = slide.querySelector(".room");
    const content = slide.querySelector(".fit");
    if (NARROW.matches) return ["--scale", "--top"].forEach((name) => content.style.removeProperty(name));
    const unit = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const text = !content.querySelector("[data-learnscape], .copied.math, img") && content.textContent.length > FEW;
    let scale = unit * (text ? 1 : LARGEST);
    for (; scale > SMALLEST * unit; scale *= STEP) {
      content.style.setProperty("--scale", scale);
      if (content.offsetHeight * scale <= room.clientHeight && content.scrollWidth <= content.clientWidth) break;
    }
    content.style.setProperty("--top", `${Math.max(0, (room.clientHeight - content.offsetHeight * scale) / 3)}px`); // a little above the middle
  }

  const sized = new ResizeObserver((seen) => requestAnimationFrame(() => seen.forEach(({ target }) => fit(target.closest(".slide")))));
  if (!speaking) slides.forEach((slide) => slide.querySelectorAll(".fit, .room").forEach((element) => sized.observe(element)));

  document.addEventListener("DOMContentLoaded", () => window.MathJax?.startup?.promise?.then(() => slides.forEach(fit))); // a formula may widen a line that keeps its height

  // ---- what the keys and buttons do
  const actions = {
    next: () => turn(now + 1),
    previous: () => turn(now - 1),
    first: () => turn(0),
    last: () => turn(slides.length - 1),
    handout: () => print(),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
    theme: () => { document.documentElement.dataset.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark" },
    notes() {
      const opened = NARROW.matches ? null : open(`${location.pathname}?notes#${slides[now].id}`, "notes", "width=900,height=700");
      if (opened) other = opened;
      else document.body.classList.toggle("with-notes"); // a phone, or a browser that opens no window
    },
    contents() {
      if (!contents.querySelector("li")) {
        contents.firstElementChild.append(...slides.map((slide, k) => {
          const button = Object.assign(document.createElement("button"), { type: "button", textContent: title(slide) });
          button.addEventListener("click", () => { contents.close(); turn(k) });
          const item = document.createElement("li");
          item.append(button);
          return item;
        }));
      }
      contents.showModal();
      contents.querySelectorAll("button")[now].focus();
    },
  };
  document.querySelector("nav").addEventListener("click", (event) => actions[event.target.dataset.do]?.());

  const KEYS = { ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next", ArrowLeft: "previous", ArrowUp: "previous", PageUp: "previous",
    Home: "first", End: "last", Escape: "contents", s: "notes", p: "handout", f: "full", t: "theme" };
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const page = key === "PageDown" || key === "PageUp"; // what a pointer with buttons sends: it turns, whatever has the focus
    if (contents.open || event.ctrlKey || event.metaKey || event.altKey || (event.defaultPrevented && !page)) return;
    if (key === "Escape" && target.closest(".slide :is(input, select, textarea, button, [tabindex])")) return target.blur();
    if (!page && target.closest("input, select, textarea, .ls-handle, [role='slider']")) return;
    if (key === " " && target.closest("button, summary, a")) return;
    const name = key === " " && event.shiftKey ? "previous" : KEYS[key.length === 1 ? key.toLowerCase() : key];
    if (!name) return;
    event.preventDefault();
    actions[name]();
  }, true);

  // ---- the speaker's window
  if (speaking) {
    document.body.classList.add("speaking");
    document.title = `Notes: ${document.title}`;
    document.querySelectorAll("main [data-learnscape]").forEach((explorable) => explorable.remove()); // they live in the other window
    const begun = Date.now();
    const clock = Object.assign(document.createElement("p"), { className: "clock" });
    const next = Object.assign(document.createElement("p"), { className: "next-title" });
    document.querySelector("nav").before(clock, next);
    const tick = () => { clock.textContent = `${Math.floor((Date.now() - begun) / 60000)} min` };
    setInterval(tick, 5000);
    tick();
    other?.postMessage({ hello: true }, "*");
  }

  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  show(slides.findIndex((slide) => slide.contains(named)));
  if (!speaking) go(now);
})();
