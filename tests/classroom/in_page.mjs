// What the page's own modules say: reads {folder, numbers: [[text, unit, whole], ...], judged: [[spec, text], ...]} from standard input.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { folder, numbers, judged } = JSON.parse(readFileSync(0, "utf8"));
const { readNumbers } = await import(pathToFileURL(`${folder}/number.js`));
const { judge } = await import(pathToFileURL(`${folder}/check.js`));
const plain = (value) => (Number.isFinite(value) ? value : String(value).toLowerCase().replace("infinity", "inf"));
const answer = {
  readings: numbers.map(([text, unit, whole]) => readNumbers(text, unit, whole).map(plain)),
  verdicts: judged.map(([spec, text]) => judge(spec, text)),
};
process.stdout.write(JSON.stringify(answer));
