// Semi-synchronous replication from the menu: what clients hear while nobody confirms, and when they give up.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { details, expectText, forward, headline, node, openPreset, press, said, select, settings, spoken, status, story } from "./page.mjs";

labTest("semi-synchronous: the client waits, hears OK after the fall-back, and at once from then on", async ({ page }) => {
  await openPreset(page, "Semi-synchronous, until it is not");
  await forward(page, 2_500);
  assert.match(await spoken(node(page, "B")), /sync replica/);
  assert.match(await spoken(node(page, "C")), /async replica/);
  await forward(page, 2_000);
  assert.match(await said(page, "Ana"), /^writes [xy] = \d+…$/);
  assert.match(await status(page, "A"), /1 write waits/);
  await forward(page, 1_500);
  assert.match(await status(page, "A"), /goes on alone/);
  assert.match(await said(page, "Ana"), /^[xy] = \d+ · OK$/);
  const sentences = await story(page);
  assert(sentences.some((one) => /goes on alone/.test(one)), sentences.join("\n"));
  await press(page, "Home");
  await forward(page, 11_500);
  assert.doesNotMatch(await status(page, "A"), /alone/);
});

labTest("a client that gives up sooner than the primary hears nothing, and one that waits is warned", async ({ page }) => {
  const choose = (id, label) => settings(page).locator(`#${id}`).selectOption({ label });
  await choose("commit-level", "on disk there (remote flush)");
  await choose("commit-patience", "2 s, then warn (MongoDB)");
  await expectText(settings(page), /Clients give up sooner, after 2\.0 s; that can be set at each\./);
  await select(page, "client", "Ana");
  await details(page).getByLabel("Gives up after").selectOption({ label: "5.0 s" });
  assert.equal(await headline(page), "Ana gives up after 5.0 s without an answer from now on.");
  for (const name of ["B", "C"]) {
    await select(page, "node", name);
    await details(page).getByRole("button", { name: "Crash", exact: true }).click();
  }
  await forward(page, 4_500);
  const sentences = await story(page);
  assert(sentences.some((one) => /For Ana the wait is over: done here, but not confirmed\./.test(one)), sentences.join("\n"));
});
