// Where a static page computes: in one worker for all its explorables, so that the page stays free; where no worker may run (an old browser,
// a Content-Security-Policy without worker-src blob:), in the page itself. The worker comes as text with this module: no further request.
/* global WORKER_SOURCE */
import { answer } from "./answer.js";

const STOPPED = "The computation in the background broke off. Reload the page to start it again.";
const pending = new Map(); // id -> { request, resolve, reject }
let worker; // undefined before the first request, null where the page computes
let alive = false; // has it ever answered?
let count = 0;

// In the page each answer is a task of its own, so that one that takes long holds up no other by more than itself.
const inPage = async (request) => {
  await new Promise((resolve) => setTimeout(resolve));
  return answer(request);
};

function start() {
  try {
    const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onmessage = ({ data: { id, outputs, failure } }) => {
      if (!alive) URL.revokeObjectURL(url);
      alive = true;
      const { resolve, reject } = pending.get(id);
      pending.delete(id);
      if (failure === undefined) resolve(outputs);
      else reject(new Error(failure));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      refuse();
    };
  } catch {
    worker = null;
  }
}

// A worker that never answered was not allowed to start, and the page takes over; with one that had, the states of simulations are lost.
function refuse() {
  worker.terminate();
  worker = null;
  for (const { request, resolve, reject } of pending.values()) {
    if (alive) reject(new Error(STOPPED));
    else inPage(request).then(resolve, reject);
  }
  pending.clear();
}

function ask(request) {
  if (worker === undefined) start();
  if (!worker) return alive ? Promise.reject(new Error(STOPPED)) : inPage(request);
  return new Promise((resolve, reject) => {
    pending.set(++count, { request, resolve, reject });
    worker.postMessage({ id: count, request });
  });
}

/* `data` is what stands in the page: { spec, wasm } or { spec, table }. Returns compute(values, actions, seed), a promise of the outputs. */
export function evaluator(data) {
  const key = ++count;
  let first = data;
  return (values, actions, seed) => {
    const request = { key, data: first, run: [values, actions, seed] };
    first = undefined;
    return ask(request);
  };
}
