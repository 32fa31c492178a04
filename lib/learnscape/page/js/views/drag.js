// Makes an SVG element a handle for two controls: by mouse, by touch, and by the arrow keys.
import { set } from "../dom.js";
import { number, plain } from "../labels.js";

// The page must not scroll under a finger that drags. CSS alone (touch-action) is not enough: Chromium loses it for SVG groups that move.
export function holdPage(element) {
  element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
}

/* `toUnits(clientX, clientY)` turns a point of the screen into values of the two controls named in `names`. */
export function draggable(element, { names, label, context, toUnits, step = 0.05, allow = () => true }) {
  const move = (x, y) => {
    if (!allow(x, y)) return;
    context.set(names[0], x);
    context.set(names[1], y);
  };
  set(element, { tabindex: 0, role: "slider", "aria-label": plain(label), "aria-valuemin": context.control(names[0]).min, "aria-valuemax": context.control(names[0]).max });
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
  const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  element.addEventListener("keydown", (event) => {
    const direction = keys[event.key];
    if (!direction) return;
    event.preventDefault();
    const size = event.shiftKey ? step / 5 : step;
    move(context.value(names[0]) + size * direction[0], context.value(names[1]) + size * direction[1]);
  });
  return () => {
    const [x, y] = names.map((name) => context.value(name));
    set(element, { "aria-valuenow": x.toFixed(3), "aria-valuetext": `horizontal ${number(x, 2)}, vertical ${number(y, 2)}` });
  };
}
