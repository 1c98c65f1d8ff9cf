// Comforts of the list of what waits for me; ticking and deciding work without script.
(() => {
  "use strict";
  const form = document.querySelector("form[data-batch]");
  if (!form) return;
  const rows = [...form.querySelectorAll("[data-row]")];
  const ticks = [...form.querySelectorAll("input[name=pick]")];
  const all = form.querySelector("[data-tick-all]");
  const said = form.querySelector("[data-ticked]");

  const count = () => {
    const ticked = ticks.filter((one) => one.checked).length;
    if (said) said.textContent = ticked ? `已勾选 ${ticked} 件` : "";
    if (all) { all.checked = ticked > 0 && ticked === ticks.length; all.indeterminate = ticked > 0 && ticked < ticks.length; }
  };
  form.addEventListener("change", (event) => {
    if (event.target === all) ticks.forEach((one) => { one.checked = all.checked; });
    count();
  });
  // Enter in the note would press the first button for everything that is ticked.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.name === "note") event.preventDefault();
  });

  const typing = (target) => /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && target.type !== "checkbox");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !/^[jkx]$/.test(event.key)) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    if (event.key === "x") {
      const tick = at >= 0 && rows[at].querySelector("input[name=pick]");
      if (tick) { tick.checked = !tick.checked; count(); }
      return;
    }
    const next = event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
    rows[next].querySelector("a").focus();
  });
  window.addEventListener("pageshow", count);
})();
