// Making elements.
const SVG = "http://www.w3.org/2000/svg";
// A notebook loads this module once for each widget, and ids must differ between them.
const instance = Math.random().toString(36).slice(2, 8);
let count = 0;

export const unique = (prefix) => `ls-${prefix}-${instance}-${++count}`;

function assign(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const html = (tag, attributes = {}, ...children) => assign(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => assign(document.createElementNS(SVG, tag), attributes, children);
export const set = (element, attributes) => assign(element, attributes, []);
export const color = (role) => `var(--ls-${role})`;
export const frame = () => new Promise(requestAnimationFrame);
export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The shapes of a drawing, kept from one picture to the next: `put` draws the next one, `end` takes away those that are left over. To change
// two numbers of a shape costs a browser much less than to make it again.
export function shapes(parent, tag) {
  const kept = [];
  let used = 0;
  return {
    put(attributes) {
      const { element, last } = (kept[used] ??= { element: parent.appendChild(svg(tag)), last: {} });
      used += 1;
      for (const [key, value] of Object.entries(attributes)) {
        if (last[key] !== value) element.setAttribute(key, (last[key] = value));
      }
    },
    end() {
      for (const { element } of kept.splice(used)) element.remove();
      used = 0;
    },
  };
}

// JupyterLab takes arrow keys and letters for commands of the notebook, also when the focus is in an output. Its commands with Ctrl or
// Cmd (save, close, palette) stay its own; those that edit a text field are the field's.
const EDITING = new Set(["a", "c", "v", "x", "y", "z", "Enter", "Backspace", "Delete", "Home", "End"]);
export const KEYS_ARE_OURS = {
  onkeydown: (event) => {
    const command = (event.ctrlKey || event.metaKey) && !EDITING.has(event.key) && !event.key.startsWith("Arrow");
    if (document.body.dataset.jpThemeLight !== undefined && !command) event.stopPropagation();
  },
};
