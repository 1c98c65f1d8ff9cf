// Comforts of the workbench. Everything here has a way that works without script.
(() => {
  "use strict";

  // Search: arrows walk through the hits, Enter opens the first (or the one walked to), Escape goes back to the box.
  const box = document.getElementById("search");
  const hits = () => [...document.querySelectorAll("#search-results [data-hit]")];
  document.addEventListener("keydown", (event) => {
    if (!box || !event.target.closest(".zg-search")) return;
    const all = hits();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      all[Math.min(at + 1, all.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at === 0 ? box : all[at - 1]).focus();
    } else if (event.key === "Escape") {
      document.getElementById("search-results").replaceChildren();
      box.focus();
    }
  });

  // Tree: the first click loads a branch (htmx), the following ones fold and unfold it.
  document.addEventListener("click", (event) => {
    const twig = event.target.closest("[data-twig]");
    if (!twig || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const open = twig.getAttribute("aria-expanded") === "true";
    twig.setAttribute("aria-expanded", String(!open));
    const below = document.getElementById(twig.getAttribute("aria-controls"));
    if (below) below.hidden = open;
  });
  document.addEventListener("keydown", (event) => {
    const twig = event.target.closest ? event.target.closest("[data-twig]") : null;
    if (!twig) return;
    const open = twig.getAttribute("aria-expanded") === "true";
    if (event.key === " " || (event.key === "ArrowRight" && !open) || (event.key === "ArrowLeft" && open)) {
      event.preventDefault();
      twig.click();
    }
  });

  // A download does not leave the page: its form may be sent again.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-download]")) setTimeout(() => event.target.removeAttribute("aria-busy"), 1500);
  });
})();
