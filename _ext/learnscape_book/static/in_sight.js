// Code that is laid out only when it comes near (book.css) is measured only then: a Tab stop if it is cut, as the theme gives to what it can measure.
document.addEventListener("contentvisibilityautostatechange", ({ target, skipped }) => {
  if (!skipped && target.matches("pre")) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
}, true);
