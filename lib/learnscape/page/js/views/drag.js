// Makes an SVG element a handle for two controls: by mouse, by touch, and by the keys of a slider.
import { set } from "../dom.js";
import { number, plain } from "../labels.js";

// The page must not scroll under a finger that drags. CSS alone (touch-action) is not enough: Chromium loses it for SVG groups that move.
export function holdPage(element) {
  element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
}

// Direction across and up, and the number of steps: Home and End are the ends of the row.
const KEYS = {
  ArrowLeft: [-1, 0, 1], ArrowRight: [1, 0, 1], ArrowUp: [0, 1, 1], ArrowDown: [0, -1, 1],
  PageUp: [0, 1, 5], PageDown: [0, -1, 5], Home: [-1, 0, Infinity], End: [1, 0, Infinity],
};

/* `toUnits(clientX, clientY)` turns a point of the screen into values of the two controls named in `names`. */
export function draggable(element, { names, label, context, toUnits, step = 0.05, allow = () => true }) {
  const [low, high] = ["min", "max"].map((end) => names.map((name) => context.control(name)[end]));
  const move = (x, y) => {
    if (!allow(x, y)) return false;
    context.set(names[0], x);
    context.set(names[1], y);
    return true;
  };
  set(element, { tabindex: 0, role: "slider", "aria-label": plain(label), "aria-valuemin": low[0], "aria-valuemax": high[0] });
  element.classList.add("ls-handle");
  holdPage(element);
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    event.preventDefault();
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) move(...toUnits(event.clientX, event.clientY));
  });
  element.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    const size = event.shiftKey ? step / 5 : step;
    const [across, up, most] = KEYS[event.key];
    const [x, y] = names.map((name) => context.value(name));
    const inside = (value, axis) => Math.min(high[axis], Math.max(low[axis], value));
    // As far as the key wishes, or less where a place is not allowed.
    for (let steps = Math.min(most, Math.ceil((high[0] - low[0]) / size)); steps > 0; steps--) {
      if (move(inside(x + steps * size * across, 0), inside(y + steps * size * up, 1))) break;
    }
  });
  return () => {
    const [x, y] = names.map((name) => context.value(name));
    set(element, { "aria-valuenow": x.toFixed(3), "aria-valuetext": `horizontal ${number(x, 2)}, vertical ${number(y, 2)}` });
  };
}
