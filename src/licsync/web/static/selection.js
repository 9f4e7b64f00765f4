"use strict";
// Selects rows: one by one, a range with Shift, a page, or all that the filters show; and copies them.
// The selection stays while filters, order and pages change. Without this script the checkboxes work in forms.
{
  const MOST = 1000; // rows that the URL of a download can name
  const chosen = new Map(); // the id of a row: what it adds to the totals
  let last = null;

  const bar = () => document.querySelector("[data-takeaway]");
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const shownRows = () => rows().filter((row) => !row.hidden);
  const box = (row) => row.querySelector(".pick input");
  const number = (count) => count.toLocaleString("en");

  function facts(row) {
    const { parts, count, costs } = row.dataset;
    return { part: parts || "", count: count === undefined ? null : Number(count), costs: costs ? costs.split("|") : [] };
  }

  function set(row, on) {
    if (on) chosen.set(row.dataset.row, facts(row));
    else chosen.delete(row.dataset.row);
  }

  // --- the totals of the selection ----------------------------------------------------------------

  // Amounts are added as whole millionths, so that no cent is lost.
  function millionths(text) {
    const [whole, part = ""] = text.split(".");
    return BigInt(whole + part.padEnd(6, "0").slice(0, 6));
  }

  function amount(sum) {
    const digits = sum.toString().padStart(7, "0");
    const part = digits.slice(-6).replace(/0{0,4}$/, "");
    return `${BigInt(digits.slice(0, -6)).toLocaleString("en")}.${part}`;
  }

  function totals() {
    const parts = new Map(), sums = new Map();
    let licenses = null;
    for (const { part, count, costs } of chosen.values()) {
      if (part) parts.set(part, (parts.get(part) || 0) + 1);
      if (count !== null) licenses = (licenses || 0) + count;
      for (const cost of costs) {
        const [value, currency] = cost.split(" ");
        sums.set(currency, (sums.get(currency) || 0n) + millionths(value));
      }
    }
    const said = [`${number(chosen.size)} selected`, ...[...parts].sort().map(([part, count]) => `${number(count)} ${part}`)];
    if (licenses !== null) said.push(`${number(licenses)} ${licenses === 1 ? "license" : "licenses"}`);
    if (sums.size) said.push(`${[...sums].sort().map(([currency, sum]) => `${amount(sum)} ${currency}`).join(" and ")} per month`);
    return said;
  }

  // --- what is shown of it ------------------------------------------------------------------------

  function update() {
    for (const row of rows()) {
      const input = box(row), on = chosen.has(row.dataset.row);
      if (!input) continue;
      input.checked = on;
      row.classList.toggle("chosen", on);
    }
    const shown = shownRows(), marked = shown.filter((row) => chosen.has(row.dataset.row)).length;
    for (const page of document.querySelectorAll("[data-page]")) {
      page.hidden = false;
      page.checked = shown.length > 0 && marked === shown.length;
      page.indeterminate = marked > 0 && marked < shown.length;
    }
    const place = bar();
    if (!place) return;
    const has = chosen.size > 0, text = place.querySelector("[data-chosen]");
    place.classList.toggle("has-chosen", has);
    text.hidden = !has;
    place.querySelector("[data-totals]").hidden = has;
    text.replaceChildren(...(has ? totals() : []).map((part) => Object.assign(document.createElement("span"), { textContent: part })));
    const total = place.dataset.whole ? Number(place.dataset.total) : shown.length;
    const all = place.querySelector("[data-all]");
    all.hidden = !has || chosen.size >= total || !box(rows()[0] || document.createElement("tr"));
    all.textContent = `Select all ${number(total)}`;
    place.querySelector("[data-none]").hidden = !has;
    for (const button of place.querySelectorAll("[data-copy], [data-csv]")) button.hidden = button.dataset.copy !== undefined && !navigator.clipboard;
    for (const button of place.querySelectorAll("[data-download]")) {
      button.disabled = isTooLong(place);
      button.title = button.disabled ? `At most ${number(MOST)} selected rows. Filter instead, and clear the selection.` : "";
    }
  }

  const isEverything = (place) => chosen.size === Number(place.dataset.total);
  const isTooLong = (place) => chosen.size > MOST && !isEverything(place);

  function say(text) {
    document.getElementById("said").textContent = text;
  }

  // --- selecting ----------------------------------------------------------------------------------

  function pick(input, isRange) {
    const shown = shownRows(), row = input.closest("tr");
    const from = isRange ? shown.findIndex((other) => other.dataset.row === last) : -1;
    const to = shown.indexOf(row);
    const some = from < 0 ? [row] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const one of some) set(one, input.checked);
    last = row.dataset.row;
    update();
  }

  async function all(place) {
    let found = shownRows();
    if (place.dataset.whole) {
      const answer = await fetch(place.dataset.whole, { headers: { "licsync-fragment": "1" }, credentials: "same-origin" });
      if (!answer.ok) return;
      found = [...new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("tr[data-row]")];
    }
    chosen.clear();
    for (const row of found) set(row, true);
    update();
    say(totals().join(", "));
  }

  function clear() {
    chosen.clear();
    last = null;
    update();
  }

  // --- taking away --------------------------------------------------------------------------------

  const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/; // as licsync.spreadsheets.cells
  const PHONE = /^\+[0-9]{6,15}$/;
  const tidy = (text) => text.replace(/\s+/g, " ").trim();
  const cell = (text) => (FORMULA.test(text) && !PHONE.test(text) ? `'${text}` : text);

  // The cells of a row of a page that is a file; a second line of a cell follows in parentheses.
  function cells(row) {
    const text = (part) => {
      const small = part.querySelector("small"), whole = tidy(part.textContent);
      return small ? tidy(`${whole.slice(0, whole.length - tidy(small.textContent).length)} (${tidy(small.textContent)})`) : whole;
    };
    if (row.cells) return [...row.cells].filter((part) => !part.classList.contains("pick")).map(text);
    return [".subject", ".what", "dl", ".source"].map((name) => tidy((row.querySelector(name) || { textContent: "" }).textContent));
  }

  function table() {
    const list = rows().length ? rows()[0].closest("table") : null;
    const heads = (list ? [...list.querySelectorAll("thead .sort")] : []).map((head) => tidy(head.textContent));
    const some = rows().length ? shownRows() : [...document.querySelectorAll(".entry[data-verb]:not(.group)")].filter((entry) => !entry.hidden);
    const wanted = chosen.size ? some.filter((row) => chosen.has(row.dataset.row)) : some;
    return [heads.length ? heads : ["subject", "change", "details", "source"], ...wanted.map(cells)];
  }

  const quoted = (text, separator) => (text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const written = (lines, separator) => lines.map((line) => line.map((text) => quoted(cell(text), separator)).join(separator)).join("\r\n") + "\r\n";

  async function copied(button) {
    if (!button.dataset.copy) return written(table(), "\t");
    const place = bar(), form = button.form, url = new URL(button.dataset.copy, location.href);
    for (const [name, value] of new FormData(form)) if (value && name !== "unit" && name !== "pick") url.searchParams.append(name, value);
    const text = await (await fetch(url, { credentials: "same-origin" })).text();
    if (!chosen.size || isEverything(place)) return text;
    // the first column is the id; no id contains a tab, a quote or an end of line
    const lines = text.split("\r\n");
    return lines.filter((line, index) => !index || chosen.has(line.split("\t")[0].replace(/^'/, ""))).join("\r\n") + "\r\n";
  }

  async function copy(button) {
    const before = "Copy";
    try {
      await navigator.clipboard.writeText(await copied(button));
      button.textContent = "Copied";
      say("Copied");
    } catch {
      button.textContent = "Not copied";
    }
    setTimeout(() => { button.textContent = before; }, 2000);
  }

  function download(place) {
    const url = URL.createObjectURL(new Blob(["\ufeff", written(table(), ",")], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: url, download: `${place.dataset.file}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  // What is selected on other pages goes with the form.
  function complete(form) {
    for (const old of form.querySelectorAll("input[data-elsewhere]")) old.remove();
    const input = document.querySelector(".pick input[name]"), place = bar();
    if (!input || !place || !form.contains(input)) return;
    for (const old of form.querySelectorAll(`input[type=hidden][name=${input.name}]`)) old.remove();
    const here = new Set(rows().map((row) => row.dataset.row));
    for (const id of chosen.keys()) {
      if (here.has(id)) continue;
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: input.name, value: id });
      hidden.dataset.elsewhere = "";
      form.append(hidden);
    }
  }

  // --- events -------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const input = event.target.closest(".pick input[name]");
    if (input) return pick(input, event.shiftKey);
    if (event.target.closest("[data-page]")) {
      for (const row of shownRows()) set(row, event.target.checked);
      return update();
    }
    const button = event.target.closest("[data-takeaway] button"), place = bar();
    if (!button || !place) return;
    if (button.dataset.all !== undefined) all(place);
    else if (button.dataset.none !== undefined) clear();
    else if (button.dataset.copy !== undefined) copy(button);
    else if (button.dataset.csv !== undefined) download(place);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-pick]")) return;
    complete(event.target);
    const place = bar();
    if (event.submitter && event.submitter.dataset.download !== undefined && place && isEverything(place)) {
      // everything that the filters show needs no names
      const boxes = [...event.target.querySelectorAll(".pick input[name]")];
      for (const one of boxes) one.disabled = true;
      setTimeout(() => { for (const one of boxes) one.disabled = false; });
    }
  }, true);
  document.addEventListener("licsync:clear", () => { if (chosen.size) clear(); });
  document.addEventListener("licsync:shown", update);
  for (const row of rows()) if (box(row) && box(row).checked) set(row, true);
  update();
}
