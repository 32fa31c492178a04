// Who computes in a static page: the kernel as WebAssembly, or a table. An evaluator takes the values of the controls, a list of actions
// and a seed, and returns the outputs after the last action. It runs in a worker, so nothing here may touch the document.
import { tableEvaluator } from "./table.js";

const align = (address) => (address + 63) & ~63;

// Numba's convention: kernel(ret, exc, inputs, outputs), four addresses; 0 says that nothing went wrong. What a module imports are functions
// of Math: the exporter refuses a kernel that needs any other (MATH_IMPORTS).
export async function wasmEvaluator(spec, bytes) {
  const module = await WebAssembly.compile(bytes);
  const env = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, Math[name]]));
  const { kernel, memory, __heap_base } = (await WebAssembly.instantiate(module, { env })).exports;
  const remembers = Boolean(spec.simulation);
  const { restart } = spec.actions;
  const inputCount = spec.controls.length + (remembers ? 2 : 0);
  const scratch = align(__heap_base.value);
  const inputsAt = scratch + 64;
  const outputsAt = align(inputsAt + 8 * inputCount);
  const missing = outputsAt + 8 * spec.size - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  const inputs = new Float64Array(memory.buffer, inputsAt, inputCount);
  const outputs = new Float64Array(memory.buffer, outputsAt, spec.size);
  return (values, actions, seed) => {
    inputs.set(values);
    for (const action of actions) {
      if (remembers) inputs.set([action, seed], values.length);
      if (!remembers || action === restart) outputs.fill(0);
      const code = kernel(scratch, scratch + 16, inputsAt, outputsAt);
      if (code !== 0) throw new Error(`The computation stopped with code ${code}.`);
    }
    return outputs;
  };
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// `table` or `wasm` (base64), as they stand in the page.
export async function evaluatorOf({ spec, wasm, table }) {
  return table ? tableEvaluator(spec, table) : wasmEvaluator(spec, bytesOf(wasm));
}
