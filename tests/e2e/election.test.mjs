// When the primary is gone: what is set for it, what then happens, and how the page tells it.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import { labTest, openScene } from "./lab.mjs";
import {
  branch, broken, button, drag, expectText, forward, headline, node, onNode, openPreset, PAUSED, press, said,
  select, setReplicas, settings, settled, sized, spoken, status, story, tab, verdict,
} from "./page.mjs";

const choose = async (page, id, words) => {
  await page.locator(`#${id}`).selectOption({ label: words });
  await settled(page);
};
const chosen = (page, id) => page.locator(`#${id}`).evaluate((field) => field.selectedOptions[0]?.textContent);
const group = (page) => settings(page).getByRole("group", { name: "When the primary is gone" });
const refusal = (page) => group(page).locator(".refusal[role=alert]");
const warning = (page) => group(page).locator(".caution");

const ELECTION = "the nodes elect one (election)";
const LEASE = "no majority, no writes (lease)";
const SILENCE = "a silence too long (time-out)";
const NOBODY = "nobody: no heartbeats";

function tells(sentences, pattern) {
  assert(sentences.some((sentence) => pattern.test(sentence)), `${pattern} is not in\n${sentences.join("\n")}`);
}

labTest("an election after the only acknowledgement: the nodes elect another by themselves, and the write is lost", async ({ page }) => {
  await forward(page, 100);
  await choose(page, "failover-by", ELECTION);
  assert.match(await headline(page), /When the primary is gone, the nodes elect another\. A silence of 2\.0 s is suspicious\./);
  await forward(page, 400);
  await drag(page, "Lag to every replica", "10000 ms");
  await forward(page, 400);
  assert.match(await said(page, "Ana"), /x = 3 · OK/, "it was acknowledged");
  await onNode(page, "A", "Crash");
  await forward(page, 1_900);
  assert.match(await status(page, "B"), /suspects A · has up to 1/);
  await forward(page, 1_700);
  const leader = /primary/.test(await node(page, "B").innerText()) ? "B" : "C";
  assert.match(await status(page, leader), /takes writes · epoch 2/);
  assert(await broken(page, "No acknowledged write lost"));
  assert.match(await verdict(page, "No acknowledged write lost").innerText(), /1 gone/);
  await verdict(page, "No acknowledged write lost").getByRole("button").click();
  await expectText(page.locator(".toast"), new RegExp(`x = 3 was acknowledged to Ana by A at .*the primary, ${leader}, had x = 1 instead`));
  const sentences = await story(page);
  tells(sentences, /[BC] suspects A: no sign of life for 2\.\d s\. A is down indeed\./);
  tells(sentences, new RegExp(`${leader} is primary now \\(epoch 2\\), elected with 2 votes\\. Its log ends at LSN 1`));
});

pageTest("split brain: behind a cut two nodes lead, both say OK, and one side’s writes are thrown away", PAUSED, async ({ page }) => {
  await openPreset(page, "Split brain");
  await forward(page, 4_700);
  await expectText(node(page, "A"), /primary.*old epoch/);
  await expectText(node(page, "C"), /primary/);
  assert.match(await said(page, "Ana"), /· OK/);
  assert.match(await said(page, "Ben"), /· OK/);
  await forward(page, 1_500);
  await expectText(node(page, "A"), /replica/);
  assert(await broken(page, "No acknowledged write lost"));
  tells(await story(page), /A throws away y = 5, y = 7, y = 9, x = 11: the new primary’s log does not have them\./);
});

pageTest("split brain, and the lease switched on in time: the one cut off refuses, and nothing is lost", PAUSED, async ({ page }) => {
  await openPreset(page, "Split brain");
  await forward(page, 500);
  await choose(page, "failover-fencing", LEASE);
  assert.match(await headline(page), /without a majority a primary takes no writes\./);
  await forward(page, 3_700);
  assert.match(await status(page, "A"), /no majority · takes no writes/);
  assert.match(await said(page, "Ana"), /refused: no majority/);
  await select(page, "node", "A");
  await expectText(page.getByRole("region", { name: "Details" }), /lease\s*over: takes no writes/);
  assert.match(await said(page, "Ben"), /· OK/, "the majority goes on");
  await forward(page, 2_000);
  assert.equal(await broken(page, "No acknowledged write lost"), false);
  tells(await story(page), /A takes no more writes: its lease is over\./);
});

