"use strict";
// Filters, sorts and unfolds the table of workloads. Without this script, all rows are visible.
document.documentElement.classList.add("script");
document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("workloads");
  const bodies = [...table.tBodies];
  const search = document.getElementById("search");
  const namespace = document.getElementById("namespace");
  const kinds = [...document.querySelectorAll("input[name=proxy]")];
  const shown = document.getElementById("shown");
  const texts = new Map();
  const positions = new Map(bodies.map((body, at) => [body, at]));
  let data = null;

  function text(body) {
    if (!texts.has(body)) texts.set(body, body.rows[0].textContent.toLowerCase());
    return texts.get(body);
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const proxies = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.value));
    let count = 0;
    for (const body of bodies) {
      const fits = proxies.has(body.dataset.proxy)
        && (namespace.value === "" || namespace.value === "=" + body.dataset.namespace)
        && words.every((word) => text(body).includes(word));
      body.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${bodies.length} workloads`;
  }

  function unfold(button, open) {
    const body = button.closest("tbody");
    if (open && body.rows.length === 1) {
      data ??= JSON.parse(document.getElementById("details").textContent);
      const cell = detailsCell(data[positions.get(body)], body.rows[0].cells.length);
      body.append(make("tr", { role: "row", class: "more" }, cell));
    }
    body.rows[1].hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }

  function sort(header) {
    const column = header.cellIndex;
    const up = header.getAttribute("aria-sort") !== "ascending";
    for (const other of header.parentNode.cells) {
      if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    }
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    const collator = new Intl.Collator("en", { numeric: true });
    const keys = new Map(bodies.map((body) => [body, body.rows[0].cells[column].textContent]));
    bodies.sort((a, b) => (up ? 1 : -1) * collator.compare(keys.get(a), keys.get(b)));
    table.append(...bodies);
  }

  let waiting = 0;
  search.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  });
  namespace.addEventListener("change", filter);
  kinds.forEach((kind) => kind.addEventListener("change", filter));
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("toggle")) unfold(button, button.getAttribute("aria-expanded") !== "true");
    else sort(button.closest("th"));
  });
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  // What a browser remembers of the fields after a reload applies at once.
  filter();

  // Screen readers do not meet rows that are not laid out: once the page is shown, all are, a few at a time.
  const idle = window.requestIdleCallback ?? window.setTimeout;
  const later = [...bodies];
  idle(function layOut() {
    for (const body of later.splice(0, 100)) body.classList.add("laid-out");
    if (later.length > 0) idle(layOut);
  });
});
