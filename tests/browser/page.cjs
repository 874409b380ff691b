// Uses the page as a person would, in both color schemes: node page.cjs PAGE FOLDER
// Writes a screenshot of each to FOLDER, to look at.
"use strict";
const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");

const [page, folder] = process.argv.slice(2);

async function check(browser, colorScheme) {
  const tab = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 900 } });
  const problems = [];
  tab.on("console", (message) => problems.push(message.text()));
  tab.on("pageerror", (error) => problems.push(String(error)));
  tab.on("dialog", (dialog) => problems.push(`dialog: ${dialog.message()}`));
  tab.on("request", (request) => request.url().startsWith("file:") || problems.push(`request: ${request.url()}`));
  await tab.goto(`file://${page}`);

  // The summary, and all rows. Text from manifests is text.
  assert.equal(await tab.title(), "Native sidecars: 5 workloads");
  assert.deepEqual(await tab.locator(".tile dt").allTextContents(), ["native", "regular", "depends", "none", "error"]);
  assert.deepEqual(await tab.locator(".tile dd").allTextContents(), ["1 20 %", "2 40 %", "0 0 %", "1 20 %", "1 20 %"]);
  const names = () => tab.locator(".toggle").filter({ visible: true }).allTextContents();
  assert.equal((await names()).length, 5);
  assert.ok((await names()).includes("deployment/</table><script>document.title='broken'</script>"));
  assert.equal(await tab.locator("img, svg[onload], td b b").count(), 0);

  // The filters, alone and together.
  await tab.fill("#search", "SHOP deploy");
  await tab.waitForFunction(() => document.getElementById("shown").textContent.startsWith("1 of 5"));
  assert.deepEqual(await names(), ["deployment/web"]);
  await tab.fill("#search", "");
  await tab.selectOption("#namespace", { label: "shop" });
  await tab.uncheck("input[value=none]");
  assert.deepEqual((await names()).sort(), ["deployment/web", "statefulset/db"]);
  await tab.check("input[value=none]");
  await tab.selectOption("#namespace", "");

  // The order, by the keyboard alone.
  const header = tab.locator("th button", { hasText: "Workload" });
  await header.focus();
  await tab.keyboard.press("Enter");
  assert.equal((await names())[0], "daemonset/agent");
  assert.equal(await tab.locator("#workloads > thead th").nth(1).getAttribute("aria-sort"), "ascending");
  await tab.keyboard.press("Space");
  assert.equal((await names())[0], "statefulset/db");
  assert.equal(await tab.locator("#workloads > thead th").nth(1).getAttribute("aria-sort"), "descending");

  // The details.
  const web = tab.locator(".toggle", { hasText: "deployment/web" });
  const details = tab.locator("tbody", { has: web }).locator(".more");
  assert.equal(await tab.locator(".more").count(), 0, "details are made when they are unfolded");
  await web.focus();
  await tab.keyboard.press("Enter");
  assert.equal(await details.isVisible(), true);
  assert.equal(await web.getAttribute("aria-expanded"), "true");
  const drawing = details.locator("svg");
  assert.match(await drawing.getAttribute("aria-label"), /istio-proxy keeps running, then migrate ends, then app runs/);
  assert.match(await details.textContent(), /sidecar\.istio\.io\/proxyCPU: 200m/);
  await tab.locator(".toggle", { hasText: "</table>" }).click();
  const hostile = tab.locator(".more", { hasText: "<b>bold</b>" });
  assert.match(await hostile.textContent(), /<\/td><svg onload=alert\(1\)>/);
  assert.equal(await tab.locator("img, svg[onload], td b b").count(), 0);
  await tab.locator(".toggle", { hasText: "statefulset/db" }).click();
  assert.match(await tab.locator(".more p.error").textContent(), /not a port/);
  await tab.evaluate(() => scrollTo(0, 0));
  await tab.screenshot({ path: `${folder}/${colorScheme}.png`, fullPage: true });
  await tab.waitForFunction(() => document.querySelectorAll(".laid-out").length === 5);
  assert.deepEqual(await roles(tab), { table: 1, row: 9, columnheader: 5, cell: 28 });

  // Print shows what the page shows, without the filters.
  await tab.emulateMedia({ media: "print", colorScheme });
  assert.equal(await details.isVisible(), true);
  assert.equal(await tab.locator(".filters").isVisible(), false);
  await tab.pdf({ path: `${folder}/${colorScheme}.pdf` });
  await tab.emulateMedia({ media: "screen", colorScheme });

  // Folded again, and unfolded once more.
  await web.click();
  assert.equal(await details.isVisible(), false);
  assert.equal(await web.getAttribute("aria-expanded"), "false");
  await web.click();
  assert.equal(await tab.locator(".more").filter({ visible: true }).count(), 3);
  assert.deepEqual(problems, []);

  // What the policy forbids does not run.
  await tab.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\"document.title='broken'\">"));
  await tab.waitForTimeout(100);
  assert.equal(await tab.title(), "Native sidecars: 5 workloads");
  assert.ok(problems.length > 0, "the browser reports what the policy forbids");
  await tab.close();
}

// How often a screen reader meets each part of the table of workloads. The tables of details have parts of their own.
async function roles(tab) {
  const session = await tab.context().newCDPSession(tab);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const role = (node) => node?.role?.value;
  const tables = (node) => (node ? (role(node) === "table" ? 1 : 0) + tables(byId.get(node.parentId)) : 0);
  const table = nodes.find((node) => role(node) === "table" && text(node).includes("statefulset/db"));
  function text(node) {
    return (node.name?.value ?? "") + node.childIds.map((id) => (byId.has(id) ? text(byId.get(id)) : "")).join(" ");
  }
  const counts = {};
  (function count(node) {
    if (!node || tables(node) > 1) return;
    if (["table", "row", "columnheader", "cell"].includes(role(node))) counts[role(node)] = (counts[role(node)] ?? 0) + 1;
    node.childIds.forEach((id) => count(byId.get(id)));
  })(table);
  return counts;
}

async function withoutScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(`file://${page}`);
  assert.equal(await tab.locator(".toggle").filter({ visible: true }).count(), 5);
  assert.equal(await tab.locator(".filters").isVisible(), false);
  assert.match(await tab.locator("noscript").textContent(), /Without JavaScript/);
  await context.close();
}

(async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  for (const colorScheme of ["light", "dark"]) await check(browser, colorScheme);
  await withoutScript(browser);
  await browser.close();
  console.log("page: as expected in both color schemes, and without script");
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
