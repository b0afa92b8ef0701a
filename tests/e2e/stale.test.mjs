// Lag makes readers see the past, and the page says so everywhere.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { act, ask, back, broken, button, clock, copies, drag, expectText, forward, headline, node, onNode, press, said, select, settings, timeline, verdict } from "./page.mjs";

/** x = 1 everywhere, then 2 s of lag, then Ana's own write x = 3 is acknowledged, then Ben reads. */
async function readThePast(page) {
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "1", B: "1", C: "1" });
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 500);
  await ask(page, { who: "Ben" });
  await forward(page, 100);
}

labTest("with 2 s of lag a read at a replica returns the old value, and the page says so", async ({ page }) => {
  await readThePast(page);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "1 (old)" });
  assert.match(await said(page, "Ben"), /read x = 1/);
  assert.match(await headline(page), /^Ben reads x = 1 at C: an old value\. x = 3 had been acknowledged 1\d\d ms before the question\.$/);
});

labTest("the verdict breaks, with the time, and a click on it goes there", async ({ page }) => {
  assert.equal(await broken(page, "Fresh reads"), false);
  await readThePast(page);
  await forward(page, 1_000);
  assert(await broken(page, "Fresh reads"));
  const text = await verdict(page, "Fresh reads").innerText();
  const [, at] = /1 old · at (1\.0\d\d s)/.exec(text.replace(/\s+/g, " ")) ?? assert.fail(text);
  await verdict(page, "Fresh reads").getByRole("button").click();
  await expectText(page.locator("#clock"), new RegExp(at.replace(".", "\\.")));
  assert.match(await headline(page), /an old value/);
  assert(await broken(page, "Fresh reads"), "at the moment it shows, it is broken");
});

labTest("before the bad moment the verdict holds, after it, it is broken", async ({ page }) => {
  await readThePast(page);
  await back(page, 100);
  assert.equal(await broken(page, "Fresh reads"), false);
  await forward(page, 100);
  assert(await broken(page, "Fresh reads"));
});

labTest("a stale read is a mark of the timeline that a key goes to", async ({ page }) => {
  await readThePast(page);
  assert.equal(await timeline(page).locator("path.violation").count(), 1);
  await press(page, "Home");
  for (let mark = 0; mark < 12 && !/an old value/.test(await headline(page)); mark += 1) await press(page, "]");
  assert.match(await headline(page), /an old value/);
  assert.match(await clock(page), /^1\.0\d\d s$/);
});

labTest("a replica explains why its value is old, with a link to the moment", async ({ page }) => {
  await readThePast(page);
  await select(page, "node", "C");
  const why = page.getByRole("region", { name: "Details" }).locator(".why");
  await expectText(why, /Why is x still/);
  await expectText(why, /left A at 0\.804 s and is still on the wire: .* to go\./);
  await button(why, "0.804 s").click();
  await expectText(page.locator("#clock"), /^0\.804 s$/);
});

labTest("a read at the primary is fresh, whatever the lag", async ({ page }) => {
  await readThePast(page);
  await ask(page, { who: "Ben", at: "A" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /read x = 3/);
  assert.match(await headline(page), /Ben reads x = 3 at A: nothing newer had been acknowledged/);
});

labTest("less lag, and the copies are equal again", async ({ page }) => {
  await readThePast(page);
  assert.match(await verdict(page, "Equal copies").innerText(), /2 copies differ/);
  await drag(page, "Lag to every replica", "5 ms");
  await forward(page, 2_500);
  const { A, C } = await copies(page, "x");
  assert.equal(A, C);
});

labTest("one replica can lag alone", async ({ page }) => {
  await forward(page, 500);
  await select(page, "node", "C");
  await drag(page, "Lag to C", "2000 ms");
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "3", C: "1 (old)" });
  await expectText(settings(page).locator(".slider output").first(), /2\.0 s/);
});

labTest("a paused replica shows the past too", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "B", "Pause");
  await forward(page, 600);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "3" });
  await expectText(node(page, "B"), /paused/);
  await act(page, "Resume");
  await forward(page, 100);
  assert.equal((await copies(page, "x")).B, "3");
});
