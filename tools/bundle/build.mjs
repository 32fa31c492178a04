// Bundles the ES module and the style sheet; `node build.mjs [folder]` writes them elsewhere (the test that compares does).
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const library = join(here, "../../lib/learnscape");
const target = process.argv[2] ?? join(library, "page/static");
const licence = "/*! Learnscape explorables (BSD-3-Clause). Contains parts of D3, Copyright 2010-2023 Mike Bostock (ISC licence): d3js.org */";

const common = { bundle: true, minify: true, target: "es2022", charset: "utf8", nodePaths: [join(here, "node_modules")] };

// The worker is part of the module as text: it starts from a Blob, without a further request.
const worker = await build({ ...common, entryPoints: [join(library, "page/js/worker.js")], format: "iife", write: false });
await build({
  ...common,
  entryPoints: [join(library, "page/js/index.js")],
  outfile: join(target, "learnscape.js"),
  format: "esm",
  define: { WORKER_SOURCE: JSON.stringify(worker.outputFiles[0].text) },
  banner: { js: licence },
});
const css = ["style/tokens.css", "page/js/learnscape.css"].map((name) => readFileSync(join(library, name), "utf8"));
writeFileSync(join(target, "learnscape.css"), css.join("\n"));
