// What the page reads from a table: reads {module, spec, table, points} from standard input and prints the outputs at each point, or
// the message of the error. JSON has no NaN: "NaN" stands for it.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { module, spec, table, points } = JSON.parse(readFileSync(0, "utf8"));
const { tableEvaluator } = await import(pathToFileURL(module));
const plain = (value) => (Number.isFinite(value) ? value : String(value));
let answer;
try {
  const evaluate = tableEvaluator(spec, table);
  answer = { outputs: points.map((point) => [...evaluate(point)].map(plain)) };
} catch (failure) {
  answer = { failure: failure.message };
}
process.stdout.write(JSON.stringify(answer));
