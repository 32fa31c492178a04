// Runs an explorable's WebAssembly as the page does: reads {path, size, calls: [[inputs...], ...]} from standard input and prints the
// outputs after the last call as base64 of float64. The evaluator is the page's own module.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { evaluator, path, size, simulation, calls } = JSON.parse(readFileSync(0, "utf8"));
const { wasmEvaluator } = await import(pathToFileURL(evaluator));
const inputs = calls[0].values.length + (simulation ? 2 : 0);
const compute = await wasmEvaluator(readFileSync(path), inputs, size);
let outputs;
for (const { values, action, seed } of calls) outputs = compute(values, action, seed, simulation);
process.stdout.write(Buffer.from(outputs.buffer, outputs.byteOffset, outputs.byteLength).toString("base64"));
