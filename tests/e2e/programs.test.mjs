// The page comes as several programs, one for each kind of scenario; a visit loads the one that the address asks for.

import { assert, booted, pageTest } from "./harness.mjs";
import { button, dialog, expectText, forward, node, onNode, openDialog, openText, PAUSED, picture, press, sharedLink } from "./page.mjs";

const KINDS = ["Primary–replica", "Peer-to-peer: every node takes writes"];

/** The programs that this load of the page has fetched, by name. */
const programs = (page) =>
  page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map((entry) => /([a-z]+)[^/]*_bg\.(wasm|bin)$/.exec(new URL(entry.name).pathname)?.[1])
      .filter((name) => name && name !== "files"),
  );

const put = (page, fragment) => page.evaluate((hash) => (location.hash = hash), fragment);

/** Does something after which the page is loaded anew, with this program. */
async function loads(page, program, deed) {
  await Promise.all([page.waitForEvent("load"), deed()]);
  await booted(page);
  await button(page, "Share").waitFor();
  assert.deepEqual(await programs(page), [program]);
}

pageTest("without a link the program for primaries is loaded, and no other", PAUSED, async ({ page }) => {
  assert.deepEqual(await programs(page), ["page"]);
});

pageTest("a link to a scenario of peers loads their program, and no other", { ...PAUSED, fragment: "#p1." }, async ({ page }) => {
  assert.deepEqual(await programs(page), ["peers"]);
  await node(page, "B").waitFor();
  assert.equal(await page.getByRole("alert").innerText(), "");
  await forward(page, 300);
  await onNode(page, "A", "Crash");
  await expectText(page.locator("#clock"), /^0\.300 s$/);
});

const BAD_LINKS = {
  "cut off": ["p1.AAAA", /made by engine version 0; this is version \d+/],
  "garbage": ["p1.%%%", /damaged on its way/],
  "endless": [`p1.${"A".repeat(150_000)}`, /150003 characters long; at most 100000/],
};

for (const [what, [fragment, message]] of Object.entries(BAD_LINKS)) {
  pageTest(`a link to peers that is ${what}: their program says what is wrong`, { ...PAUSED, fragment: `#${fragment}` }, async ({ page }) => {
    await expectText(page.getByRole("alert"), message);
    assert.deepEqual(await programs(page), ["peers"]);
    await node(page, "B").waitFor();
    await expectText(page.locator("#clock"), /^0\.000 s$/);
  });
}

pageTest("a link whose first character was changed is refused, whichever program it asks for", PAUSED, async ({ page, host }) => {
  await forward(page, 400);
  const good = new URL(await sharedLink(page)).hash;
  const before = await picture(page);
  await put(page, good.replace("#r1.", "#p1."));
  await expectText(page.getByRole("alert"), /begins with `p1\.`, but links to scenarios like its own begin with `r1\.`/);
  assert.deepEqual(await picture(page), before, "what was on screen stays");
  // Each program knows its own scenarios only; the part that checks what is for others knows all.
  await page.goto(`${host.url}?again${good.replace("#r1.", "#p1.")}`);
  await booted(page);
  assert.deepEqual(await programs(page), ["peers"]);
  await expectText(page.getByRole("alert"), /no scenario called “first-look” among those of this kind/);
});

pageTest("from a damaged link to peers, a good link with a primary is a step", { ...PAUSED, fragment: "#p1.%%%" }, async ({ page, context, host }) => {
  const other = await context.newPage();
  await other.goto(host.url);
  await booted(other);
  await forward(other, 700);
  await onNode(other, "B", "Crash");
  const before = await picture(other);
  const link = await sharedLink(other);
  await other.close();
  await expectText(page.getByRole("alert"), /damaged on its way/);
  await put(page, new URL(link).hash);
  await expectText(page.locator("#clock"), /^0\.700 s$/);
  assert.deepEqual(await picture(page), before);
  await page.reload();
  await booted(page);
  assert.deepEqual(await programs(page), ["page"]);
  assert.deepEqual(await picture(page), before);
});

pageTest("a damaged link to peers that is put into the address or pasted changes nothing", PAUSED, async ({ page }) => {
  await forward(page, 400);
  const before = await picture(page);
  await put(page, "#p1.AAAA");
  await expectText(page.getByRole("alert"), /made by engine version 0/);
  assert.deepEqual(await picture(page), before);
  await openText(page, "https://example.org/x#p1.AAAA");
  await expectText(dialog(page).getByRole("alert"), /what was on screen stays/);
  await page.keyboard.press("Escape");
  assert.deepEqual(await picture(page), before);
  assert.deepEqual(await programs(page), ["page"]);
});

pageTest("a program that is put into the address of the open page is loaded, and settings stay", PAUSED, async ({ page }) => {
  await page.getByRole("button", { name: /^Colours:/ }).click();
  await loads(page, "peers", () => put(page, "#p1."));
  assert.equal(await page.locator("html").getAttribute("data-theme"), "light", "settings stay");
});

pageTest("scenarios stand under the kind that they are of, in both programs", PAUSED, async ({ page, host }) => {
  for (const fragment of ["", "#p1."]) {
    await page.goto(`${host.url}?${fragment.length}${fragment}`);
    await booted(page);
    await openDialog(page, "Scenarios");
    await dialog(page).locator("h3", { hasText: KINDS[fragment ? 0 : 1] }).waitFor();
    const groups = await dialog(page).locator(".presets").evaluateAll((lists) =>
      lists.map((list) => [list.previousElementSibling.textContent, list.querySelectorAll("li").length]),
    );
    assert.equal(groups[0][0], KINDS[fragment ? 1 : 0], "what is on board comes first");
    assert(KINDS.every((kind) => groups.some(([name, count]) => name === kind && count > 5)), `${groups}`);
    await page.keyboard.press("Escape");
  }
});

pageTest("a scenario with a primary opens from the program for peers", { ...PAUSED, fragment: "#p1." }, async ({ page }) => {
  await openDialog(page, "Scenarios");
  await loads(page, "page", () => dialog(page).getByRole("button", { name: /^Semi-synchronous/ }).click());
  await expectText(page.locator("header"), /Semi-synchronous, until it is not/);
  await loads(page, "peers", () => page.goBack());
});

pageTest("a scenario of peers opens from the program for primaries, and plays there", async ({ page }) => {
  await openDialog(page, "Scenarios");
  await loads(page, "peers", () => dialog(page).getByRole("button", { name: /^A ring with a gap/ }).click());
  await expectText(page.locator("header"), /A ring with a gap/);
  await button(page, "Pause").waitFor();
});

pageTest("the start of a scenario has a link by its name, whichever program it is for", { ...PAUSED, fragment: "#p1.!peers-broken-ring" }, async ({ page }) => {
  await expectText(page.locator("header"), /A ring with a gap/);
  await loads(page, "page", () => put(page, "#r1.!split-brain"));
  await expectText(page.locator("header"), /Split brain/);
  await put(page, "#p1.!nothing");
  await expectText(page.getByRole("alert"), /no scenario called “nothing”/);
  assert.deepEqual(await programs(page), ["page"]);
});

pageTest("other programs' scenarios cannot be listed: that is said, and one's own are there", { ...PAUSED, tolerate: [/Failed to load resource/] }, async ({ page }) => {
  await page.route("**/list.txt*", (route) => route.abort());
  await openDialog(page, "Scenarios");
  await expectText(dialog(page).getByRole("status").first(), /^Scenarios of other kinds are not listed: \S/);
  assert(await dialog(page).getByRole("button", { name: /^Semi-synchronous/ }).isVisible());
});
