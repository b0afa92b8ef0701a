// Groups that gossip: a field of many nodes, what a rumour leaves out, and what finds it.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import { button, details, expectText, forward, node, openPreset, openText, PAUSED, press, settled, sized, SIZES, status } from "./page.mjs";

const GOSSIP = { ...PAUSED, fragment: "#g1." };

const field = (page) => page.getByRole("slider", { name: "Nodes, arrows choose one" });
const words = (page) => page.locator(".field-words").innerText();
const key = (page) => page.locator(".field-key li").allInnerTexts();
const spoken = (page) => field(page).getAttribute("aria-valuetext");

pageTest("a rumour reaches a hundred peers, dies, and those it left out are named", GOSSIP, async ({ page }) => {
  await openPreset(page, "A rumour that dies too early");
  assert.equal(await words(page), "Nobody has written anything yet.");
  await forward(page, 1_500);
  assert.match(await words(page), /^\d+ of 100 nodes have not heard of x = 5 yet\.$/);
  assert.match((await key(page)).join("; "), /\d+ not heard; [1-9]\d* spreading; \d+ no longer spreading; 0 down or paused/);
  await forward(page, 6_000);
  const end = await words(page);
  const residue = Number(/^(\d+) of 100 nodes never heard of x = 5; nobody tells it any more\. (N\d+|[A-Z]), /.exec(end)?.[1]);
  assert(residue >= 8 && residue <= 30, end);
  assert.deepEqual((await key(page)).slice(0, 3), [`${residue} not heard`, "0 spreading", `${100 - residue} no longer spreading`]);
  await axe(page);
  // Who was left out is who is named: each of them has not heard of it.
  const first = /any more\. (N\d+|[A-Z])/.exec(end)[1];
  await field(page).focus();
  const wanted = first.startsWith("N") ? Number(first.slice(1)) - 1 : first.charCodeAt(0) - 65;
  for (let at = 0; at < wanted; at += 1) await page.keyboard.press("ArrowRight");
  await settled(page);
  assert.equal(await spoken(page), `Node ${first} has not heard of x = 5.`);
  await expectText(details(page), new RegExp(`Peer ${first}\\b`));
});

pageTest("the same rumour with nodes that compare: nobody is left out", GOSSIP, async ({ page }) => {
  await openPreset(page, "Comparing finds what rumours left out");
  await forward(page, 10_000);
  assert.equal(await words(page), "All 100 nodes know x = 5.");
});

pageTest("a node of the field is chosen by pointer and by keyboard, and things can be done to it", GOSSIP, async ({ page }) => {
  await openPreset(page, "A rumour that dies too early");
  await field(page).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await settled(page);
  assert.equal(await spoken(page), "Node C has not heard of any write.");
  await expectText(details(page), /Peer C/);
  await button(details(page), "Crash").click();
  await settled(page);
  assert.equal(await spoken(page), "Node C is down or paused.");
  assert.equal((await key(page))[3], "1 down or paused");
  const place = await field(page).boundingBox();
  await press(page, "Escape");
  await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
  await expectText(details(page), /Peer C/);
});

pageTest("a suspect denies it, one that is gone does not", GOSSIP, async ({ page }) => {
  await openPreset(page, "Suspected, and not dead");
  await field(page).focus();
  for (let at = 0; at < 3; at += 1) await page.keyboard.press("ArrowRight");
  const [ofD, doubts] = [[], []];
  for (let at = 0; at < 12_000; at += 200) {
    await forward(page, 200);
    ofD.push(await spoken(page));
    doubts.push((await key(page)).slice(4).join("; "));
  }
  assert(ofD.some((sentence) => /^Node D .*, and is suspected\.$/.test(sentence)), ofD.join("\n"));
  assert(!ofD.some((sentence) => /declared dead/.test(sentence)), ofD.join("\n"));
  assert(doubts.includes("1 suspected") && doubts.includes(""), doubts.join("\n"));
  assert.equal(doubts.at(-1), "1 declared dead");
  assert.match(await words(page), /^All 29 nodes know x = 5\.$/);
});

pageTest("the chart of who knows it has theory beside what was measured", GOSSIP, async ({ page }) => {
  await openPreset(page, "A rumour that dies too early");
  await forward(page, 4_000);
  await button(page, "Measures").click();
  const chart = page.getByRole("slider", { name: "Who knows it, and theory" });
  await page.waitForFunction(() => /know it \d+/.test(document.querySelector('[aria-label^="Who knows"]')?.getAttribute("aria-valuetext") ?? ""));
  const [, known, theory] = /know it (\d+).*theory (\d+)/.exec(await chart.getAttribute("aria-valuetext"));
  assert(Math.abs(known - theory) < 15, `${known} and ${theory}`);
});

for (const size of SIZES) {
  pageTest(`a thousand nodes at ${size.width} px: all there, nothing beside the window`, { ...GOSSIP, ...sized(size) }, async ({ page }) => {
    await openPreset(page, "A rumour in a crowd");
    await forward(page, 1_000);
    assert.match(await words(page), /^\d+ of 1000 nodes have not heard of x = 5 yet\.$/);
    const counts = (await key(page)).map((entry) => Number.parseInt(entry, 10));
    assert.equal(counts.slice(0, 4).reduce((sum, count) => sum + count, 0), 1000);
    await noSidewaysScroll(page);
  });
}

const SMALL = {
  title: "Five that gossip",
  protocol: { gossip: { interval: "200ms" } },
  nodes: { count: 5 },
  network: { latency: "20ms" },
  clients: [{ writes_to: { node: "A" } }],
  commands: [{ at: "100ms", do: { issue: { client: "Ana", action: { write: { key: "x", value: 5 } } } } }],
};

pageTest("a small group that gossips has cards, and no field", GOSSIP, async ({ page }) => {
  await openText(page, JSON.stringify(SMALL));
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press(page, "Home");
  await forward(page, 200);
  assert.match(await node(page, "A").innerText(), /spreads 1/);
  assert.match(await status(page, "B"), /lacks 1/);
  assert.equal(await page.locator(".field-words-room").count(), 0);
});
