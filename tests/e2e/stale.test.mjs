// Lag makes readers see the past, and the page says so everywhere.

import { assert, pageTest } from "./harness.mjs";
import { act, ask, back, broken, button, clock, copies, drag, expectText, forward, headline, node, onNode, PAUSED, press, said, select, settings, timeline, verdict } from "./page.mjs";

const MISSION = "Make a reader see old data";

/** x = 42 everywhere, then 2 s of lag, then Ana's own write x = 3 is acknowledged, then Ben reads. */
async function readThePast(page) {
  await ask(page, { who: "Ana", write: 42 });
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "42", B: "42", C: "42" });
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 500);
  await button(page, "Ben reads x at C").click();
  await forward(page, 100);
}

pageTest("with 2 s of lag a read at a replica returns the old value, and the page says so", PAUSED, async ({ page }) => {
  await readThePast(page);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "42 (old)", C: "42 (old)" });
  assert.match(await said(page, "Ben"), /read x = 42/);
  assert.match(await headline(page), /^Ben reads x = 42 at C: an old value\. x = 3 had been acknowledged 1\d\d ms before the question\.$/);
});

pageTest("the verdict breaks, with the time, and a click on it goes there", PAUSED, async ({ page }) => {
  assert.equal(await broken(page, "Reads are fresh"), false);
  await readThePast(page);
  await forward(page, 1_000);
  assert(await broken(page, "Reads are fresh"));
  const text = await verdict(page, "Reads are fresh").innerText();
  const [, at] = /1 old value · (1\.0\d\d s)/.exec(text.replace(/\s+/g, " ")) ?? assert.fail(text);
  await verdict(page, "Reads are fresh").getByRole("button").click();
  await expectText(page.locator("#clock"), new RegExp(at.replace(".", "\\.")));
  assert.match(await headline(page), /an old value/);
  assert(await broken(page, "Reads are fresh"), "at the moment it shows, it is broken");
});

pageTest("before the bad moment the verdict holds, after it, it is broken", PAUSED, async ({ page }) => {
  await readThePast(page);
  await back(page, 100);
  assert.equal(await broken(page, "Reads are fresh"), false);
  await forward(page, 100);
  assert(await broken(page, "Reads are fresh"));
});

pageTest("the mission ticks itself, and stays ticked in the past and after a reload", PAUSED, async ({ page }) => {
  const mission = page.getByText(MISSION);
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`to do:\\s*${MISSION}`));
  await readThePast(page);
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`done:\\s*${MISSION}`));
  await expectText(page.getByRole("alert"), /Done: Make a reader see old data/);
  await press(page, "Home");
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`done:\\s*${MISSION}`));
  await page.reload();
  await mission.waitFor();
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`done:\\s*${MISSION}`));
  await button(page, "Untick all").click();
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`to do:\\s*${MISSION}`));
  await page.reload();
  await expectText(page.getByRole("region", { name: "Lesson" }), new RegExp(`to do:\\s*${MISSION}`));
});

pageTest("a stale read is a mark of the timeline that a key goes to", PAUSED, async ({ page }) => {
  await readThePast(page);
  assert.equal(await timeline(page).locator("path.violation").count(), 1);
  await press(page, "Home");
  for (let mark = 0; mark < 12 && !/an old value/.test(await headline(page)); mark += 1) await press(page, "]");
  assert.match(await headline(page), /an old value/);
  assert.match(await clock(page), /^1\.0\d\d s$/);
});

pageTest("a replica explains why its value is old, with a link to the moment", PAUSED, async ({ page }) => {
  await readThePast(page);
  await select(page, "node", "C");
  const why = page.getByRole("region", { name: "Details" }).locator(".why");
  await expectText(why, /Why is x still/);
  await expectText(why, /left A at 0\.804 s and is still on the wire: .* to go\./);
  await button(why, "0.804 s").click();
  await expectText(page.locator("#clock"), /^0\.804 s$/);
});

pageTest("a read at the primary is fresh, whatever the lag", PAUSED, async ({ page }) => {
  await readThePast(page);
  await ask(page, { who: "Ben", at: "A" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /read x = 3/);
  assert.match(await headline(page), /Ben reads x = 3 at A: the newest acknowledged value/);
});

pageTest("less lag, and the copies are equal again", PAUSED, async ({ page }) => {
  await readThePast(page);
  assert.match(await verdict(page, "Copies are equal").innerText(), /2 copies differ/);
  await drag(page, "Lag to every replica", "5 ms");
  await forward(page, 2_500);
  const { A, C } = await copies(page, "x");
  assert.equal(A, C);
});

pageTest("one replica can lag alone", PAUSED, async ({ page }) => {
  await forward(page, 500);
  await select(page, "node", "C");
  await drag(page, "Lag to C", "2000 ms");
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "3", C: "– (old)" });
  await expectText(settings(page).locator(".slider output").first(), /2\.0 s/);
});

pageTest("a paused replica shows the past too", PAUSED, async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "B", "Pause");
  await forward(page, 600);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "– (old)", C: "3" });
  await expectText(node(page, "B"), /paused/);
  await act(page, "Resume");
  await forward(page, 100);
  assert.equal((await copies(page, "x")).B, "3");
});
