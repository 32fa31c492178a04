// The kernel in the Python of a notebook computes.
import { GONE, SILENT, watchKernel } from "./kernel.js";

export function toFloats(value) {
  if (!value || !value.byteLength) return new Float64Array(0);
  const start = value.byteOffset ?? 0;
  return new Float64Array((value.buffer ?? value).slice(start, start + value.byteLength));
}

/* One request at a time, for each action one; Python answers with `results` (or `error`) and the same number in `response`. `warn` hears of
   a kernel that is gone. */
export function pythonEvaluator(model, names, warn) {
  let id = model.get("request")[0];
  let waiting = null;
  const take = () => {
    const taken = waiting;
    waiting = null;
    taken?.answered();
    return taken;
  };
  const kernel = watchKernel(model, () => {
    take()?.reject(new Error(GONE));
    warn(GONE);
  });
  const answered = () => {
    if (!waiting || model.get("response")[0] !== waiting.id) return;
    const { resolve, reject } = take();
    const error = model.get("error");
    if (error) reject(new Error(`The computation failed: ${error}`));
    else resolve(toFloats(model.get("results")));
  };
  model.on("change:response", answered);
  const ask = (action, seed) =>
    new Promise((resolve, reject) => {
      if (kernel.lost) return reject(new Error(GONE));
      id = Math.max(id, model.get("request")[0]) + 1;
      waiting = { id, resolve, reject, answered: kernel.expect(() => warn(SILENT)) };
      kernel.send({ ...evaluate.sent, request: [id, action, seed, evaluate.sent] });
    });
  async function evaluate(values, actions, seed) {
    evaluate.sent = Object.fromEntries(names.map((name, k) => [name, values[k]]));
    let outputs;
    for (const action of actions) outputs = await ask(action, seed);
    return outputs;
  }
  evaluate.busy = () => waiting !== null;
  evaluate.stop = () => {
    take();
    kernel.stop();
    model.off("change:response", answered);
  };
  return evaluate;
}
