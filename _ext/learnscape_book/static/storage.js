// Before the theme's first line: where the browser keeps nothing for the site, what the theme stores lasts as long as the page.
for (const store of ["localStorage", "sessionStorage"]) {
  try {
    void window[store].length; // some browsers refuse, in others there is none
  } catch {
    const kept = new Map();
    const value = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, String(text)), removeItem: (key) => kept.delete(key) };
    Object.defineProperty(window, store, { value });
  }
}
