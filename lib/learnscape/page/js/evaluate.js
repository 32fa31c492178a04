// Who computes: the kernel as WebAssembly in this page, or the same kernel in Python.
import { GONE, SILENT, watchKernel } from "./kernel.js";

const align = (address) => (address + 63) & ~63;

// Numba's convention: kernel(ret, exc, inputs, outputs), four addresses; 0 says that nothing went wrong.
export async function wasmEvaluator(bytes, inputCount, size) {
  const env = {};
  for (const name of ["acos", "asin", "atan", "atan2", "cos", "cosh", "exp", "expm1", "log", "log1p", "pow", "sin", "sinh", "tan", "tanh"]) env[name] = Math[name];
  const { instance } = await WebAssembly.instantiate(bytes, { env });
  const { kernel, memory, __heap_base } = instance.exports;
  const scratch = align(__heap_base.value);
  const inputsAt = scratch + 64;
  const outputsAt = align(inputsAt + 8 * inputCount);
  const missing = outputsAt + 8 * size - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  const inputs = new Float64Array(memory.buffer, inputsAt, inputCount);
  const outputs = new Float64Array(memory.buffer, outputsAt, size);
  return (values, action, seed, isSimulation) => {
    inputs.set(values);
    if (isSimulation) inputs.set([action, seed], values.length);
    if (!isSimulation || action === 2) outputs.fill(0); // only a simulation remembers
    const code = kernel(scratch, scratch + 16, inputsAt, outputsAt);
    if (code !== 0) throw new Error(`The computation stopped with code ${code}.`);
    return outputs;
  };
}

export function toFloats(value) {
  if (!value || !value.byteLength) return new Float64Array(0);
  const start = value.byteOffset ?? 0;
  return new Float64Array((value.buffer ?? value).slice(start, start + value.byteLength));
}

// One request at a time; Python answers with `results` (or `error`) and the same number in `response`. `warn` hears of a kernel that is gone.
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
  const evaluate = (values, action, seed) =>
    new Promise((resolve, reject) => {
      if (kernel.lost) return reject(new Error(GONE));
      id = Math.max(id, model.get("request")[0]) + 1;
      waiting = { id, resolve, reject, answered: kernel.expect(() => warn(SILENT)) };
      evaluate.sent = Object.fromEntries(names.map((name, k) => [name, values[k]]));
      kernel.send({ ...evaluate.sent, request: [id, action, seed, evaluate.sent] });
    });
  evaluate.busy = () => waiting !== null;
  evaluate.stop = () => {
    take();
    kernel.stop();
    model.off("change:response", answered);
  };
  return evaluate;
}
