"use strict";
// Filters the rows of a page that contains all of them. The URL holds the state after the #, so links can set it.

const form = document.querySelector("form[data-live]");
const rows = [...document.querySelectorAll(".units tbody tr, .users tbody tr, .runs tbody tr, .entry[data-verb]:not(.group), .entry[data-ending]")];
const groups = [...document.querySelectorAll(".entry.group")];
const columns = Object.fromEntries([...document.querySelectorAll("a.sort")].map((head) => [head.dataset.sort, head.closest("th").cellIndex]));
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

// The tables and lists that sort: their rows, and the names of the columns that the rows have ranks for.
const lists = [...new Set([...document.querySelectorAll("[data-ranks]")].map((row) => row.parentElement))].map((list) => {
  const table = list.closest("table"), heads = table ? [...table.querySelectorAll("a.sort")] : [];
  const names = table ? heads.map((head) => head.dataset.sort) : list.closest("[data-ranked]").dataset.ranked.split(" ");
  return { list, heads, names, items: [...list.children], place: -1 };
});

// The order by a column comes with the rows, as their ranks; equal rows keep their order, and rows without a value are last.
function order(sort) {
  if (order.last === sort) return;
  order.last = sort;
  const name = sort.replace(/^-/, ""), sign = sort === name ? 1 : -1;
  for (const one of lists) {
    const place = one.names.indexOf(name);
    if (place < 0 && one.place < 0) continue;
    one.place = place;
    const rank = (row) => { const text = row.dataset.ranks.split(" ")[place]; return text === "-" ? Infinity : sign * Number(text); };
    const keyed = one.items.map((row, index) => [place < 0 ? index : rank(row), index, row]);
    keyed.sort((first, second) => (first[0] === second[0] ? first[1] - second[1] : first[0] - second[0]));
    one.list.append(...keyed.map(([, , row]) => row));
    one.heads.forEach((head, index) => {
      if (index === place) head.closest("th").setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      else head.closest("th").removeAttribute("aria-sort");
    });
  }
}

function apply(state) {
  order(state.get("sort") || "");
  const names = [...new Set(state.keys())].filter((name) => state.get(name) && !["ungrouped", "sort"].includes(name));
  let seen = 0;
  for (const row of rows) {
    row.hidden = !names.every((name) => fits(row, name, state.getAll(name)));
    seen += !row.hidden;
  }
  for (const group of groups) {
    group.hidden = ![...group.querySelectorAll(".entry")].some((entry) => !entry.hidden);
    group.querySelector("details").open = names.length > 0 || state.has("ungrouped");
  }
  document.documentElement.classList.toggle("ungrouped", state.has("ungrouped"));
  for (const title of document.querySelectorAll(".tone")) {
    title.hidden = ![...title.nextElementSibling.children].some((entry) => !entry.hidden);
  }
  for (const link of document.querySelectorAll(".pools a")) {
    const here = new URLSearchParams(new URL(link.href).hash.slice(1));
    const open = ["type", "country"].every((name) => (here.get(name) || "") === (state.get(name) || ""));
    link.closest("tr").classList.toggle("open", open);
    if (open) document.getElementById("units-title").textContent = link.dataset.title;
  }
  const text = names.length ? `${seen.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : `${rows.length.toLocaleString("en")}`;
  for (const place of document.querySelectorAll("[data-announcement]")) place.textContent = text;
  document.getElementById("announcement").textContent = text;
  document.dispatchEvent(new Event("licsync:shown"));
}

// The usual order of a list keeps the order of a table beside it.
function choose(field, sort) {
  field.options[0].value = [...field.options].slice(1).some((option) => option.value === sort) ? "" : sort;
  field.value = sort;
}

function fill(state) {
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = state.getAll(field.name).includes(field.value);
    else if (field.name === "sort") choose(field, state.get("sort") || "");
    else field.value = state.get(field.name) || "";
  }
}

const isList = Boolean(form && rows.length);

function read() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (!isList) return order(state.get("sort") || "");
  fill(state);
  apply(state);
}

function changed() {
  const state = new URLSearchParams();
  const before = new URLSearchParams(location.hash.slice(1));
  if (form.elements.type === undefined && before.get("type")) state.set("type", before.get("type"));
  for (const [name, value] of new FormData(form)) if (value) state.append(name, value);
  history.replaceState(null, "", `#${state}`);
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

if (isList || lists.length) {
  document.documentElement.classList.add("scripted");
  addEventListener("hashchange", read);
  document.addEventListener("click", (event) => {
    const head = event.target.closest("a.sort");
    if (!head) return;
    event.preventDefault();
    if (isList) changed();
    const state = new URLSearchParams(location.hash.slice(1)), name = head.dataset.sort, sort = state.get("sort");
    state.delete("sort");
    if (sort !== `-${name}`) state.set("sort", sort === name ? `-${name}` : name);
    history.replaceState(null, "", `#${state}`);
    read();
  });
  if (location.hash.includes("=")) read();
}

if (isList) {
  let timer = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(changed, 120); });
  form.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-focus]");
    const target = link && document.getElementById(link.dataset.focus);
    if (target) setTimeout(() => target.focus());
  });
}
