// Links, files, and what is wrong with them.

import { assert, openPage, pageTest } from "./harness.mjs";
import { readFile } from "node:fs/promises";
import { act, button, clock, dialog, drag, expectText, forward, headline, node, onNode, openDialog, openFile, openText, PAUSED, picture, press, setReplicas, settled, sharedLink } from "./page.mjs";

/** A scene with a bit of everything: lag, loss, a crash, a promotion, a write by hand, a fourth node. */
async function scene(page) {
  await forward(page, 500);
  await drag(page, "Messages lost between nodes", "20 %");
  await setReplicas(page, 3);
  await forward(page, 400);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await act(page, "Write here");
  await forward(page, 1_100);
  await press(page, "ArrowRight", 3);
}

pageTest("a pasted link in another browser shows the same scene, paused", PAUSED, async ({ page, context, host }) => {
  await scene(page);
  const link = await sharedLink(page);
  await page.keyboard.press("Escape");
  const before = await picture(page);
  const fragment = new URL(link).hash;
  assert.match(fragment, /^#r1\.[\w-]+$/);
  const other = await openPage(context.browser(), host, { fragment });
  try {
    await button(other.page, "Play").waitFor();
    assert.deepEqual(await picture(other.page), before);
    await press(other.page, "Home");
    await press(other.page, "End");
    assert.deepEqual(await picture(other.page), before, "and it can be scrubbed");
    assert.deepEqual(other.faults, []);
  } finally {
    await other.context.close();
  }
});

pageTest("a link pasted into Scenarios shows the scene too", PAUSED, async ({ page }) => {
  await scene(page);
  const link = await sharedLink(page);
  const before = await picture(page);
  await page.reload();
  await openText(page, link);
  await dialog(page).waitFor({ state: "detached" });
  assert.deepEqual(await picture(page), before);
});

pageTest("a link of what goes on from a link", PAUSED, async ({ page }) => {
  await scene(page);
  await page.goto(await sharedLink(page));
  await page.reload();
  await button(page, "Play").waitFor();
  await onNode(page, "C", "Crash");
  await forward(page, 300);
  const before = await picture(page);
  const again = await sharedLink(page);
  await page.goto(again);
  await page.reload();
  await button(page, "Play").waitFor();
  assert.deepEqual(await picture(page), before);
});

/** A good link with its engine's number changed. */
function otherVersion(fragment) {
  const bytes = Buffer.from(fragment.slice("r1.".length), "base64url");
  bytes[0] = 99;
  return `r1.${bytes.toString("base64url")}`;
}

const BAD_LINKS = {
  "cut off": [(good) => good.slice(0, -6), /Copy the whole of it; some programs cut long links off|damaged|incomplete/],
  "with something behind it": [(good) => `${good}AAAA`, /too many at its end|damaged/],
  "garbage": [() => "r1.%%%", /damaged on its way/],
  "of another kind": [() => "chapter-3", /not one of ours, or of a newer version: it should begin with `r1\.`/],
  "of a newer form": [(good) => good.replace("r1.", "r2."), /not one of ours, or of a newer version/],
  "of another engine": [otherVersion, /made by engine version 99; this is version \d+/],
  "endless": [() => `r1.${"A".repeat(150_000)}`, /150003 characters long; at most 100000/],
};

for (const [what, [make, message]] of Object.entries(BAD_LINKS)) {
  pageTest(`a link that is ${what}: a precise message, and the first screen`, PAUSED, async ({ page, host }) => {
    await forward(page, 300);
    const good = new URL(await sharedLink(page)).hash.slice(1);
    await page.goto(`${host.url}?again#${make(good)}`);
    await expectText(page.getByRole("alert"), message);
    await expectText(page.getByRole("heading", { level: 1 }), /One writes, the others follow/);
    assert.equal(await clock(page), "0.000 s");
    await button(page, "Close this notice").click();
    assert.equal(await page.getByRole("alert").innerText(), "");
  });
}

pageTest("a link that is put into the address of the open page is opened", PAUSED, async ({ page }) => {
  await forward(page, 800);
  const link = await sharedLink(page);
  await press(page, "Home");
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await expectText(page.locator("#clock"), /^0\.800 s$/);
});

const BAD_TEXTS = {
  "no JSON": ["{ nodes", /line 1, column 3/],
  "an unknown field": ['{\n "nodes": { "count": 3 },\n "nodez": 1\n}', /line 3[\s\S]*nodez[\s\S]*expected/],
  "too many nodes": ['{"nodes":{"count":99}}', /nodes\.count[\s\S]*99[\s\S]*10/],
  "a time without a unit": ['{"network":{"latency":"40"}}', /40[\s\S]*unit/],
  "a node that cannot be": ['{"commands":[{"at":"1s","do":{"crash":{"node":"seven"}}}]}', /line 1[\s\S]*seven/],
  "nested without end": [`{"title":${"[".repeat(5_000)}`, /line 1/],
  "an empty object of the wrong kind": ['{"links":[{}]}', /links\[0\]|set/],
};

for (const [what, [text, message]] of Object.entries(BAD_TEXTS)) {
  pageTest(`a scenario with ${what}: where and what, and the screen stays`, PAUSED, async ({ page }) => {
    await forward(page, 900);
    const before = await picture(page);
    await openText(page, text);
    await expectText(dialog(page).getByRole("alert"), /That could not be opened; what was on screen stays\./);
    await expectText(dialog(page).getByRole("alert").locator("pre"), message);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    assert.deepEqual(await picture(page), before);
  });
}

pageTest("a bad link pasted into Scenarios leaves the screen as it was", PAUSED, async ({ page }) => {
  await forward(page, 900);
  const before = await picture(page);
  await openText(page, "https://example.org/x#r1.AAAA");
  await expectText(dialog(page).getByRole("alert"), /what was on screen stays/);
  await page.keyboard.press("Escape");
  assert.deepEqual(await picture(page), before);
});

pageTest("a saved file, opened again, gives the same run", PAUSED, async ({ page }) => {
  await scene(page);
  const before = await picture(page);
  await openDialog(page, "Share");
  const [download] = await Promise.all([page.waitForEvent("download"), button(dialog(page), "Save as a file").click()]);
  assert.match(download.suggestedFilename(), /\.json$/);
  const text = await readFile(await download.path(), "utf8");
  await page.keyboard.press("Escape");
  await page.reload();
  await openFile(page, "mine.json", text);
  await dialog(page).waitFor({ state: "detached" });
  await press(page, "Home");
  await press(page, "ArrowRight", Number(before.event.replace(/\D/g, "")));
  assert.deepEqual(await picture(page), before);
});

const HOSTILE = {
  "huge": ["x".repeat(1_000_001), /1000001 bytes; at most 1000000 are read/],
  "of another format": ['title = "TOML"', /line 1, column \d/],
  "empty": ["", /line 1, column 0|empty/i],
  "not text": ["\u0000\u0001\u0002", /line 1/],
};

for (const [what, [text, message]] of Object.entries(HOSTILE)) {
  pageTest(`a file that is ${what} is refused in words`, PAUSED, async ({ page }) => {
    const before = await picture(page);
    await openFile(page, "bad.json", text);
    await expectText(dialog(page).getByRole("alert"), message);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    assert.deepEqual(await picture(page), before);
  });
}

pageTest("the same file can be chosen again after it was mended", PAUSED, async ({ page }) => {
  await openFile(page, "mine.json", "{");
  await expectText(dialog(page).getByRole("alert"), /line 1/);
  await page.keyboard.press("Escape");
  await openFile(page, "mine.json", '{"title":"Mended","nodes":{"count":2}}');
  await expectText(page.getByRole("heading", { level: 1 }), /^Mended$/);
  await node(page, "B").waitFor();
  assert.equal(await page.locator("[data-node]").count(), 2);
});

pageTest("the link is copied, and the page says so", { ...PAUSED, permissions: ["clipboard-read", "clipboard-write"] }, async ({ page }) => {
  await openDialog(page, "Share");
  await button(dialog(page), "Copy the link").click();
  await expectText(dialog(page).getByRole("status"), /Copied\./);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await dialog(page).getByLabel("Link").inputValue());
});

pageTest("markup in a scenario is text", PAUSED, async ({ page }) => {
  await openText(page, JSON.stringify({ title: "<img src=x onerror=alert(1)>", about: "<b>bold</b>" }));
  await expectText(page.getByRole("heading", { level: 1 }), /^<img src=x onerror=alert\(1\)>$/);
  await expectText(page.getByRole("region", { name: "Lesson" }), /<b>bold<\/b>/);
  await settled(page);
  assert.match(await headline(page), /\S/);
});
