// Runs an explorable's WebAssembly as the page does: reads {evaluator, path, spec, values, actions, seed} from standard input and prints the
// outputs after the last action as base64 of float64. The evaluator is the page's own module.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { evaluator, path, spec, values, actions, seed } = JSON.parse(readFileSync(0, "utf8"));
const { wasmEvaluator } = await import(pathToFileURL(evaluator));
const compute = await wasmEvaluator(spec, readFileSync(path));
const outputs = compute(values, actions, seed);
process.stdout.write(Buffer.from(outputs.buffer, outputs.byteOffset, outputs.byteLength).toString("base64"));
