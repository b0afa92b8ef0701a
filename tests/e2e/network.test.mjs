// Links and messages, by hand: cut, slow, lossy; dropped, late, twice, at once. Partitions.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { act, ask, back, button, client, copies, details, dialog, drag, expectText, forward, headline, link, node, openDialog, press, spoken, said, select, settings, settled, status } from "./page.mjs";

labTest("a link cut both ways: copies run into the cut, it is said, and healing brings them", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-C");
  await act(page, "Cut both ways");
  assert.match(await headline(page), /Between A and C nothing passes now\./);
  await expectText(link(page, "A-C").locator(".pill"), /^cut$/);
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "3", C: "1 (old)" });
  assert.match(await status(page, "C"), /cut off · 1 behind/);
  await select(page, "node", "C");
  await expectText(details(page).locator(".why"), /ran into the cut link at 0\.9\d\d s|will not get through: the link is cut/);
  await select(page, "link", "A-C");
  await act(page, "Heal");
  assert.match(await headline(page), /The link between A and C is whole again\./);
  await forward(page, 3_000);
  assert.doesNotMatch(await status(page, "C"), /cut off/);
  assert.notEqual((await copies(page, "x")).C.replace(" (old)", ""), "1", "it caught up");
});

labTest("what is already on its way is lost at the cut, and said", async ({ page }) => {
  await forward(page, 900);
  await select(page, "link", "A-C");
  await act(page, "Cut A to C");
  assert.match(await headline(page), /From A to C nothing passes now\./);
  await expectText(link(page, "A-C"), /cut to C/);
  await forward(page, 100);
  assert.match(await headline(page), /The copy of x = 3 to C did not get through: the link is cut\./);
  await act(page, "Heal A to C");
  await forward(page, 2_000);
  assert.notEqual((await copies(page, "x")).C.replace(" (old)", ""), "1", "sent again");
});

labTest("cut one way only: entries arrive, acknowledgements do not", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-C");
  await act(page, "Cut C to A");
  await expectText(link(page, "A-C"), /cut to A/);
  await forward(page, 500);
  assert.equal((await copies(page, "x")).C, "3");
});

labTest("a client cut off from its node gets no answer", async ({ page }) => {
  await select(page, "link", "Ben-C");
  await act(page, "Cut both ways");
  await ask(page, { who: "Ben", at: "C" });
  await forward(page, 2_100);
  assert.match(await said(page, "Ben"), /read x · no answer/);
});

labTest("a link's latency by slider", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-B");
  await drag(page, "One way takes", "700 ms");
  assert.match(await headline(page), /The link between A and B is different now: typically 700 ms one way\./);
  await expectText(link(page, "A-B"), /700 ms/);
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "3" });
});

labTest("a link's loss by slider: everything is lost, and sent again later", async ({ page }) => {
  await forward(page, 500);
  await select(page, "link", "A-B");
  await drag(page, "Messages lost", "100 %");
  await expectText(link(page, "A-B"), /100 % lost/);
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "3" });
  await drag(page, "Messages lost", "0 %");
  await forward(page, 3_000);
  assert.notEqual((await copies(page, "x")).B.replace(" (old)", ""), "1");
});

labTest("loss for the whole group", async ({ page }) => {
  await forward(page, 500);
  await drag(page, "Messages lost between nodes", "100 %");
  assert.match(await headline(page), /100 % of messages lost/);
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "1 (old)" });
  await expectText(settings(page).locator(".slider output").nth(1), /100 %/);
});

labTest("order on a link is a choice", async ({ page }) => {
  await select(page, "link", "A-B");
  const box = page.getByLabel("messages stay in order");
  assert(await box.isChecked());
  await box.uncheck();
  assert.match(await headline(page), /messages may overtake each other/);
  await drag(page, "Plus up to, at random", "500 ms");
  assert.equal(await box.isChecked(), false);
});

