// Small comforts. Everything here has a way that works without script.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, from = document) => from.querySelector(selector);
  const token = () => ($('meta[name="csrf-token"]') || {}).content || "";

  // htmx: every request carries the CSRF token; an error answer is shown instead of being swallowed.
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = token();
  });

  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const closeMenus = (except) => {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  };
  const open = (dialog) => { if (dialog && !dialog.open) dialog.showModal(); };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeMenus();
      const nav = $("#nav-switch");
      if (nav) nav.checked = false;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      const box = $("#search");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "?") {
      open($("#keys"));
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) { event.preventDefault(); open($(opener.dataset.open)); return; }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      event.preventDefault();
      const dialog = closer.closest("dialog");
      if (dialog) dialog.close();
      const menu = closer.closest("details");
      if (menu) menu.open = false;
      return;
    }
    if (event.target.matches("dialog.zg-modal")) event.target.close();
    const printer = event.target.closest("[data-print]");
    if (printer) { event.preventDefault(); window.print(); }
    closeMenus(event.target.closest("details[data-menu]"));
  });

  // A form is sent once; leaving with unsaved input asks where the form wishes it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    if (form.method === "post" && !form.matches("[data-upload]") && !form.hasAttribute("hx-post")) form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll('form[aria-busy="true"]').forEach((form) => form.removeAttribute("aria-busy"));
  });

  // File drop: shows the names, accepts a dropped file.
  const names = (input) => {
    const label = $("[data-drop-name]", input.closest("[data-drop]"));
    if (label && input.files.length) label.textContent = [...input.files].map((file) => file.name).join("、");
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-drop] input[type=file]")) names(event.target);
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
  ["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    const zone = event.target.closest ? event.target.closest("[data-drop]") : null;
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("is-over", kind === "dragover");
    const input = $("input[type=file]", zone);
    if (kind === "drop" && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      names(input);
    }
  }));

  // Upload with progress: <form data-upload> with a <progress data-upload-bar> inside.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-upload]") || event.defaultPrevented) return;
    const bar = $("[data-upload-bar]", form);
    if (!bar || !window.FormData) return;
    event.preventDefault();
    const note = $("[data-upload-note]", form);
    const request = new XMLHttpRequest();
    bar.hidden = false;
    form.setAttribute("aria-busy", "true");
    request.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.max = step.total;
      bar.value = step.loaded;
      if (note) note.textContent = step.loaded < step.total ? `已上传 ${Math.floor(100 * step.loaded / step.total)}%` : "已上传，正在读取文件…";
    });
    request.addEventListener("load", () => {
      const onward = request.getResponseHeader("X-Onward");
      if (onward) {
        location.assign(onward);
      } else {
        document.open(); document.write(request.responseText); document.close();
      }
    });
    request.addEventListener("error", () => {
      form.removeAttribute("aria-busy");
      bar.hidden = true;
      if (note) note.textContent = "上传中断了，请检查网络后再试一次。";
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", token());
    request.setRequestHeader("X-Upload", "1");
    request.send(new FormData(form));
  });
})();
