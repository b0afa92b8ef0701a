// When a write is done: the rule is chosen in the settings, and the engine follows it.

import { assert, axe } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { ask, button, drag, expectText, forward, headline, node, onNode, said, select, settings, status } from "./page.mjs";

const choose = (page, id, words) => page.locator(`#${id}`).selectOption({ label: words });
const toggle = (page, replica) => button(page.getByRole("group", { name: "Who counts" }), replica).click();
const caution = (page) => settings(page).locator(".commit .caution").innerText();

labTest("waiting for a replica: the client hears OK when it confirms, and the replica is called synchronous", async ({ page }) => {
  await forward(page, 500);
  await choose(page, "commit-level", "on disk there (remote flush)");
  assert.match(await headline(page), /Writes are acknowledged by another rule now: when the first replica has it on disk\./);
  await expectText(node(page, "B"), /sync replica/);
  // Ana writes x = 3 at 760 ms; it is on A's disk at 804 ms and B's word is back 124 ms later.
  await forward(page, 350);
  assert.match(await headline(page), /A has x = 3 on disk\. Ana waits until B has it on disk, too\./);
  assert.match(await said(page, "Ana"), /writes x = 3…/);
  assert.match(await status(page, "A"), /1 write waits/);
  await forward(page, 150);
  assert.match(await said(page, "Ana"), /x = 3 · OK/);
  await axe(page);
});

labTest("without its only synchronous replica every write waits, and the page warned of it", async ({ page }) => {
  await forward(page, 500);
  await choose(page, "commit-level", "on disk there (remote flush)");
  await toggle(page, "C");
  assert.match(await caution(page), /every write waits for it, without end/);
  await onNode(page, "B", "Crash");
  await forward(page, 2_000);
  assert.match(await status(page, "A"), /1 write waits/);
  assert.match(await said(page, "Ana"), /writes x = 3…/);
});

labTest("semi-synchronous: after its time-out the primary goes on alone, and writes wait again when a replica is back", async ({ page }) => {
  await forward(page, 500);
  await choose(page, "commit-level", "on disk there (remote flush)");
  await toggle(page, "C");
  await choose(page, "commit-patience", "2 s, then go on alone");
  assert.match(await caution(page), /what it then acknowledges can be lost/);
  await onNode(page, "B", "Crash");
  // From 804 ms on.
  await forward(page, 2_400);
  assert.match(await status(page, "A"), /goes on alone/);
  await onNode(page, "B", "Restart");
  await forward(page, 1_500);
  assert.doesNotMatch(await status(page, "A"), /goes on alone/);
});

labTest("a session with a token waits at a replica that is behind what it has seen", async ({ page }) => {
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 1_000);
  await select(page, "client", "Ben");
  await page.getByLabel("reads wait for what it has seen").check();
  assert.match(await headline(page), /Reads of Ben wait for what it has seen from now on\./);
  await ask(page, { who: "Ben", key: "x", at: "A" });
  await forward(page, 200);
  assert.match(await said(page, "Ben"), /read x = 3/);
  await ask(page, { who: "Ben", key: "x", at: "C" });
  await forward(page, 200);
  assert.match(await said(page, "Ben"), /reads x at C…/);
  assert.match(await headline(page), /Ben waits for C: the session has seen the log up to LSN 2, and this node shows it up to \d\./);
  await forward(page, 1_600);
  assert.match(await said(page, "Ben"), /read x = [37]/);
});
