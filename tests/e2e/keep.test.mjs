// What is kept between visits, what may be forbidden, and how the page runs for a while.

import { assert, axe, pageTest } from "./harness.mjs";
import { button, clock, details, dialog, drag, expectText, forward, node, openDialog, PAUSED, press, settled } from "./page.mjs";

const forbidStorage = (page) =>
  page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("The operation is insecure.", "SecurityError");
      },
    });
  });

const fullStorage = (page) =>
  page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
  });

/** Works through what touches the storage. */
async function useStorage(page) {
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 1_000);
  await button(page, "Ben reads x at C").click();
  await forward(page, 100);
  await expectText(page.getByRole("region", { name: "Lesson" }), /done:\s*Make a reader see old data/);
  await page.getByRole("button", { name: /^Colours:/ }).click();
  await settled(page);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "light");
}

for (const [what, before] of [["forbidden", forbidStorage], ["full", fullStorage]]) {
  pageTest(`with storage ${what} everything works, only nothing is kept`, { ...PAUSED, before }, async ({ page }) => {
    await useStorage(page);
    await page.reload();
    await button(page, "Play").waitFor();
    await expectText(page.getByRole("region", { name: "Lesson" }), /to do:\s*Make a reader see old data/);
  });
}

for (const garbage of ["", "xyzzy", "1", "11111111111111111111111111", "\u0000💥", "{}"]) {
  pageTest(`with ${JSON.stringify(garbage)} kept where the ticks are, the page starts`, {
    ...PAUSED,
    storage: { "replicarium.done": garbage, "replicarium.theme": garbage },
  }, async ({ page }) => {
    await expectText(page.getByRole("region", { name: "Lesson" }), /Your mission/);
    await forward(page, 300);
    assert.equal(await clock(page), "0.300 s");
  });
}

pageTest("every scenario opens, plays, goes back, and is free of faults", PAUSED, async ({ page }) => {
  await openDialog(page, "Scenarios");
  const titles = await dialog(page).locator(".presets b").allInnerTexts();
  assert(titles.length >= 1);
  await page.keyboard.press("Escape");
  for (const title of titles) {
    await openDialog(page, "Scenarios");
    // What one is about may name another.
    await dialog(page).locator(".presets button").filter({ has: page.locator("b").getByText(title, { exact: true }) }).click();
    await dialog(page).waitFor({ state: "detached" });
    await expectText(page.locator("header"), new RegExp(title.replace(/[^\w ]/g, ".")));
    await expectText(page.getByRole("button", { name: /^(Pause|Play)$/ }), /^$/);
    if (await button(page, "Pause").count()) await button(page, "Pause").click();
    await press(page, "Home");
    await forward(page, 5_000);
    assert.equal(await clock(page), "5.000 s", title);
    assert.notEqual((await page.locator("#headline").innerText()).trim(), "", title);
    await press(page, "Home");
    assert.equal(await clock(page), "0.000 s", title);
  }
  await axe(page);
});

pageTest("a tab that was hidden for long does not leap", async ({ page }) => {
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 0.2);
  const before = parseFloat(await clock(page));
  // One frame stands for 100 ms at most, at 1/5 of the speed.
  await page.evaluate(() => {
    const until = performance.now() + 1_500;
    while (performance.now() < until);
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  assert(parseFloat(await clock(page)) - before < 0.3, `${before} → ${await clock(page)}`);
});

pageTest("frames while it plays at 1×", async ({ page }) => {
  await page.getByLabel("Speed").selectOption("1×");
  await node(page, "C").click();
  await expectText(details(page), /Replica C/);
  const frames = await page.evaluate(
    () =>
      new Promise((done) => {
        const times = [];
        const each = (now) => {
          times.push(now);
          if (now - times[0] < 3_000) requestAnimationFrame(each);
          else done(times.slice(1).map((time, index) => time - times[index]));
        };
        requestAnimationFrame(each);
      }),
  );
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1);
  // For people to read; a shared machine may be slow, so nothing is demanded.
  console.log(`frames in 3 s: ${frames.length}, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, worst ${at(1)} ms`);
  assert(frames.length > 0);
});
