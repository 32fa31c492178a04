// Bundles the ES module, the style sheet and MathJax; `node build.mjs [folder]` writes them elsewhere (the test that compares does).
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

// From its TypeScript sources MathJax becomes a quarter smaller than from the JavaScript for old browsers in its package.
await build({
  ...common,
  entryPoints: [join(here, "mathjax.js")],
  outfile: join(process.argv[2] ?? join(here, "../../_ext/learnscape_book/vendor/mathjax"), "mathjax.js"),
  format: "iife",
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } }, // they were written for the fields of old classes
  legalComments: "none",
  banner: { js: "/*! Parts of MathJax 3.2.2, Copyright 2009-2022 The MathJax Consortium (Apache License 2.0): mathjax.org */" },
});
const css = ["style/tokens.css", "page/js/learnscape.css"].map((name) => readFileSync(join(library, name), "utf8"));
writeFileSync(join(target, "learnscape.css"), css.join("\n"));
