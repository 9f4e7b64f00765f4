"use strict";
// j and k move among rows, Enter opens one, x selects it, / searches, ? explains, Esc closes.
{
  const dialog = document.getElementById("keys");
  const isShown = (row) => !row.hidden && row.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-row], .entry[data-entry]")].filter(isShown);
  const current = () => document.activeElement && document.activeElement.closest("[data-row], .entry[data-entry]");

  function move(step) {
    const all = rows(), here = all.indexOf(current());
    const kept = here < 0 ? all.findIndex((row) => row.classList.contains("current")) : here;
    const row = all[kept < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, kept + step))];
    if (!row) return;
    for (const other of document.querySelectorAll(".current")) other.classList.remove("current");
    row.classList.add("current");
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function open(row) {
    const link = row.querySelector("a[href]"), details = row.querySelector("details");
    if (link) link.click();
    else if (details) details.open = !details.open;
  }

  function close() {
    const link = document.querySelector("a.close");
    if (link) link.click();
    else document.dispatchEvent(new Event("licsync:clear"));
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => { const field = document.getElementById("q"); if (field) field.focus(); },
    "?": () => dialog.showModal(),
    x: () => { const row = current(), box = row && row.querySelector(".pick input"); if (box) box.click(); },
    Enter: () => { const row = current(); if (row) open(row); }, // on a checkbox, it would submit the form: a download
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !dialog || dialog.open) return;
    const isTyping = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (event.key === "Escape") {
      // the browser would empty the search, and the list would still be filtered
      if (isTyping) { event.preventDefault(); event.target.blur(); }
      else close();
      return;
    }
    if (isTyping || !Object.hasOwn(KEYS, event.key)) return;
    if (event.key === "Enter" && document.activeElement !== current() && !event.target.closest(".pick input")) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  if (dialog) {
    for (const button of document.querySelectorAll("[data-keys]")) {
      button.hidden = false;
      button.addEventListener("click", () => dialog.showModal());
    }
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  }
}
