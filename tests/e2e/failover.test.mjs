// The primary dies, another takes over, the old one comes back.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { ask, broken, copies, drag, expectText, forward, headline, node, onNode, press, said, status, timeline, verdict } from "./page.mjs";

const CARD = (page, name) => page.locator(`[data-node="${name}"]`);

labTest("a killed primary: writes are refused in words, reads at replicas go on", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  assert.match(await headline(page), /^A crashed\./);
  await expectText(node(page, "A"), /was primary/);
  await expectText(node(page, "A"), /down/);
  await forward(page, 700);
  assert.match(await said(page, "Ana"), /x = 3 · refused: not primary/);
  assert.match(await headline(page), /Ana’s write x = 3 is refused: A, B and C were asked, and none of them takes it\./);
  assert.match(await status(page, "B"), /no primary · has up to 1/);
  await ask(page, { who: "Ben", at: "B" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /read x = 1/);
  assert.match(await headline(page), /Ben reads x = 1 at B/);
});

labTest("a read at the dead node is refused", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  await ask(page, { who: "Ben", key: "y", at: "A" });
  await forward(page, 100);
  assert.match(await said(page, "Ben"), /read y · refused: node down/);
  assert.match(await headline(page), /Ben’s read is refused: nothing runs at A\./);
});

labTest("a machine without power gives no answer at all, and the client does not know", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Power off");
  assert.match(await headline(page), /^A lost power\./);
  await expectText(node(page, "A"), /machine down/);
  await forward(page, 1_500);
  assert.match(await said(page, "Ana"), /writes x = 3…/, "she is still waiting");
  await forward(page, 800);
  assert.match(await headline(page), /Ana got no answer to the write x = 3\. Whether it happened, the client cannot know\./);
});

labTest("a promoted replica takes writes, and the client finds it", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  assert.match(await headline(page), /B is primary now \(epoch 2\)/);
  await expectText(CARD(page, "B"), /primary/);
  await forward(page, 800);
  assert.match(await said(page, "Ana"), /x = 3 · OK/);
  assert.equal((await copies(page, "x")).B, "3");
  await forward(page, 200);
  assert.equal((await copies(page, "x")).C, "3", "C follows B");
});

labTest("a restarted primary follows the new one", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await forward(page, 1_000);
  await onNode(page, "A", "Restart");
  assert.match(await headline(page), /A restarted with what was left\.|A follows B now/);
  await forward(page, 2_000);
  await expectText(CARD(page, "A"), /replica/);
  await expectText(page.getByRole("region", { name: "Details" }), /follows\s*B/);
  const { A, B } = await copies(page, "x");
  assert.equal(A, B, "it has the same as B");
  assert.equal(await broken(page, "No acknowledged write lost"), false, "nothing was lost this time");
});

/** x = 3 is acknowledged at A and on its way for 2 s more when A dies and B takes over. */
async function loseWrite(page) {
  await forward(page, 500);
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 400);
  assert.match(await said(page, "Ana"), /x = 3 · OK/, "it was acknowledged");
  await onNode(page, "A", "Crash");
  assert.match(await headline(page), /A crashed\. No other node has x = 3; a copy is still on the wire to B and C\./);
  await onNode(page, "B", "Promote");
}

labTest("a promotion before the copy arrives loses an acknowledged write, and the verdict says so", async ({ page }) => {
  await loseWrite(page);
  await forward(page, 100);
  assert(await broken(page, "No acknowledged write lost"));
  assert.match(await verdict(page, "No acknowledged write lost").innerText(), /1 gone · at 0\.9\d\d s/);
  await verdict(page, "No acknowledged write lost").getByRole("button").click();
  await expectText(page.locator("#clock"), /^0\.9\d\d s$/);
});

labTest("the old primary comes back, throws its own writes away, and says so", async ({ page }) => {
  await loseWrite(page);
  await drag(page, "Lag to every replica", "20 ms");
  await forward(page, 1_000);
  await onNode(page, "A", "Restart");
  await forward(page, 1_500);
  assert(await broken(page, "No acknowledged write lost"));
  const sentences = [];
  await press(page, "Home");
  for (let mark = 0; mark < 16; mark += 1) {
    await press(page, "]");
    sentences.push(await headline(page));
  }
  const gone = sentences.findIndex((text) => /^A throws away x = 3: the new primary’s log does not have it\. Its client had been told OK\.$/.test(text));
  assert(gone >= 0, `at one of the marks, a sentence says so:\n${sentences.join("\n")}`);
  assert.equal((await copies(page, "x")).A.includes("3"), false, "it is gone at A too");
});

labTest("a wiped node starts with nothing and gets everything again", async ({ page }) => {
  await forward(page, 1_000);
  await onNode(page, "C", "Wipe disk");
  assert.match(await headline(page), /^C lost its disk\./);
  await onNode(page, "C", "Restart");
  assert.equal((await copies(page, "x")).C, "– (old)");
  await forward(page, 400);
  assert.equal((await copies(page, "x")).C, "3");
});

labTest("promotion without a crash: the old primary gives way", async ({ page }) => {
  await forward(page, 600);
  await onNode(page, "B", "Promote");
  await forward(page, 500);
  await expectText(CARD(page, "A"), /replica/);
  await expectText(CARD(page, "B"), /primary/);
  assert.match(await status(page, "B"), /takes writes · epoch 2/);
});
