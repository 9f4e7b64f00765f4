"use strict";
// The pages work without this script. With it, filters apply at once and replace only the content.

const FRAGMENT = "licsync-fragment";
let asked = null;

function address(form) {
  const url = new URL(form.getAttribute("action"), location.href);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
  return url;
}

// The focused element is found again by its id, by its name and value, or by its text. A closed panel gives the focus
// back to the row that opened it.
function mark(element) {
  if (!element || element === document.body) return null;
  if (element.id) return { id: element.id };
  const { name, value, type } = element;
  if (name) return { name, value: type === "checkbox" ? value : null };
  if (element.dataset.pool !== undefined) return { pool: element.dataset.pool };
  return element.tagName === "A" ? { text: element.textContent } : null;
}

function find(main, known) {
  if (!known) return null;
  if (known.id) return document.getElementById(known.id);
  if (known.pool !== undefined) return [...main.querySelectorAll("[data-pool]")].find((e) => e.dataset.pool === known.pool);
  if (known.text !== undefined) return [...main.querySelectorAll("a")].find((e) => e.textContent === known.text);
  const same = [...main.querySelectorAll("input, select")].filter((e) => e.name === known.name && e.type !== "hidden");
  return known.value === null ? same[0] : same.find((e) => e.value === known.value);
}

function rowBehind(main, panel) {
  const row = panel && [...main.querySelectorAll("[data-row]")].find((e) => e.dataset.row === panel.dataset.rowBehind);
  return row && row.querySelector("a[href]");
}

async function show(url, { keep = "push", focus = null } = {}) {
  if (asked) asked.abort();
  const mine = (asked = new AbortController());
  document.documentElement.classList.add("waiting");
  try {
    const answer = await fetch(url, { headers: { [FRAGMENT]: "1" }, signal: mine.signal, credentials: "same-origin" });
    if (!answer.ok) return location.assign(url);
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!parsed || mine.signal.aborted) return;
    const old = document.getElementById("content");
    const known = old.contains(document.activeElement) ? mark(document.activeElement) : null;
    const caret = document.activeElement && document.activeElement.type === "search" ? document.activeElement.selectionStart : null;
    const typed = caret !== null ? document.activeElement.value : null;
    const closed = old.querySelector("[data-row-behind]");
    const scrolled = [...old.querySelectorAll(".scroll")].map((e) => e.scrollLeft);
    old.replaceWith(document.adoptNode(parsed));
    [...parsed.querySelectorAll(".scroll")].forEach((e, i) => { if (scrolled[i]) e.scrollLeft = scrolled[i]; });
    document.title = parsed.dataset.title;
    if (keep === "push") history.pushState(null, "", url);
    else if (keep === "replace") history.replaceState(null, "", url);
    const target = (focus && document.getElementById(focus)) || find(parsed, known) || (document.activeElement === document.body && rowBehind(parsed, closed));
    if (target) {
      target.focus({ preventScroll: !focus });
      if (caret !== null && target.type === "search") { target.value = typed; target.setSelectionRange(caret, caret); }
    }
    document.dispatchEvent(new Event("licsync:shown"));
    const text = parsed.querySelector("[data-announcement]");
    document.getElementById("announcement").textContent = text ? text.textContent : "";
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(url);
  } finally {
    if (asked === mine) { asked = null; document.documentElement.classList.remove("waiting"); }
  }
}

let timer = 0;
function later(work, delay) {
  clearTimeout(timer);
  timer = setTimeout(work, delay);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form) later(() => show(address(form), { keep: "replace" }), event.target.type === "search" ? 120 : 0);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form[data-live]")) {
    event.preventDefault();
    clearTimeout(timer);
    show(address(form));
  } else if (form.matches("form[data-pick]") && !(event.submitter && event.submitter.hasAttribute("formaction"))) {
    event.preventDefault();
    show(address(form), { focus: "pending-title" });
  }
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-live]");
  if (!link || link.origin !== location.origin) return;
  event.preventDefault();
  show(link.href, { focus: link.dataset.focus || null });
});

addEventListener("popstate", () => show(location.href, { keep: "none" }));
document.documentElement.classList.add("scripted");
