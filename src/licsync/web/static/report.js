"use strict";
// Filters the rows of a page that contains all of them. The URL holds the state after the #, so links can set it.

const form = document.querySelector("form[data-live]");
const rows = [...document.querySelectorAll(".units tbody tr, .users tbody tr, .runs tbody tr, .entry[data-verb]:not(.group), .entry[data-ending]")];
const groups = [...document.querySelectorAll(".entry.group")];
const heads = [...document.querySelectorAll("a.sort")];
const columns = Object.fromEntries(heads.map((head) => [head.dataset.sort, head.closest("th").cellIndex]));
const USUAL = { status: "active", planned: "" };

// The value of a row: in an attribute if it differs from most rows, or in the cell of a column.
function values(row, name) {
  const text = row.dataset[name];
  if (text === undefined) return [name in USUAL ? USUAL[name] : row.cells[columns[name]].textContent || "-"];
  return row.cells ? (name === "license" ? text.split(" ") : [text]) : JSON.parse(text);
}

function fits(row, name, wanted) {
  if (name !== "q") return values(row, name).some((value) => wanted.includes(value));
  row.found = row.found || (columns.id === undefined ? `${row.textContent} ${row.dataset.text || ""}` : row.cells[columns.id].textContent).toLowerCase();
  return wanted[0].toLowerCase().split(/\s+/).every((word) => row.found.includes(word));
}

// The order by a column comes with the rows, as their ranks; equal rows keep their order, and rows without a value are last.
function order(sort) {
  if (!heads.length || order.last === sort) return;
  order.last = sort;
  const name = sort.replace(/^-/, ""), place = heads.findIndex((head) => head.dataset.sort === name), sign = sort === name ? 1 : -1;
  const rank = (row) => { const text = row.dataset.ranks.split(" ")[place]; return text === "-" ? Infinity : sign * Number(text); };
  const keyed = rows.map((row, index) => [place < 0 ? index : rank(row), index, row]);
  keyed.sort((one, other) => (one[0] === other[0] ? one[1] - other[1] : one[0] - other[0]));
  rows[0].parentElement.append(...keyed.map(([, , row]) => row));
  heads.forEach((head, index) => {
    if (index === place) head.closest("th").setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    else head.closest("th").removeAttribute("aria-sort");
  });
}

function apply(state) {
  order(state.get("sort") || "");
  const names = [...new Set(state.keys())].filter((name) => state.get(name) && !["apart", "sort"].includes(name));
  let seen = 0;
  for (const row of rows) {
    row.hidden = !names.every((name) => fits(row, name, state.getAll(name)));
    seen += !row.hidden;
  }
  for (const group of groups) {
    group.hidden = ![...group.querySelectorAll(".entry")].some((entry) => !entry.hidden);
    group.querySelector("details").open = names.length > 0 || state.has("apart");
  }
  document.documentElement.classList.toggle("apart", state.has("apart"));
  for (const title of document.querySelectorAll(".tone")) {
    title.hidden = ![...title.nextElementSibling.children].some((entry) => !entry.hidden);
  }
  for (const link of document.querySelectorAll(".pools a")) {
    const here = new URLSearchParams(new URL(link.href).hash.slice(1));
    const open = ["type", "country"].every((name) => (here.get(name) || "") === (state.get(name) || ""));
    link.closest("tr").classList.toggle("open", open);
    if (open) document.getElementById("units-title").textContent = link.dataset.title;
  }
  const said = names.length ? `${seen.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : `${rows.length.toLocaleString("en")}`;
  for (const place of document.querySelectorAll("[data-said]")) place.textContent = said;
  document.getElementById("said").textContent = said;
  document.dispatchEvent(new Event("licsync:shown"));
}

function fill(state) {
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = state.getAll(field.name).includes(field.value);
    else field.value = state.get(field.name) || "";
  }
}

function read() {
  const state = new URLSearchParams(location.hash.slice(1));
  fill(state);
  apply(state);
}

// The page of a run has no filters, only links that choose.
if (!form && rows.length && rows[0].dataset.ending) {
  const choose = () => {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("state");
    for (const row of rows) row.hidden = Boolean(wanted) && row.dataset.ending !== wanted;
  };
  addEventListener("hashchange", choose);
  choose();
}

if (form && rows.length) {
  document.documentElement.classList.add("scripted");
  const changed = () => {
    const state = new URLSearchParams();
    const before = new URLSearchParams(location.hash.slice(1));
    if (form.elements.type === undefined && before.get("type")) state.set("type", before.get("type"));
    for (const [name, value] of new FormData(form)) if (value) state.append(name, value);
    history.replaceState(null, "", `#${state}`);
    apply(state);
  };
  let timer = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(changed, 120); });
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  addEventListener("hashchange", read);
  document.addEventListener("click", (event) => {
    const head = event.target.closest("a.sort");
    if (head) {
      event.preventDefault();
      const field = form.elements.sort, name = head.dataset.sort;
      field.value = field.value === name ? `-${name}` : field.value === `-${name}` ? "" : name;
      return changed();
    }
    const link = event.target.closest("a[data-focus]");
    const target = link && document.getElementById(link.dataset.focus);
    if (target) setTimeout(() => target.focus());
  });
  if (location.hash.includes("=")) read();
}
