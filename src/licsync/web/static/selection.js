"use strict";
// Selects rows: one by one, a range with Shift, a page, or all that the filters show; and copies them.
// The selection stays while filters, order and pages change. Without this script the checkboxes work in forms.
{
  const MOST = 1000; // rows that the URL of a download can name
  const LONGEST = 60000; // characters of such a URL that the server accepts
  const chosen = new Map(); // the id of a row: what it adds to the totals
  const known = new WeakMap(); // a row: its items
  let last = null;
  let everything = null; // the list of which everything was selected, and nothing removed since

  const bar = () => document.querySelector("[data-takeaway]");
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const shown = (some) => some.filter((row) => !row.hidden);
  const shownRows = () => shown(rows());
  const boxes = () => [...document.querySelectorAll(".pick input:not([data-page])")];
  const number = (count) => count.toLocaleString("en");

  // What a row stands for, by id: itself, or the members of a group that are not rows themselves.
  function items(row) {
    if (!known.has(row)) {
      const { parts, count, costs, members } = row.dataset;
      const all = members ? Object.entries(JSON.parse(members)) : [[row.dataset.row, count]];
      const facts = (many) => ({ part: parts || "", count: many === undefined ? null : Number(many), costs: costs ? costs.split("|") : [] });
      known.set(row, new Map(all.map(([id, many]) => [id, facts(many)])));
    }
    return known.get(row);
  }

  const isChosen = (row) => [...items(row).keys()].every((id) => chosen.has(id));
  const size = (some) => some.reduce((sum, row) => sum + items(row).size, 0);

  // The rows that a checkbox selects: its own, or those inside its group.
  function rowsOf(input) {
    const item = input.closest("[data-row], .entry");
    return item.dataset.row === undefined ? shown([...item.querySelectorAll("[data-row]")]) : [item];
  }

  function set(row, on) {
    if (!on) everything = null;
    for (const [id, facts] of items(row)) {
      if (on) chosen.set(id, facts);
      else chosen.delete(id);
    }
  }

  function mark(input, some) {
    const marked = some.filter(isChosen).length;
    input.checked = some.length > 0 && marked === some.length;
    input.indeterminate = !input.checked && some.some((row) => [...items(row).keys()].some((id) => chosen.has(id)));
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
    let units = null;
    for (const { part, count, costs } of chosen.values()) {
      if (part) parts.set(part, (parts.get(part) || 0) + 1);
      if (count !== null) units = (units || 0) + count;
      for (const cost of costs) {
        const [value, currency] = cost.split(" ");
        sums.set(currency, (sums.get(currency) || 0n) + millionths(value));
      }
    }
    const texts = [`${number(chosen.size)} selected`, ...[...parts].sort().map(([part, count]) => `${number(count)} ${part}`)];
    if (units !== null) texts.push(`${number(units)} ${bar().dataset.noun}${units === 1 ? "" : "s"}`);
    if (sums.size) texts.push(`${[...sums].sort().map(([currency, sum]) => `${amount(sum)} ${currency}`).join(" and ")} per month`);
    return texts;
  }

  // --- what is shown of it ------------------------------------------------------------------------

  function update() {
    for (const input of boxes()) {
      mark(input, rowsOf(input));
      input.closest("[data-row], .entry").classList.toggle("chosen", input.checked);
    }
    const here = shownRows();
    for (const page of document.querySelectorAll("[data-page]")) {
      page.hidden = false;
      if (page.parentElement.matches("label")) page.parentElement.hidden = false;
      mark(page, here);
    }
    const place = bar();
    if (!place) return;
    const wasFocused = document.activeElement;
    const has = chosen.size > 0, text = place.querySelector("[data-chosen]");
    place.classList.toggle("has-chosen", has);
    text.hidden = !has;
    place.querySelector("[data-totals]").hidden = has;
    text.replaceChildren(...(has ? totals() : []).map((part) => Object.assign(document.createElement("span"), { textContent: part })));
    const total = place.dataset.whole ? Number(place.dataset.total) : size(here);
    const all = place.querySelector("[data-all]");
    all.hidden = !has || chosen.size >= total || !boxes().length;
    all.textContent = `Select all ${number(total)}`;
    place.querySelector("[data-none]").hidden = !has;
    for (const button of place.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of place.querySelectorAll("[data-csv]")) button.hidden = false;
    for (const button of place.querySelectorAll("[data-target]")) button.hidden = !has || !navigator.clipboard;
    for (const button of place.querySelectorAll("[data-download]")) {
      button.disabled = isTooLong(place);
      button.title = button.disabled ? "Too many selected rows for a file. Filter instead, and clear the selection." : "";
    }
    if (place.contains(wasFocused) && wasFocused.hidden) [...place.querySelectorAll("button")].find((button) => !button.hidden)?.focus();
  }

  // The order of a list does not matter for what it contains.
  const list = (place) => place.dataset.whole.replace(/([?&])sort=[^&]*&?/, "$1");
  const isEverything = (place) => everything !== null && everything === list(place);

  function isTooLong(place) {
    const length = () => [...chosen.keys()].reduce((sum, id) => sum + encodeURIComponent(id).length + 6, 0);
    return !isEverything(place) && (chosen.size > MOST || length() > LONGEST);
  }

  function say(text) {
    document.getElementById("announcement").textContent = text;
  }

  // --- selecting ----------------------------------------------------------------------------------

  function pick(input, isRange) {
    const here = shownRows(), own = rowsOf(input);
    const from = isRange ? here.findIndex((other) => other.dataset.row === last) : -1;
    const [first, end] = [here.indexOf(own[0]), here.indexOf(own[own.length - 1])];
    const some = from < 0 ? own : here.slice(Math.min(from, first), Math.max(from, end) + 1);
    for (const row of some) set(row, input.checked);
    last = own[0].dataset.row;
    update();
  }

  async function all(place) {
    const found = place.dataset.whole ? [] : shownRows();
    for (let url = place.dataset.whole; url;) {
      const answer = await fetch(url, { headers: { "licsync-fragment": "1" }, credentials: "same-origin" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), next = page.querySelector("a[rel=next]");
      found.push(...page.querySelectorAll("[data-row]"));
      url = next && next.href;
    }
    chosen.clear();
    for (const row of found) set(row, true);
    everything = place.dataset.whole ? list(place) : null;
    update();
    say(totals().join(", "));
  }

  function clear() {
    chosen.clear();
    last = everything = null;
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
    const texts = [".subject", ".what", "dl", ".source"].map((name) => tidy((row.querySelector(name) || { textContent: "" }).textContent));
    return [...texts, [...items(row).keys()].join(" ")];
  }

  function table() {
    const some = rows(), list = some.length ? some[0].closest("table") : null;
    const heads = (list ? [...list.querySelectorAll("thead .sort")] : []).map((head) => tidy(head.textContent));
    const wanted = shown(some).filter((row) => !chosen.size || isChosen(row));
    return [heads.length ? heads : ["subject", "change", "details", "source", "resource"], ...wanted.map(cells)];
  }

  const quoted = (text, separator) => (text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const written = (lines, separator) => lines.map((line) => line.map((text) => quoted(cell(text), separator)).join(separator)).join("\r\n") + "\r\n";

  async function copied(button) {
    if (!button.dataset.copy) return written(table(), "\t");
    const place = bar(), form = button.form, url = new URL(button.dataset.copy, location.href);
    for (const [name, value] of new FormData(form)) if (value && name !== "unit" && name !== "pick") url.searchParams.append(name, value);
    const text = await (await fetch(url, { credentials: "same-origin" })).text();
    if (!chosen.size || isEverything(place)) return text;
    // the first column is the id, of a plan the last one; no id contains a tab, a quote or an end of line
    const lines = text.match(/(?:[^"\r]|"[^"]*")*\r\n/g), place_of_id = lines[0].endsWith("\tresource\r\n") ? -1 : 0;
    const id = (line) => line.trimEnd().split("\t").at(place_of_id).replace(/^'/, "");
    return lines.filter((line, index) => !index || chosen.has(id(line))).join("");
  }

  // What is selected, as options of a command for a POSIX shell.
  const inShell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);
  const targets = () => [...chosen.keys()].map((id) => `--target ${inShell(id)}`).join(" ");

  async function copy(button, text) {
    const before = button.dataset.label || (button.dataset.label = button.textContent);
    try {
      await navigator.clipboard.writeText(await text);
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
    const place = bar(), name = place && place.dataset.pick;
    if (!name || !form.contains(place)) return;
    for (const old of form.querySelectorAll(`input[type=hidden][name=${name}]`)) old.remove();
    const here = new Set([...form.querySelectorAll(".pick input[name]")].map((input) => input.value));
    for (const id of chosen.keys()) {
      if (here.has(id)) continue;
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name, value: id });
      hidden.dataset.elsewhere = "";
      form.append(hidden);
    }
  }

  // --- events -------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const input = event.target.closest(".pick input:not([data-page])");
    if (input) return pick(input, event.shiftKey);
    if (event.target.closest("[data-page]")) {
      for (const row of shownRows()) set(row, event.target.checked);
      return update();
    }
    const button = event.target.closest("[data-takeaway] button"), place = bar();
    if (!button || !place) return;
    if (button.dataset.all !== undefined) all(place);
    else if (button.dataset.none !== undefined) clear();
    else if (button.dataset.copy !== undefined) copy(button, copied(button));
    else if (button.dataset.target !== undefined) copy(button, targets());
    else if (button.dataset.csv !== undefined) download(place);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-pick]")) return;
    complete(event.target);
    const place = bar();
    if (event.submitter && event.submitter.dataset.download !== undefined && place && isEverything(place)) {
      // everything that the filters show needs no names
      const named = [...event.target.querySelectorAll(`.pick input[name], input[data-elsewhere]`)];
      for (const one of named) one.disabled = true;
      setTimeout(() => { for (const one of named) one.disabled = false; });
    }
  }, true);
  document.addEventListener("licsync:clear", () => { if (chosen.size) clear(); });
  document.addEventListener("licsync:shown", update);
  for (const input of boxes()) if (input.checked) rowsOf(input).forEach((row) => set(row, true));
  update();
}
