// Acting in the past makes another future; both stay. Undo and redo.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { act, ask, back, branch, button, clock, copies, drag, expectText, forward, headline, node, onNode, picture, press, spoken, settled, timeline } from "./page.mjs";

const others = (page) => page.getByRole("button", { name: /^to branch \d+/ });

/** A crash at 1 s, run to 3 s; then back to 0.5 s, where C is crashed instead. */
async function twoFutures(page) {
  await forward(page, 1_000);
  await onNode(page, "A", "Crash");
  await forward(page, 2_000);
  const first = await picture(page);
  await press(page, "Home");
  await forward(page, 500);
  await onNode(page, "C", "Crash");
  return first;
}

labTest("acting in the past makes a branch, and says so", async ({ page }) => {
  await twoFutures(page);
  await expectText(page.getByRole("alert"), /Branch \d+ begins here\. What came later stays on the other branch/);
  assert.equal(await others(page).count(), 1);
  assert.equal(await timeline(page).locator("path.other").count(), 1);
  await forward(page, 1_000);
  await expectText(node(page, "A"), /primary/);
  assert.match(await spoken(node(page, "A")), /^Node A, primary\./, "A does not crash in this future");
  assert.match(await spoken(node(page, "C")), /down/);
});

labTest("both futures stay, and one can switch between them", async ({ page }) => {
  const first = await twoFutures(page);
  await forward(page, 2_500);
  const second = await picture(page);
  await others(page).click();
  await settled(page);
  await press(page, "End");
  assert.deepEqual(await picture(page), first, "the first future is what it was");
  await others(page).click();
  await settled(page);
  await press(page, "End");
  assert.deepEqual(await picture(page), second, "and so is the second");
});

labTest("switching keeps the moment", async ({ page }) => {
  await twoFutures(page);
  await forward(page, 1_000);
  const at = await clock(page);
  await others(page).click();
  await settled(page);
  assert.equal(await clock(page), at);
});

labTest("acting at the end makes no other future", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "C", "Crash");
  await forward(page, 500);
  await act(page, "Restart");
  assert.equal(await others(page).count(), 0);
  assert.equal(await page.getByRole("alert").innerText(), "");
});

labTest("what a fork does not touch stays as it was", async ({ page }) => {
  await forward(page, 3_000);
  const before = await copies(page, "x");
  await press(page, "Home");
  await ask(page, { who: "Ben", key: "y", at: "B" });
  await forward(page, 3_000);
  assert.deepEqual(await copies(page, "x"), before);
});

const UNDO = {
  "by keyboard": [(page) => press(page, "Control+z"), (page) => press(page, "Control+Shift+z")],
  "by keyboard, the other way": [(page) => press(page, "Control+z"), (page) => press(page, "Control+y")],
  "by button": [
    (page) => button(page, "Undo the last action").click(),
    (page) => button(page, "Redo").click(),
  ],
};

for (const [how, [undo, redo]] of Object.entries(UNDO)) {
  labTest(`undo and redo ${how}`, async ({ page }) => {
    await forward(page, 500);
    const before = await picture(page);
    await onNode(page, "A", "Crash");
    const crashed = await picture(page);
    await onNode(page, "B", "Promote");
    const promoted = await picture(page);
    await undo(page);
    assert.deepEqual(await picture(page), crashed);
    await undo(page);
    assert.deepEqual(await picture(page), before);
    await redo(page);
    assert.deepEqual(await picture(page), crashed);
    await redo(page);
    assert.deepEqual(await picture(page), promoted);
  });
}

labTest("with nothing to undo, the buttons are off and the key says so", async ({ page }) => {
  assert(await button(page, "Undo the last action").isDisabled());
  assert(await button(page, "Redo").isDisabled());
  await press(page, "Control+z");
  await expectText(page.getByRole("alert"), /There is nothing to undo\./);
  await press(page, "Control+y");
  await expectText(page.getByRole("alert"), /There is nothing to redo\./);
});

labTest("undo of an action long ago goes back to it", async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  await forward(page, 3_000);
  await press(page, "Control+z");
  assert.equal(await clock(page), "0.500 s");
  await forward(page, 500);
  assert.match(await spoken(node(page, "A")), /^Node A, primary\./);
});

labTest("a slider pulled is one action, and undone at once", async ({ page }) => {
  await forward(page, 500);
  const before = await picture(page);
  await drag(page, "Lag to every replica", "2000 ms");
  assert.match(await headline(page), /The network is different now: typically 2\.0 s one way\./);
  await press(page, "Control+z");
  assert.deepEqual(await picture(page), before);
});

labTest("many futures: all are reachable or counted", async ({ page }) => {
  await forward(page, 1_000);
  for (const name of ["A", "B", "C"]) {
    await press(page, "Home");
    await forward(page, 500);
    await onNode(page, name, "Crash");
    await forward(page, 300);
    await back(page, 200);
  }
  assert.equal(await branch(page), 4);
  assert.equal(await others(page).count(), 3);
});
