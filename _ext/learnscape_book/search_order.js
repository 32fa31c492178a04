// How the search orders what it finds: chapters first, then pages of the reference, then single functions.
// The numbers are Sphinx' own (searchtools.js), except for what `score` adds: Sphinx gives every page that has the word in any
// heading the same, and orders by the alphabet ("12." before "6."). A page that is about the word comes first, then the book's order.
const REFERENCE = "chapters/reference/api";
const QUERY = (new URLSearchParams(window.location.search).get("q") ?? "").trim().toLowerCase();
var Scorer = {
  score: ([page, title, , , score]) => {
    if (page.startsWith(REFERENCE)) return score - 1000;
    const plain = title.replace(/<[^>]*>/g, "").toLowerCase(); // "6. the perceptron > ..."
    const about = QUERY && `${plain} ${page.split("/").pop()}`.includes(QUERY);
    return score + (about ? 10 : 0) - (parseInt(plain, 10) || 99) / 1000;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