/** Selects Ana's write x = 3 on its way from A to C, at 0.9 s. */
async function selectMessage(page) {
  await forward(page, 900);
  await select(page, "link", "A-C");
  await button(details(page), "log entry x = 3, A to C").click();
  await details(page).getByRole("heading", { name: "log entry x = 3, A to C" }).waitFor();
}

const FATES = {
  "Drop": [/taken off the wire/, "1 (old)", 100],
  "Deliver now": [null, "3", 100],
  "Delay 1 s": [/The message will take 1\.0 s longer\./, "1 (old)", 300],
  "Delay 100 ms": [/The message will take 100 ms longer\./, "1 (old)", 100],
  "Duplicate": [/The message will arrive twice\./, "3", 100],
};

for (const [fate, [sentence, value, after]] of Object.entries(FATES)) {
  labTest(`a message on the wire: ${fate}`, async ({ page }) => {
    await selectMessage(page);
    await act(page, fate);
    if (sentence) assert.match(await headline(page), sentence);
    await forward(page, after);
    assert.equal((await copies(page, "x")).C, value);
    await forward(page, 2_500);
    assert.notEqual((await copies(page, "x")).C.replace(" (old)", ""), "1", "in the end it is there");
  });
}

labTest("a selected message that arrives is no longer selected", async ({ page }) => {
  await selectMessage(page);
  await forward(page, 200);
  await expectText(details(page), /Nothing selected/);
  await back(page, 200);
});

labTest("a message can be clicked where it flies", async ({ page }) => {
  await forward(page, 900);
  const [a, c] = await Promise.all(["A", "C"].map((name) => node(page, name).boundingBox()));
  const found = details(page).getByRole("heading", { name: /x = 3, A to C/ });
  for (let part = 0; part <= 20 && (await found.count()) === 0; part += 1) {
    const along = part / 20;
    const x = a.x + a.width / 2 + (c.x + c.width / 2 - a.x - a.width / 2) * along;
    const y = a.y + a.height + (c.y - a.y - a.height) * along;
    await page.mouse.click(x, y);
    await settled(page);
  }
  assert.equal(await found.count(), 1);
});

labTest("a partition into groups: said, drawn, in force, and healed", async ({ page }) => {
  await forward(page, 500);
  await openDialog(page, "Partition…");
  await dialog(page).getByLabel("A in group 1", { exact: true }).check();
  for (const who of ["B", "C", "Ana", "Ben"]) await dialog(page).getByLabel(`${who} in group 2`, { exact: true }).check();
  await button(dialog(page), "Cut the network").click();
  await dialog(page).waitFor({ state: "detached" });
  assert.match(await headline(page), /The network is partitioned\. Nothing passes between the groups\./);
  await expectText(link(page, "A-B").locator(".pill"), /^cut$/);
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "1", B: "1", C: "1" });
  await act(page, "Heal the network");
  assert.match(await headline(page), /The network is whole again\./);
  assert(await button(settings(page), "Heal the network").isDisabled());
  assert.equal(await page.locator(".link.cut").count(), 0);
});

labTest("a partition with one group only is refused in words", async ({ page }) => {
  await openDialog(page, "Partition…");
  for (const who of ["A", "B", "C", "Ana", "Ben"]) await dialog(page).getByLabel(`${who} in group 2`, { exact: true }).check();
  await button(dialog(page), "Cut the network").click();
  const words = page.getByText("A partition needs at least two groups with somebody in them.");
  await words.waitFor();
  // In a modal dialog nothing outside of it is read out or can be closed.
  assert.equal(await dialog(page).getByText("A partition needs at least two groups").count(), 1, "it is said in the dialog");
});

labTest("Cut off, on a node, isolates it", async ({ page }) => {
  await forward(page, 500);
  await select(page, "node", "B");
  await act(page, "Cut off");
  await forward(page, 500);
  assert.deepEqual(await copies(page, "x"), { A: "3", B: "1 (old)", C: "3" });
  assert.match(await spoken(client(page, "Ana")), /x = 3 · OK/);
  await press(page, "Control+z");
  assert.equal(await page.locator(".link.cut").count(), 0);
});
