// An old primary comes back with a log of its own; monitors that decide who leads; reads that ask for more.

import { assert, axe, noSidewaysScroll } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import {
  act, ask, broken, details, drag, expectText, forward, headline, onNode, openPreset, press, said, select, settings, settled,
  status, story,
} from "./page.mjs";

const parting = (page) => details(page).getByRole("region", { name: "Logs that have parted" });
const column = (page, index) => parting(page).locator(".columns > div").nth(index).innerText();

async function oldPrimaryIsBack(page) {
  await openPreset(page, "The old primary returns");
  await forward(page, 5_500);
  await select(page, "node", "A");
}

labTest("an old primary stops, both logs stand side by side, and a rewind throws away what only it had", async ({ page }) => {
  await oldPrimaryIsBack(page);
  assert.match(await status(page, "A"), /log parted/);
  await expectText(parting(page), /After LSN \d+ the logs of A and B part\./);
  assert.match(await column(page, 0), /^Only on A\s+\d+\s+x = 9 ✓\s+\d+\s+y = 11 ✓$/);
  assert.match(await column(page, 1), /^On B instead\s+\d+\s+[xy] = 13 ✓/);
  await expectText(parting(page), /what stands only here is thrown away: 2 of it acknowledged/);
  await axe(page, { include: [[".inspector"]] });
  await act(page, "Rewind");
  assert.match(await headline(page), /A throws away x = 9, y = 11: the new primary’s log does not have them\.|A rewinds its log to LSN \d+/);
  await forward(page, 2_500);
  assert.equal(await parting(page).count(), 0);
  assert.match(await status(page, "A"), /up to date|behind/);
  assert(await broken(page, "No acknowledged write lost"));
  // Undone, it stands there again.
  await press(page, "Control+z");
  await expectText(parting(page), /Only on A/);
});

labTest("cloned anew it gets a snapshot", async ({ page }) => {
  await oldPrimaryIsBack(page);
  await act(page, "Clone anew");
  await forward(page, 2_500);
  assert.equal(await parting(page).count(), 0);
  const sentences = await story(page);
  assert(sentences.some((one) => /^A stops: after LSN \d+ its log and the primary’s have parted\./.test(one)), sentences.join("\n"));
});

labTest("both logs of a split brain can be compared while it lasts", { viewport: { width: 390, height: 844 } }, async ({ page }) => {
  await openPreset(page, "Split brain: elected behind its back");
  await forward(page, 4_800);
  await select(page, "node", "A");
  await expectText(parting(page), /After LSN \d+ the logs of A and [BC] part\./);
  assert.equal(await parting(page).getByRole("button", { name: "Rewind" }).count(), 0, "it leads, as far as it knows");
  await noSidewaysScroll(page);
});

labTest("monitors appoint another primary, and the last failover wins", async ({ page }) => {
  await openPreset(page, "Monitors: the last failover wins");
  await forward(page, 500);
  assert.match(await status(page, "D"), /watches A/);
  assert.match(await settings(page).locator("#failover-by").evaluate((field) => field.selectedOptions[0].textContent), /Sentinel/);
  await forward(page, 6_500);
  const sentences = await story(page);
  assert(sentences.some((one) => /^[EF] appoints B to lead epoch 2/.test(one)), sentences.join("\n"));
  assert(await broken(page, "No acknowledged write lost"));
  assert.match(await status(page, "E"), /watches B/);
});

labTest("without monitors in the scenario nobody can be told to leave it to them", async ({ page }) => {
  await settings(page).locator("#failover-by").selectOption({ label: "monitors appoint one (Sentinel)" });
  await settled(page);
  await expectText(settings(page).locator(".refusal[role=alert]"), /Not changed: no node of this scenario is a monitor\./);
  assert.match(await settings(page).locator("#failover-by").evaluate((field) => field.selectedOptions[0].textContent), /a person/);
});

labTest("a linearizable read asks the others first, a bounded one is refused where nobody can know", async ({ page }) => {
  await forward(page, 500);
  await select(page, "client", "Ben");
  const concern = details(page).locator("#concern");
  await concern.selectOption({ label: "the latest (linearizable)" });
  await settled(page);
  assert.match(await headline(page), /Reads of Ben show the latest: the primary makes sure that it leads\./);
  await ask(page, { who: "Ben", at: "A" });
  await forward(page, 400);
  assert.match(await said(page, "Ben"), /read x = /);
  await select(page, "client", "Ben");
  await concern.selectOption({ label: "at most 1 s old (bounded)" });
  await settled(page);
  await select(page, "link", "A-B");
  await act(page, "Cut both ways");
  await forward(page, 2_500);
  await ask(page, { who: "Ben", at: "B" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /refused: too old/);
});

labTest("told to rewind, an old primary does so by itself; one undo takes the setting back", async ({ page }) => {
  await settings(page).locator("#log-rejoin").selectOption({ label: "goes back to where it parted (rewind)" });
  await settled(page);
  assert.match(await headline(page), /Who comes back with a log of its own rewinds\./);
  await press(page, "Control+z");
  assert.match(await settings(page).locator("#log-rejoin").evaluate((field) => field.selectedOptions[0].textContent), /cloned anew/);
  await press(page, "Control+Shift+z");
  await forward(page, 500);
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 400);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await forward(page, 300);
  await onNode(page, "A", "Restart");
  await drag(page, "Lag to every replica", "10 ms");
  await forward(page, 5_000);
  const sentences = await story(page);
  assert(sentences.some((one) => /^A throws away x = 3, y = 5: the new primary’s log does not have them\./.test(one)), sentences.join("\n"));
  assert(!sentences.some((one) => /all data: their logs have parted/.test(one)), "no clone");
});

labTest("what is kept for replicas can fill the disk, and the page warns of it", async ({ page }) => {
  await settings(page).locator("#log-kept").selectOption({ label: "all that they lack (slot)" });
  await settled(page);
  const group = settings(page).getByRole("group", { name: "The log" });
  await expectText(group.locator(".caution"), /For a replica that is gone for good the log grows without end\./);
  await axe(page, { include: [[".settings"]] });
});

labTest("the next number is made by the database, and its client is told which", async ({ page }) => {
  await forward(page, 200);
  await ask(page, { who: "Ben", write: "next" });
  await forward(page, 300);
  assert.match(await said(page, "Ben"), /x = 2 · OK/);
});
