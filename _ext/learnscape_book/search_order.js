// How the search orders what it finds: chapters first, then pages of the reference, then single functions.
// The numbers are Sphinx' own (searchtools.js), except for what `score` takes away.
const REFERENCE = "chapters/reference/api";
var Scorer = {
  score: ([page, , , , score]) => (page.startsWith(REFERENCE) ? score - 1000 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
