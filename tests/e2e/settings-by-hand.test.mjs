// Settings that a person makes in the page, and what then happens: who counts, who is in touch, clocks, links.

import { assert, axe, axeScrolling, noSidewaysScroll } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import {
  ask, button, copies, details, drag, expectText, forward, headline, onNode, press, said, select, setReplicas, settings, settled,
  sized, status, tab,
} from "./page.mjs";

const choose = async (page, id, words) => {
  await page.locator(`#${id}`).selectOption({ label: words });
  await settled(page);
};
const options = (page, id) => page.locator(`#${id} option`).allInnerTexts();
const chosen = (page, id) => page.locator(`#${id}`).evaluate((field) => field.selectedOptions[0]?.textContent);
const rule = (page) => page.getByRole("group", { name: "When a write is done" });
const whoCounts = (page) => page.getByRole("group", { name: "Who counts" });
const toggle = async (page, ...replicas) => {
  for (const replica of replicas) {
    await button(whoCounts(page), replica).click();
    await settled(page);
  }
};
/** Whose buttons there are, and whether they are pressed: `{ B: "true", C: "false" }`. */
const pressed = (page) =>
  whoCounts(page)
    .getByRole("button")
    .evaluateAll((all) => Object.fromEntries(all.map((one) => [one.textContent, one.getAttribute("aria-pressed")])));
const shown = (page, label) => page.getByRole("slider", { name: label, exact: true }).getAttribute("aria-valuetext");

const DISK = "on disk there (remote flush)";

labTest("any 1 of C: writes wait for C and for nobody else", async ({ page }) => {
  await forward(page, 500);
  await choose(page, "commit-level", DISK);
  await choose(page, "commit-who", "any 2");
  assert.deepEqual(await pressed(page), { B: "true", C: "true" }, "all count at first, but for the primary");
  await toggle(page, "B");
  assert.match(await headline(page), /by another rule now: when any one replica of C has it on disk\./);
  assert.deepEqual(await pressed(page), { B: "false", C: "true" });
  assert.equal(await chosen(page, "commit-who"), "any 1", "two of one cannot be");
  assert.deepEqual(await options(page, "commit-who"), ["the first that is in touch", "any 1", "a majority of all nodes"]);
  await expectText(rule(page), /OK when any one replica of C has it on disk\./);
  await axe(page);
  await onNode(page, "B", "Crash");
  // Written at 760 ms; C's word is back at 1.14 s.
  await forward(page, 800);
  assert.match(await said(page, "Ana"), /x = 3 · OK/);
  await onNode(page, "C", "Crash");
  await forward(page, 2_000);
  assert.match(await status(page, "A"), /1 write waits/);
  assert.match(await said(page, "Ana"), /writes y = 5…/);
});

labTest("somebody has to count; who is pressed last is asked last; who is primary is not listed", async ({ page }) => {
  await setReplicas(page, 3);
  await choose(page, "commit-level", DISK);
  await toggle(page, "B", "D");
  await toggle(page, "C");
  await page.getByText("One replica has to count. Press another before you take C off.").waitFor();
  assert.deepEqual(await pressed(page), { B: "false", C: "true", D: "false" });
  await toggle(page, "B");
  await expectText(rule(page), /OK when the first replica of C, B has it on disk\./);
  await choose(page, "commit-who", "the first 2");
  await expectText(rule(page), /OK when the first 2 of C, B have it on disk\./);
  await toggle(page, "D");
  assert.equal(await rule(page).getByText("OK when").count(), 0, "where all count nobody is named");
  await toggle(page, "D");
  await onNode(page, "B", "Promote");
  await forward(page, 500);
  assert.deepEqual(await pressed(page), { A: "false", C: "true", D: "false" });
  assert.match(await rule(page).locator(".caution").innerText(), /There are not so many replicas that count: every write will wait/);
  assert.equal(await chosen(page, "commit-who"), "when the first 2 of B, C have it on disk", "a rule that cannot be chosen is in words");
  await choose(page, "commit-who", "a majority of all nodes");
  assert.equal(await whoCounts(page).count(), 0);
});

