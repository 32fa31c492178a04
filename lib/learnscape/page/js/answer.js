// Answers requests for numbers, in the worker or, where there is none, in the page: { key, run: [values, actions, seed] }, the first one of
// an explorable with `data`, its description and its kernel or table. Requests with one key are answered in their order.
import { evaluatorOf } from "./evaluate.js";

const evaluators = new Map();

export async function answer({ key, data, run }) {
  if (data) evaluators.set(key, evaluatorOf(data));
  const evaluate = await evaluators.get(key);
  return evaluate(...run).slice(); // a copy: the kernel writes into the same memory again
}
