// Judging pairs by keyboard: 1, 2, 3 press the buttons, j and k go on and back, n goes to the note.
(() => {
  "use strict";
  const form = document.querySelector("form[data-judge]");
  const typing = (target) => /^(TEXTAREA|SELECT|INPUT)$/.test(target.tagName);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
    if (/^[123]$/.test(event.key) && form) {
      const button = form.querySelector(`button[name=verdict][value="${event.key}"]`);
      if (button && !button.disabled) { event.preventDefault(); button.click(); }
    } else if (event.key === "j" || event.key === "k") {
      const link = document.querySelector(event.key === "j" ? "a[data-next]" : "a[data-previous]");
      if (link) link.click();
    } else if (event.key === "n" && form) {
      event.preventDefault();
      form.querySelector("textarea[name=note]").focus();
    }
  });
})();
