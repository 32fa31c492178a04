// What the page makes of labels and numbers: JSON in, JSON out.
import { readFileSync } from "node:fs";

const [labels, glued] = await Promise.all(process.argv.slice(2).map((file) => import(file)));
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  numbers: asked.numbers.map(([value, digits]) => labels.number(value, digits)),
  plain: asked.labels.map(labels.plain),
  glued: asked.labels.map(glued.glue),
}));
