// Outputs computed beforehand on a grid of the controls, and between its nodes multilinear interpolation: entries in float32, sums in float64.
const SNAP = 1e-9; // of a cell: a value this close to a node is the node, so that rounding fetches no neighbour (which may be NaN)

function floats(base64) {
  const text = atob(base64);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let k = 0; k < text.length; k++) view.setUint8(k, text.charCodeAt(k));
  return Float32Array.from({ length: text.length / 4 }, (_, k) => view.getFloat32(4 * k, true)); // little-endian everywhere
}

// Place of a value on an axis, in cells from its start; beyond the ends it is the end.
function place({ name, start, stop, n, scale }, value) {
  if (!Number.isFinite(value)) throw new Error(`${name} = ${value} is no place on the axis of a table`);
  const along = scale === "log" ? Math.log(value / start) / Math.log(stop / start) : (value - start) / (stop - start);
  const cells = Math.min(1, Math.max(0, along)) * (n - 1);
  return Math.abs(cells - Math.round(cells)) < SNAP ? Math.round(cells) : cells;
}

/* `axes`: { name (of a control), start, stop, n, scale: "linear" or "log" }; `outputs`: name -> base64 of float32 in C order, the axes of
   the controls first and the output's own, where it is an array, last. Returns an evaluator as in evaluate.js; actions mean nothing to it. */
export function tableEvaluator(spec, { axes, outputs }) {
  const controls = new Map(spec.controls.map((control, k) => [control.name, { ...control, k }]));
  let nodes = 1;
  for (const { name, start, stop, n, scale } of axes) {
    const control = controls.get(name);
    if (!control) throw new Error(`the table has an axis ${name}, which is no control`);
    if (!(n >= 2 && start < stop && (scale === "linear" || (scale === "log" && start > 0)))) throw new Error(`the axis ${name} is no grid of a table`);
    const slack = SNAP * (stop - start);
    if (control.min < start - slack || control.max > stop + slack) throw new Error(`the table covers ${name} in [${start}, ${stop}] only`);
    nodes *= n;
  }
  const columns = Object.entries(spec.outputs).map(([name, [from, to]]) => {
    if (!(name in outputs)) throw new Error(`the table has no output ${name}`);
    const entries = floats(outputs[name]);
    if (entries.length !== nodes * (to - from)) throw new Error(`the table has ${entries.length} entries for ${name}, not ${nodes * (to - from)}`);
    return { from, length: to - from, entries };
  });
  return (values) => {
    // Corners of the cell in which the values lie: number of the node and weight; corners without weight are left out.
    let corners = [[0, 1]];
    for (const axis of axes) {
      const at = place(axis, values[controls.get(axis.name).k]);
      const low = Math.floor(at);
      const above = at - low;
      const ends = above > 0 ? [[low, 1 - above], [low + 1, above]] : [[low, 1]];
      corners = corners.flatMap(([node, weight]) => ends.map(([k, share]) => [node * axis.n + k, weight * share]));
    }
    const found = new Float64Array(spec.size);
    for (const { from, length, entries } of columns) {
      for (const [node, weight] of corners) for (let k = 0; k < length; k++) found[from + k] += weight * entries[node * length + k];
    }
    return found;
  };
}
