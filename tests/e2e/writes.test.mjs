// A write appears on the primary, then on the replicas; and what a write by hand may be.

import { assert, pageTest } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { ask, client, clock, copies, expectText, forward, headline, node, press, said, select, setReplicas, settled, status } from "./page.mjs";

labTest("a write by hand appears on the primary, then on the near replica, then on the far one", async ({ page }) => {
  await forward(page, 500);
  await ask(page, { who: "Ana", key: "x", write: 42 });
  assert.deepEqual(await copies(page, "x"), { A: "1", B: "1", C: "1" }, "nothing is there at once");
  assert.match(await said(page, "Ana"), /writes x = 42/);
  await forward(page, 100);
  assert.deepEqual(await copies(page, "x"), { A: "42", B: "1 (old)", C: "1 (old)" });
  assert.match(await said(page, "Ana"), /x = 42 · OK/);
  assert.match(await headline(page), /x = 42 is acknowledged by A\. It has yet to reach B and C\./);
  assert.match(await status(page, "C"), /1 write behind/);
  await forward(page, 100);
  assert.deepEqual(await copies(page, "x"), { A: "42", B: "42", C: "1 (old)" });
  await forward(page, 100);
  assert.deepEqual(await copies(page, "x"), { A: "42", B: "42", C: "42" });
  assert.match(await status(page, "C"), /up to date/);
});

pageTest("the workload writes by itself, from the first second", async ({ page }) => {
  await page.getByRole("button", { name: /^Node A,.* x is 1\b/ }).waitFor();
  await page.getByRole("button", { name: /^Node C,.* x is 1\b/ }).waitFor();
  assert(parseFloat(await clock(page)) < 3);
});

labTest("the workload's write travels like one by hand", async ({ page }) => {
  const seen = [];
  for (let ms = 0; ms <= 400; ms += 100) {
    const { A, B, C } = await copies(page, "x");
    seen.push(`${A} ${B} ${C}`);
    await forward(page, 100);
  }
  assert.deepEqual(seen, ["– – –", "– – –", "1 – (old) – (old)", "1 1 – (old)", "1 1 1"]);
});

labTest("a write looks the same wherever it is", async ({ page }) => {
  await forward(page, 500);
  await ask(page, { who: "Ana", key: "x", write: 42 });
  await forward(page, 300);
  const looks = await page
    .locator("[data-node] .chip", { hasText: /^\s*42\s*$/ })
    .evaluateAll((chips) => chips.map((chip) => `${chip.className} ${chip.dataset.shape} ${chip.querySelector("path").getAttribute("d")}`));
  assert.equal(looks.length, 3, "on all three nodes");
  assert.equal(new Set(looks).size, 1, looks.join("\n"));
});

labTest("different writes look different", async ({ page }) => {
  await ask(page, { who: "Ana", key: "x", write: 1 });
  await forward(page, 500);
  await ask(page, { who: "Ana", key: "x", write: 2 });
  await forward(page, 100);
  const look = (name) =>
    page.locator(`[data-node="${name}"] .copy .chip`).first().evaluate((chip) => `${chip.className} ${chip.dataset.shape}`);
  assert.notEqual(await look("A"), await look("C"));
});

labTest("the log says what is missing where", async ({ page }) => {
  await forward(page, 900);
  const cells = (name) =>
    page.locator(`[data-node="${name}"] .card-log .cell:not(.none)`).evaluateAll((all) =>
      all.map((cell) => `${["applied", "logged", "waiting", "missing"].find((state) => cell.classList.contains(state))} ${cell.innerText.trim()}`),
    );
  assert.deepEqual(await cells("A"), ["applied 1", "applied 2"]);
  assert.deepEqual(await cells("C"), ["applied 1", "missing 2"]);
});

for (const wrong of ["", "seven", "1.5", "99999999999999999999"]) {
  labTest(`“${wrong}” is no value to write, and the page says so`, async ({ page }) => {
    await ask(page, { who: "Ana", key: "y", write: wrong });
    await expectText(page.getByRole("alert"), /is no whole number; write something like 7/);
    await forward(page, 200);
    assert.deepEqual(await copies(page, "y"), { A: "–", B: "–", C: "–" });
  });
}

labTest("a negative value is a value", async ({ page }) => {
  await ask(page, { who: "Ana", write: "-5" });
  await forward(page, 100);
  assert.equal((await copies(page, "x")).A, "-5");
});

labTest("a write sent to a replica finds its way only if the client may look for it", async ({ page }) => {
  await ask(page, { who: "Ben", write: 7, at: "B" });
  await forward(page, 300);
  assert.match(await said(page, "Ben"), /refused/, "at that node and no other");
  assert.match(await headline(page), /refused|acknowledged|shows/);
  await ask(page, { who: "Ben", write: 7 });
  await forward(page, 200);
  assert.match(await said(page, "Ben"), /x = 7 · OK/);
});

labTest("a client that was told to be still is still", async ({ page }) => {
  await select(page, "client", "Ana");
  await page.getByLabel("acts on its own").uncheck();
  await settled(page);
  await forward(page, 2_000);
  assert.deepEqual(await copies(page, "x"), { A: "–", B: "–", C: "–" });
});

labTest("a new replica starts empty and gets what was there before", async ({ page }) => {
  await forward(page, 1_000);
  await setReplicas(page, 3);
  assert.equal((await copies(page, "x")).D, "– (old)");
  assert.match(await headline(page), /D joins with an empty disk/);
  await forward(page, 500);
  assert.equal((await copies(page, "x")).D, "3");
  await setReplicas(page, 2);
  await node(page, "D").waitFor({ state: "detached" });
});

labTest("reads and writes by key, without a pointer", async ({ page }) => {
  await client(page, "Ana").focus();
  await page.keyboard.press("Enter");
  await press(page, "w");
  await forward(page, 100);
  assert.equal((await copies(page, "x")).A, "100");
  await node(page, "B").focus();
  await page.keyboard.press("Enter");
  await press(page, "r");
  await forward(page, 200);
  assert.match(await headline(page), /reads|shows/);
});