labTest("with too few replicas in touch a write is refused, in words", async ({ page }) => {
  await forward(page, 500);
  assert.deepEqual(await options(page, "commit-min-replicas"), ["0 (never refused)", "1", "2"]);
  await page.getByLabel("Refuse writes with fewer replicas in touch than").selectOption("2");
  await expectText(rule(page), /In touch is who was heard within 10\.0 s/);
  await forward(page, 700);
  assert.match(await said(page, "Ana"), /x = 3 · OK/);
  await onNode(page, "B", "Crash");
  await forward(page, 12_000);
  await ask(page, { who: "Ben", write: 100, at: "A" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /x = 100 · refused: too few replicas/);
  assert.match(await headline(page), /too few replicas are in touch with the primary\./);
  await choose(page, "commit-min-replicas", "0 (never refused)");
  await ask(page, { who: "Ben", write: 101, at: "A" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /x = 101 · OK/);
});

labTest("below the level stands what it is in real systems", async ({ page }) => {
  const cases = {
    "taken by the primary (async)": /synchronous_commit = off\..*w:\s1, j:\sfalse/,
    "on the primary’s disk (local)": /synchronous_commit = local\./,
    "received there (remote write)": /synchronous_commit = remote_write\./,
    [DISK]: /synchronous_commit = on\. MySQL: semi-sync\..*w:\s"majority"/,
    "visible there (remote apply)": /synchronous_commit = remote_apply\./,
  };
  for (const [level, systems] of Object.entries(cases)) {
    await choose(page, "commit-level", level);
    const line = await rule(page).locator(".hint").first().innerText();
    assert.match(line, systems);
    assert(line.length < 90, line);
  }
});

for (const [spread, elected] of [["1 ms", true], ["10000 ms", false]]) {
  labTest(`candidates wait at random: up to ${spread}`, async ({ page }) => {
    const slider = page.getByRole("slider", { name: "Plus up to, at random", exact: true });
    assert.equal(await slider.count(), 0, "nobody stands for election");
    await choose(page, "failover-by", "the nodes elect one (election)");
    await drag(page, "Plus up to, at random", spread);
    await forward(page, 500);
    await onNode(page, "A", "Crash");
    await forward(page, 3_000);
    assert.equal(/takes writes/.test(`${await status(page, "B")} ${await status(page, "C")}`), elected);
  });
}

labTest("a clock is behind, ahead, or right", async ({ page }) => {
  await select(page, "node", "B");
  assert.equal(await shown(page, "Clock off by"), "0 ms");
  const row = details(page).locator("dt", { hasText: /^clock$/ }).locator("+ dd");
  for (const [place, words, said] of [
    ["−200 ms", "−200 ms", /The clock of B is 200 ms behind now\./],
    ["+1000 ms", "+1.0 s", /The clock of B is 1000 ms ahead now\./],
    ["−5000 ms", "−5.0 s", /5000 ms behind now\./],
    ["0 ms", "0 ms", /The clock of B is right now\./],
  ]) {
    await drag(page, "Clock off by", place);
    assert.match(await headline(page), said);
    assert.equal(await shown(page, "Clock off by"), words);
    assert.equal(await row.innerText(), words);
  }
});

labTest("messages doubled: every entry arrives twice, and is taken once", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-B");
  await drag(page, "Messages doubled", "100 %");
  assert.match(await headline(page), /The link between A and B is different now: /);
  // Sent at 804 ms, 90 ms on its way.
  await forward(page, 300);
  const entry = button(details(page), "log entry x = 3, A to B");
  for (let step = 0; step < 20 && (await entry.count()) === 0; step += 1) await press(page, "ArrowRight");
  assert.equal(await entry.count(), 2);
  await forward(page, 300);
  assert.equal((await copies(page, "x")).B, "3");
  await drag(page, "Messages doubled", "0 %");
  assert.equal(await shown(page, "Messages doubled"), "0 %");
});

labTest("room on a link: what is sent has to get through, both ways", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-B");
  assert.deepEqual(await options(page, "link-room"), ["without limit", "1 MB/s", "100 kB/s", "10 kB/s"]);
  await page.getByLabel("Room on the link").selectOption({ label: "10 kB/s" });
  await settled(page);
  assert.match(await headline(page), /The link between A and B is different now: /);
  assert.equal(await chosen(page, "link-room"), "10 kB/s");
  // Without a limit it is there at 894 ms.
  await forward(page, 400);
  assert.equal((await copies(page, "x")).B, "1 (old)");
  await forward(page, 200);
  assert.equal((await copies(page, "x")).B, "3");
});

for (const size of [{ width: 320, height: 700, phone: true }, { width: 390, height: 844, phone: true }]) {
  labTest(`the settings of ten nodes fit ${size.width} px`, sized(size), async ({ page }) => {
    await tab(page, "Controls");
    await setReplicas(page, 9);
    await choose(page, "commit-level", DISK);
    await choose(page, "commit-min-replicas", "2");
    await toggle(page, "B");
    await choose(page, "failover-by", "the nodes elect one (election)");
    await noSidewaysScroll(page);
    const [outer, inner] = await Promise.all([settings(page).boundingBox(), whoCounts(page).boundingBox()]);
    assert(inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width, "the row of replicas wraps");
    await axeScrolling(page);
  });
}