pageTest("a pause is taken for a crash: who suspects whom is said, on the card and beside it", PAUSED, async ({ page }) => {
  await openPreset(page, "Suspected, but alive");
  await forward(page, 2_270);
  assert.match(await status(page, "B"), /suspects A/);
  assert.match(await spoken(node(page, "A")), /Suspected by B and C\.$/);
  await select(page, "node", "A");
  await expectText(page.getByRole("region", { name: "Details" }), /suspected by\s*B and C/);
  await axe(page);
  await forward(page, 1_500);
  await expectText(node(page, "A"), /replica/);
  tells(await story(page), /[BC] suspects A: no sign of life for 800 ms\. A is only paused, which nobody can tell from here\./);
});

labTest("everything can be set by keyboard, is named, and can be undone", async ({ page }) => {
  await forward(page, 100);
  await page.getByLabel("Who leads next").focus();
  await page.keyboard.press("ArrowDown");
  await settled(page);
  assert.equal(await chosen(page, "failover-by"), ELECTION);
  assert.equal(await chosen(page, "failover-detect"), SILENCE, "who elects has to notice first");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "failover-detect");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowLeft");
  await expectText(group(page).locator(".slider", { hasText: "Heartbeat every" }).locator("output"), /^400 ms$/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowLeft");
  await expectText(group(page).locator(".slider", { hasText: "Time-out" }).locator("output"), /^1\.5 s$/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowLeft");
  await expectText(group(page).locator(".slider", { hasText: "Plus up to, at random" }).locator("output"), /^700 ms$/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await settled(page);
  assert.equal(await group(page).getByLabel(/trial vote/).isChecked(), false);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await settled(page);
  assert.equal(await chosen(page, "failover-fencing"), LEASE);
  await axe(page);
  for (let change = 0; change < 6; change += 1) await button(page, "Undo the last action").click();
  await settled(page);
  assert.equal(await chosen(page, "failover-by"), "a person decides (operator)");
  assert.equal(await chosen(page, "failover-detect"), NOBODY, "choosing an election was one change");
});

labTest("what contradicts itself is refused in words and changes nothing; what is risky is said", async ({ page }) => {
  await forward(page, 100);
  await choose(page, "failover-by", ELECTION);
  assert.match(await warning(page).innerText(), /goes on taking writes until it hears of the new one/);
  const before = await branch(page);
  await choose(page, "failover-detect", NOBODY);
  assert.match(await refusal(page).innerText(), /Not changed: without heartbeats nobody notices that the primary is gone/);
  assert.equal(await chosen(page, "failover-detect"), SILENCE, "the field shows what is so");
  await drag(page, "Heartbeat every", "3000 ms");
  assert.match(await refusal(page).innerText(), /Not changed: heartbeats must come more often than the time-out/);
  await expectText(group(page).locator(".slider", { hasText: "Heartbeat every" }).locator("output"), /^500 ms$/);
  assert.equal(await branch(page), before, "nothing was done");
  await choose(page, "failover-fencing", LEASE);
  assert.equal(await refusal(page).textContent(), "");
  await drag(page, "Heartbeat every", "1000 ms");
  assert.match(await warning(page).innerText(), /a short pause, is enough for a needless failover/);
  await setReplicas(page, 1);
  assert.match(await warning(page).innerText(), /With fewer than three nodes no majority is left/);
});

for (const size of [{ width: 320, height: 700, phone: true }, { width: 390, height: 844, phone: true }]) {
  pageTest(`${size.width} px: failover is set and seen without scrolling sideways`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await openScene(page);
    await forward(page, 100);
    await tab(page, "Controls");
    await choose(page, "failover-by", ELECTION);
    await choose(page, "failover-detect", "an unlikely silence (φ accrual)");
    await group(page).getByText("Suspicious from φ on").waitFor();
    await noSidewaysScroll(page);
    assert.equal(await page.locator(".side").evaluate((side) => side.scrollWidth - side.clientWidth), 0, "nor the panel");
    await onNode(page, "A", "Crash");
    await forward(page, 3_000);
    await tab(page, "Timeline");
    await noSidewaysScroll(page);
  });
}
