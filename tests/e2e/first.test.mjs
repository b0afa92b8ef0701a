// What holds for any version of the page: it loads anywhere, says nothing wrong, and fails in words.

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { assert, axe, booted, DIST, noSidewaysScroll, pageTest, test } from "./harness.mjs";

// The one that is loaded unless the address says otherwise, and all: packed, or as trunk leaves them.
const WASM = /page[^/]*_bg\.(wasm|bin)$/;
const PROGRAMS = /(page|peers)[^/]*_bg\.(wasm|bin)$/;

pageTest("the page starts from a sub-path", async ({ page }) => {
  assert.equal(await page.locator("#boot-failure").count(), 0, "no failure card");
  const text = await page.locator("body").innerText();
  assert(text.trim().length > 0, "the page shows something");
});

pageTest("the program is fetched once, with its hash checked", { before: countPrograms }, async ({ page }) => {
  assert.equal(page.programs.length, 1, `fetched: ${page.programs.join(", ")}`);
  const hashes = await page.locator("link[integrity], script[integrity]").evaluateAll((all) =>
    all.map((element) => element.integrity),
  );
  assert(hashes.length >= 7, "styles, scripts and the module carry a hash");
  for (const line of await page.locator("meta[name=program]").evaluateAll((all) => all.map((meta) => meta.content))) {
    const [module, program, ...own] = line.split(" ");
    assert.match(`${module} ${program}`, /^\.\/([a-z]+)-\w+\.js \.\/\1-\w+_bg\.bin$/);
    assert.equal(own.length, 2, "module and program carry a hash");
    hashes.push(...own);
  }
  for (const hash of hashes) assert.match(hash, /^sha(256|384|512)-[\w+/]{43,}=*$/);
});

async function countPrograms(page) {
  page.programs = [];
  page.on("request", (request) => {
    if (PROGRAMS.test(new URL(request.url()).pathname)) page.programs.push(request.url());
  });
}

pageTest("a host that does not know the type of the program will do", {
  before: (page) =>
    page.route(WASM, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "content-type": "application/octet-stream" } });
    }),
}, async ({ page }) => {
  assert.equal(await page.locator("#boot-failure").count(), 0, "no failure card");
});

pageTest("language, title and description are set", async ({ page }) => {
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  assert.match(await page.title(), /Replicarium/);
  assert((await page.locator("meta[name=description]").getAttribute("content")).length > 40);
});

pageTest("the policy is strict and nothing is inline", async ({ page, host }) => {
  const html = await (await page.request.get(host.url)).text();
  const policy = (await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content")) ?? "";
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/);
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/, "no inline script");
  assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=/, "no inline style or handler");
  assert.doesNotMatch(html, /\b(?:src|href)=["']?(?:\/|https?:)/, "only relative addresses");
});

test("no file names the machine that built it", async () => {
  await import("../../assets/unpack.js");
  for (const name of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const read = readFileSync(join(name.parentPath, name.name));
    const bytes = /_bg\.bin$/.test(name.name) ? Buffer.from(globalThis.replicariumUnpack(read)) : read;
    if (/_bg\./.test(name.name)) assert.equal(bytes.subarray(1, 4).toString(), "asm", `${name.name} is a program`);
    assert(!bytes.includes(`${homedir()}/`), `${name.name} has ${homedir()} in it`);
  }
});

test("a packed program that is damaged or cut short is refused in words", async () => {
  await import("../../assets/unpack.js");
  const names = readdirSync(DIST).filter((name) => /_bg\.bin$/.test(name));
  for (const name of names) {
    const whole = new Uint8Array(readFileSync(join(DIST, name)));
    const damaged = whole.slice();
    damaged[whole.length >> 1] ^= 1;
    for (const bytes of [damaged, whole.subarray(0, whole.length >> 1), whole.subarray(0, whole.length - 8)]) {
      assert.throws(() => globalThis.replicariumUnpack(bytes), /^Error: the program is (damaged|cut short)$/, name);
    }
  }
});

for (const colorScheme of ["light", "dark"]) {
  pageTest(`axe finds nothing, ${colorScheme}`, { colorScheme, reducedMotion: "reduce" }, async ({ page }) => {
    await axe(page);
  });
}

pageTest("no sideways scroll at 320 px", { viewport: { width: 320, height: 640 }, phone: true }, async ({ page }) => {
  await noSidewaysScroll(page);
});

for (const [stored, shown] of [["dark", "dark"], ["light", "light"], ["contrast", "contrast"], ["<b>", null]]) {
  pageTest(`a stored theme "${stored}" is set before the first paint`, {
    storage: { "replicarium.theme": stored },
    before: (page) => page.route(WASM, (route) => route.abort()),
    tolerate: [/console error/],
  }, async ({ page }) => {
    assert.equal(await page.locator("html").getAttribute("data-theme"), shown);
  });
}

pageTest("while it loads, the page says so", { before: holdProgram, wait: false }, async ({ page }) => {
  await page.getByRole("status").filter({ hasText: "Loading" }).waitFor();
  page.release();
  await booted(page);
});

async function holdProgram(page) {
  const released = new Promise((done) => (page.release = done));
  await page.route(WASM, async (route) => {
    await released;
    await route.continue();
  });
}

async function changed(route, change) {
  const response = await route.fetch();
  await route.fulfill({ response, body: change(await response.body()) });
}

const FAILURES = [
  ["the program is blocked", (page) => page.route(WASM, (route) => route.abort())],
  ["the program is missing", (page) => page.route(WASM, (route) => route.fulfill({ status: 404, body: "not found" }))],
  ["the program is another one", (page) => page.route(WASM, async (route) => changed(route, (body) => Buffer.concat([body, body])))],
  ["the module is another one", (page) => page.route(/\/page-[^/]*\.js$/, async (route) => changed(route, (body) => `${body};`))],
  ["the program is damaged", (page) => page.route(WASM, (route) => route.fulfill({ contentType: "application/wasm", body: "no" }))],
  ["the module is missing", (page) => page.route(/\/page-[^/]*\.js$/, (route) => route.fulfill({ status: 404, body: "not found" }))],
  ["there is no WebAssembly", (page) => page.addInitScript(() => delete window.WebAssembly)],
];

for (const [what, before] of FAILURES) {
  pageTest(`when ${what}, a card says so in words`, { before, tolerate: [/console error/, /^404/] }, async ({ page }) => {
    const card = page.getByRole("alert");
    await card.waitFor();
    assert.match(await card.innerText(), /could not start[\s\S]*What went wrong: .{5,}/);
    assert(await card.getByRole("button", { name: "Load again" }).isVisible());
    await noSidewaysScroll(page);
    await axe(page, { include: [["#boot-failure"]] });
  });
}

pageTest("without JavaScript, the page says what it needs", { scripts: false }, async ({ page }) => {
  assert.match(await page.locator("noscript").innerText(), /needs JavaScript/);
  assert.equal(await page.getByText("Loading").isVisible(), false);
});
