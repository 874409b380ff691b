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
  assert.equal(await details.isVisible(), false);
  await web.click();
  assert.equal(await details.isVisible(), true);
  assert.equal(await web.getAttribute("aria-expanded"), "true");
  const drawing = details.locator("svg");
  assert.match(await drawing.getAttribute("aria-label"), /istio-proxy keeps running, then migrate ends, then app runs/);
  assert.match(await details.textContent(), /sidecar\.istio\.io\/proxyCPU: 200m/);
  await tab.screenshot({ path: `${folder}/${colorScheme}.png` });
  assert.deepEqual(problems, []);

  // What the policy forbids does not run.
  await tab.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\"document.title='broken'\">"));
  await tab.waitForTimeout(100);
  assert.equal(await tab.title(), "Native sidecars: 5 workloads");
  assert.ok(problems.length > 0, "the browser reports what the policy forbids");
  await tab.close();
}

async function withoutScript(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(`file://${page}`);
  assert.equal(await tab.locator(".more").filter({ visible: true }).count(), 5);
  assert.equal(await tab.locator(".filters").isVisible(), false);
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
