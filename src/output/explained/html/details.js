"use strict";
// Makes the details of a workload when they are unfolded. Texts are only ever added as text.

function make(name, attributes, ...children) {
  const svg = ["svg", "text", "rect"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// The cell below a workload's row. `data` is what details.rs writes.
function detailsCell(data, columns) {
  const cell = make("td", { role: "cell", colspan: columns });
  if (data.error) cell.append(make("p", { class: "error" }, data.error));
  if (data.decision) cell.append(...decision(data.decision));
  if (data.facts) cell.append(...facts(data.facts));
  return cell;
}

function decision({ reasons, withoutAnnotation, finishes }) {
  const without = withoutAnnotation && make("p", {},
    "Without the annotation: ", make("b", { class: withoutAnnotation }, withoutAnnotation));
  const job = finishes === null ? null : make("p", {},
    finishes ? "The Job finishes." : "The Job never finishes: its proxy keeps running.");
  return [make("h3", {}, "Decision"), list("ol", reasons.map(located)), without, job].filter(Boolean);
}

function facts({ containers, stopOrder, gracePeriod, requests, limits, settings, notes }) {
  const names = stopOrder.flatMap((name, at) => [at > 0 ? ", then " : null, make("span", { class: "mono" }, name)]);
  const stop = make("p", {}, "Stop order: ", ...names, gracePeriod === null ? null : `, all within ${gracePeriod} s`);
  return [
    make("h3", {}, "Start order"),
    make("div", { class: "order" }, drawing(containers)),
    list("ol", containers.map(({ name, about }) => [
      make("span", { class: "mono" }, name), " ", make("span", { class: "muted" }, about)])),
    stopOrder.length > 0 ? stop : "",
    make("div", { class: "columns" },
      resources("Requests", requests),
      resources("Limits", limits),
      titled("Settings of the sidecar", settings.map(([text, place]) => located([make("code", {}, text), place]))),
      titled("Notes", notes.map((note) => [note]))),
  ];
}

// A text, and its place in the manifest.
function located([text, place]) {
  return [text, " ", place ? make("span", { class: "muted mono" }, place) : null];
}

function list(name, items) {
  return make(name, {}, ...items.map((item) => make("li", {}, ...item)));
}

function titled(title, items) {
  return items.length === 0 ? null : make("div", {}, make("h3", {}, title), list("ul", items));
}

function resources(title, rows) {
  if (rows.length === 0) return null;
  const number = { class: "number" };
  const head = [["Resource", {}], ["As written", number], ["With the sidecar", number]];
  return make("div", {}, make("h3", {}, title), make("table", {},
    make("thead", {}, make("tr", {}, ...head.map(([text, kind]) => make("th", { ...kind, scope: "col" }, text)))),
    make("tbody", {}, ...rows.map(([name, before, after]) => make("tr", {},
      make("th", { scope: "row" }, name), make("td", number, before), make("td", number, after))))));
}

// A line for each container: when it starts, and until when it runs. Times are not to scale.
function drawing(containers) {
  const [line, bar, start, stop, run, character, most] = [22, 14, 90, 30, 160, 8, 40];
  const names = containers.map(({ name }) => [...name].slice(0, most).join(""));
  const left = (Math.max(0, ...names.map((name) => [...name].length)) + 2) * character;
  const appsEnd = left + (Math.max(1, ...containers.map(({ step }) => step)) - 1) * start + run;
  // Native sidecars stop in reverse order, once all others have ended.
  let running = containers.filter(({ role }) => role === "sidecar").length;
  const [width, height] = [appsEnd + (running + 1) * stop, line * containers.length];
  const lines = containers.flatMap(({ role, step }, at) => {
    const x = left + (step - 1) * start;
    const end = { init: x + start, sidecar: appsEnd + running * stop, app: appsEnd }[role];
    running -= role === "sidecar" ? 1 : 0;
    const y = at * line;
    return [
      make("text", { x: 0, y: y + Math.floor(line * 2 / 3) }, names[at]),
      make("rect", { class: role, x, y: y + (line - bar) / 2, width: end - x - 2, height: bar, rx: 3 }),
    ];
  });
  const does = { init: "ends", sidecar: "keeps running", app: "runs" };
  const words = "Start order: " + containers.map(({ name, role }) => `${name} ${does[role]}`).join(", then ");
  return make("svg", { role: "img", "aria-label": words, width, height, viewBox: `0 0 ${width} ${height}` }, ...lines);
}
