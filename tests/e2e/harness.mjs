// What every browser test needs: a static host for the built page, a real browser, and a watch on everything that a
// visitor would call broken. A test that uses `pageTest` fails on any console error, uncaught exception, policy
// violation, failed request or request to another origin, without asking for it.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

export { assert, test };

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** The built page. */
export const DIST = resolve(process.env.REPLICARIUM_DIST ?? join(ROOT, "dist"));
/** Where a failed test leaves a picture of the page. */
const FAILURES = join(ROOT, "target/e2e-failures");
/** Deep enough that an absolute address anywhere in the page breaks. */
const PREFIX = "/a/b/";
/** How long a single wait may take. Generous: two slow cores may run a compiler at the same time. */
const WAIT_MS_MAX = 20_000;
/** How long one whole test may take. */
const TEST_MS_MAX = 120_000;

const BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

// The browser talks to nobody but the page's own host.
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser, with a fresh profile of its own. */
export function launch() {
  const executablePath = process.env.REPLICARIUM_CHROMIUM ?? BROWSERS.find((path) => existsSync(path));
  assert(executablePath, "no browser found: set REPLICARIUM_CHROMIUM to the path of Chromium or Chrome");
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Serves the built page under a sub-path. */
export function site() {
  assert(existsSync(join(DIST, "index.html")), `no built page in ${DIST}: run ./dev build first`);
  return serve(DIST, PREFIX);
}

// One browser and one host for all tests of a file; node runs each file in a process of its own.
let shared;
let stopsAtEnd = false;
function started() {
  shared ??= Promise.all([launch(), site()]).then(([browser, host]) => ({ browser, host }));
  return shared;
}
async function stop() {
  const { browser, host } = (await shared?.catch(() => null)) ?? {};
  await browser?.close();
  await host?.close();
}

// A policy violation reaches the console by itself in most cases; this also catches the silent ones.
function reportViolations() {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy violation: ${event.effectiveDirective} blocked ${event.blockedURI || "inline"}`);
  });
}

/** Collects, in words, everything that must not happen on a page. */
export function watch(page, origin) {
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console error: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("crash", () => faults.push("the page crashed"));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) faults.push(`request to another origin: ${url}`);
  });
  page.on("websocket", (socket) => faults.push(`web socket: ${socket.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} for ${response.url()}`);
  });
  return faults;
}

/** Waits until the program runs: the loading line is gone, or its failure is shown. */
export async function booted(page) {
  await page.locator("#boot").waitFor({ state: "detached" });
}

/**
 * Opens a page in a context of its own. Options, all optional:
 *   viewport {width, height}, colorScheme "light" | "dark", reducedMotion "reduce" | "no-preference",
 *   forcedColors "active", contrast "more", phone (touch, coarse pointer), scripts (false: JavaScript off),
 *   permissions ["clipboard-read", …], storage {key: value} for localStorage,
 *   fragment "#…", before(page, host): steps before the page is opened, wait (false: do not wait for the program).
 */
export async function openPage(browser, host, options = {}) {
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? "light",
    reducedMotion: options.reducedMotion ?? "no-preference",
    forcedColors: options.forcedColors,
    contrast: options.contrast,
    hasTouch: options.phone ?? false,
    isMobile: options.phone ?? false,
    deviceScaleFactor: options.scale ?? 1,
    javaScriptEnabled: options.scripts ?? true,
    permissions: options.permissions,
    locale: "en-GB",
  });
  context.setDefaultTimeout(WAIT_MS_MAX);
  await context.addInitScript(reportViolations);
  if (options.storage) {
    await context.addInitScript((entries) => {
      for (const [key, value] of entries) localStorage.setItem(key, value);
    }, Object.entries(options.storage));
  }
  const page = await context.newPage();
  const faults = watch(page, host.origin);
  await options.before?.(page, host);
  await page.goto(host.url + (options.fragment ?? ""));
  if (options.wait ?? options.scripts ?? true) await booted(page);
  return { context, page, faults };
}

/**
 * A test with a page: `pageTest("name", { viewport: … }, async ({ page, host, faults }) => { … })`.
 * Options are those of `openPage`, and `tolerate`: patterns of faults that this test causes on purpose.
 */
export function pageTest(name, options, body) {
  if (typeof options === "function") [options, body] = [{}, options];
  if (!stopsAtEnd) after(stop);
  stopsAtEnd = true;
  test(name, { timeout: TEST_MS_MAX }, async (run) => {
    const { browser, host } = await started();
    const { context, page, faults } = await openPage(browser, host, options);
    try {
      await body({ page, host, context, faults });
      const tolerated = options.tolerate ?? [];
      const left = faults.filter((fault) => !tolerated.some((pattern) => pattern.test(fault)));
      assert.deepEqual(left, [], "the page must stay free of faults");
    } catch (error) {
      mkdirSync(FAILURES, { recursive: true });
      const picture = join(FAILURES, `${name.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}.png`);
      await page.screenshot({ path: picture }).then(
        () => run.diagnostic(`picture of the failure: ${picture}`),
        () => {},
      );
      for (const fault of faults) run.diagnostic(`seen on the way: ${fault}`);
      throw error;
    } finally {
      await context.close();
    }
  });
}

const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/**
 * Fails when axe finds anything. Options: `include` and `exclude` (lists of CSS selectors), `rules` ({id: {enabled: false}}).
 * The script goes in through the debugger, which the page's policy does not concern.
 */
export async function axe(page, { include, exclude, rules } = {}) {
  if (!(await page.evaluate("typeof window.axe === 'object'"))) await page.evaluate(await readFile(axeFile, "utf8"));
  const violations = await page.evaluate(
    async ({ context, tags, rules }) => {
      const result = await window.axe.run(context, { runOnly: { type: "tag", values: tags }, rules });
      return result.violations.map(({ id, help, nodes }) => ({
        id,
        help,
        where: nodes.map((node) => `${node.target.join(" ")} — ${node.failureSummary?.replace(/\s+/g, " ")}`),
      }));
    },
    {
      context: include || exclude ? { include: include ?? [["html"]], exclude: exclude ?? [] } : "html",
      tags: AXE_TAGS,
      rules: rules ?? {},
    },
  );
  const said = violations.map(({ id, help, where }) => `${id}: ${help}\n    ${where.join("\n    ")}`);
  assert.deepEqual(said, [], `axe found something:\n${said.join("\n")}`);
}

/**
 * The same for a page that scrolls: a field cut by the edge of what scrolls counts as too small to be hit, so sizes are looked
 * at in a window in which nothing is cut.
 */
export async function axeScrolling(page) {
  await axe(page, { rules: { "target-size": { enabled: false } } });
  const size = page.viewportSize();
  await page.setViewportSize({ width: size.width, height: 3_000 });
  await axe(page);
  await page.setViewportSize(size);
}

/** Fails when the page can be scrolled sideways, and names what sticks out. */
export async function noSidewaysScroll(page) {
  const report = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const root = document.scrollingElement;
    root.scrollLeft = 10_000;
    const moved = root.scrollLeft;
    root.scrollLeft = 0;
    const out = [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      .slice(0, 8)
      .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`);
    return { width, wide: root.scrollWidth, moved, out };
  });
  assert(
    report.moved === 0 && report.wide <= report.width,
    `the page is ${report.wide} px wide in a window of ${report.width} px; sticking out: ${report.out.join(", ")}`,
  );
}
