// Comforts of the workbench. Everything here has a way that works without script.
(() => {
  "use strict";

  // Search: arrows walk through the hits, Enter opens the one walked to, Escape empties the box's results.
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

  // Drafts: what was typed into <form data-draft> stays for this tab until it is sent; sealed numbers are never kept.
  const drafts = [...document.querySelectorAll("form[data-draft]")];
  const fields = (form) => [...form.elements].filter((one) => one.name && !one.closest("[data-no-draft]")
    && !/^(hidden|password|file|submit|button)$/.test(one.type) && !/^(id_number|phone|csrfmiddlewaretoken)$/.test(one.name));
  const place = (form) => `draft:${location.pathname}:${form.dataset.draft}`;
  const read = (form) => { try { return JSON.parse(sessionStorage.getItem(place(form))); } catch { return null; } };
  // A form that was sent may come back to be sent again, after a proof of who one is: its draft goes once it is done.
  const settle = () => {
    const sent = sessionStorage.getItem("draft-sent");
    sessionStorage.removeItem("draft-sent");
    const done = document.querySelector(".zg-alert.is-good") || !sent?.startsWith(`draft:${location.pathname}:`);
    if (sent && done) sessionStorage.removeItem(sent);
  };
  try { settle(); } catch { /* no store, no draft */ }
  drafts.forEach((form) => {
    const kept = form.querySelector(".has-error") ? null : read(form);
    fields(form).forEach((one) => {
      if (!kept || !(one.name in kept)) return;
      if (/^(checkbox|radio)$/.test(one.type)) one.checked = kept[one.name].includes(one.value);
      else if (one.value === one.defaultValue || one.tagName === "SELECT") one.value = kept[one.name][0];
    });
    form.addEventListener("input", () => {
      const now = {};
      fields(form).forEach((one) => {
        now[one.name] = now[one.name] || [];
        if (!/^(checkbox|radio)$/.test(one.type) || one.checked) now[one.name].push(one.value);
      });
      try { sessionStorage.setItem(place(form), JSON.stringify(now)); } catch { /* a full store keeps no draft */ }
    });
    form.addEventListener("submit", () => {
      try { sessionStorage.setItem("draft-sent", place(form)); } catch { /* a full store keeps no draft */ }
    });
  });

  // A download does not leave the page: its form may be sent again.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-download]")) setTimeout(() => event.target.removeAttribute("aria-busy"), 1500);
  });
})();
