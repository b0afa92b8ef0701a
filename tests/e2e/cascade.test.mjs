// A replica that a replica feeds: drawn, explained, and pointed elsewhere by hand.

import { assert, axe, noSidewaysScroll } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { details, expectText, forward, headline, node, onNode, openPreset, press, select, settled, spoken, status } from "./page.mjs";

const role = (page, name) => page.locator(`[data-node="${name}"] .card-role`).innerText();
const upstream = (page) => details(page).getByLabel("Gets the log from");
const chosen = (page) => upstream(page).evaluate((field) => field.selectedOptions[0].textContent);
const offered = (page) => upstream(page).evaluate((field) => [...field.options].map((option) => option.textContent));

labTest("a replica behind a replica that crashed gets nothing, says why, and catches up at the primary", async ({ page }) => {
  await openPreset(page, "A replica behind a replica");
  await forward(page, 3_500);
  assert.equal(await role(page, "C"), "replica of B");
  assert.match(await spoken(node(page, "C")), /replica of B/);
  await forward(page, 3_000);
  assert.match(await status(page, "C"), /behind/);
  assert.match(await status(page, "D"), /up to date|behind · \d+ ms/);
  await select(page, "node", "C");
  await expectText(details(page), /comes to C by way of B, which has been down since 4\.000 s\./);
  await expectText(details(page), /Without B it gets nothing\. The primary does not count it, for writes or majority reads\./);
  await axe(page, { include: [[".inspector"]] });
  await upstream(page).selectOption({ index: 0 });
  assert.equal(await headline(page), "C gets the log from whoever is primary from now on.");
  await forward(page, 900);
  assert.equal(await role(page, "C"), "replica");
  assert.doesNotMatch(await details(page).innerText(), /by way of/);
  assert.match(await status(page, "C"), /up to date|behind · \d+ ms/);
  // Undone, it waits for B as before.
  await press(page, "Control+z");
  assert.equal(await role(page, "C"), "replica of B");
});

labTest("who feeds whom is chosen at the replica, and nobody is offered who would be fed by it", async ({ page }) => {
  await forward(page, 1_000);
  await select(page, "node", "C");
  assert.deepEqual(await offered(page), ["whoever is primary, now A", "A, primary or not", "B, primary or not"]);
  await upstream(page).selectOption({ index: 2 });
  assert.equal(await headline(page), "C gets the log from B from now on, whoever leads.");
  assert.equal(await chosen(page), "B, primary or not");
  assert.equal(await role(page, "C"), "replica of B");
  await select(page, "node", "B");
  assert.deepEqual(await offered(page), ["whoever is primary, now A", "A, primary or not"]);
  await select(page, "node", "A");
  assert.equal(await upstream(page).count(), 0, "the primary is fed by nobody");
  await onNode(page, "B", "Crash");
  assert.equal(await headline(page), "B crashed. A keeps the last 1000 entries for when it is back. Nobody feeds C meanwhile.");
});

labTest("a replica is told to show things late, and says so; a slow one takes its time", async ({ page }) => {
  await select(page, "node", "C");
  await details(page).getByLabel("Shows what it gets").selectOption({ label: "5.0 s late, on purpose" });
  assert.equal(await headline(page), "C shows what it gets 5.0 s late from now on, on purpose.");
  await forward(page, 2_000);
  assert.equal(await role(page, "C"), "delayed replica");
  await expectText(details(page), /held back: C shows everything 5\.0 s late, on purpose\./);
  await details(page).getByRole("slider", { name: "Takes for everything" }).fill("5");
  await settled(page);
  assert.equal(await headline(page), "C takes 20 times as long for everything now.");
  await press(page, "Control+z", 2);
  await forward(page, 2_000);
  assert.equal(await role(page, "C"), "replica");
});

labTest("a chain of replicas at 320 px", { viewport: { width: 320, height: 640 } }, async ({ page }) => {
  await openPreset(page, "A replica behind a replica");
  await forward(page, 6_000);
  await select(page, "node", "C");
  await noSidewaysScroll(page);
});
