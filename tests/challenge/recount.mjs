// What the page's verifier says: reads {folder, wasm, spec, answers: ["NAME TEXT", ...]} from standard input.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { folder, wasm, spec, answers } = JSON.parse(readFileSync(0, "utf8"));
const { bytesOf, wasmEvaluator } = await import(pathToFileURL(`${folder}/evaluate.js`));
const { recounter } = await import(pathToFileURL(`${folder}/recount.js`));
const { inputs, outputs } = spec.kernel;
const kernel = await wasmEvaluator({ controls: Array(inputs), size: outputs, actions: {} }, bytesOf(wasm));
const recount = recounter(spec, async (...request) => kernel(...request).slice());
const verdicts = [];
for (const answer of answers) verdicts.push(await recount(answer));
process.stdout.write(JSON.stringify(verdicts));
