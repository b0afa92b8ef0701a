// The first screen as a visitor meets it: one mission, tasks that tick themselves, whatever the exact numbers are.

import { assert, pageTest } from "./harness.mjs";
import { act, button, copies, drag, expectText, forward, headline, onNode, PAUSED, press, said } from "./page.mjs";

const lesson = (page) => page.getByRole("region", { name: "Lesson" });
const done = (page, task) => expectText(lesson(page), new RegExp(`done:\\s*${task}`));
const open = (page, task) => expectText(lesson(page), new RegExp(`to do:\\s*${task}`));

const STALE = "Make a reader see old data";

/** Goes on by tenths of a second until the condition holds. */
async function until(page, condition, what) {
  for (let tenth = 0; tenth < 60; tenth += 1) {
    if (await condition()) return;
    await forward(page, 100);
  }
  assert.fail(`${what} never comes`);
}

/** Ana's next write is acknowledged. */
async function acknowledged(page) {
  const before = await said(page, "Ana");
  await until(page, async () => /OK/.test(await said(page, "Ana")) && (await said(page, "Ana")) !== before, "an acknowledged write");
}

async function makeStale(page) {
  await forward(page, 600);
  await drag(page, "Lag to every replica", "2000 ms");
  await until(page, async () => /\(old\)/.test((await copies(page, "x")).C), "an old x at C");
  await forward(page, 100);
  await button(page, "Ben reads x at C").click();
  await until(page, async () => /an old value/.test(await headline(page)), "the stale read");
}

pageTest("the mission ticks itself, and stays ticked in the past and after a reload", PAUSED, async ({ page }) => {
  await open(page, STALE);
  await makeStale(page);
  await done(page, STALE);
  await expectText(lesson(page), /Done\. The primary had said OK/);
  await press(page, "Home");
  await done(page, STALE);
  await page.reload();
  await done(page, STALE);
  await button(page, "Untick all").click();
  await open(page, STALE);
  await page.reload();
  await open(page, STALE);
});

pageTest("the mission without a pointer", PAUSED, async ({ page }) => {
  const tabTo = async (name) => {
    for (let count = 0; count < 80; count += 1) {
      await page.keyboard.press("Tab");
      if (name.test(await page.evaluate(() => (document.activeElement?.labels?.[0] ?? document.activeElement)?.textContent.trim() ?? ""))) return;
    }
    assert.fail(`Tab does not get to ${name}`);
  };
  await tabTo(/^Skip to the stage$/);
  await page.keyboard.press("Enter");
  for (let tenth = 0; tenth < 10; tenth += 1) await page.keyboard.press("Shift+ArrowRight");
  await tabTo(/^Lag to every replica$/);
  const lag = page.getByRole("slider", { name: "Lag to every replica" });
  for (let place = 0; place < 20 && (await lag.getAttribute("aria-valuetext")) !== "2.0 s"; place += 1) await page.keyboard.press("ArrowRight");
  assert.equal(await lag.getAttribute("aria-valuetext"), "2.0 s");
  await tabTo(/^Skip to the stage$/);
  await page.keyboard.press("Enter");
  for (let tenth = 0; tenth < 40 && !/\(old\)/.test((await copies(page, "x")).C); tenth += 1) await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await tabTo(/^Ben reads x at C$/);
  await page.keyboard.press("Enter");
  for (let tenth = 0; tenth < 3; tenth += 1) await page.keyboard.press("Shift+ArrowRight");
  await done(page, STALE);
});

pageTest("a crash, a refusal, a promotion, a lost write, a second future: each ticks its task", PAUSED, async ({ page }) => {
  await forward(page, 500);
  await onNode(page, "A", "Crash");
  await until(page, async () => /refused: not primary/.test(await said(page, "Ana")), "a refused write");
  await done(page, "Crash the primary and see a write refused");
  await press(page, "Home");
  await forward(page, 300);
  await drag(page, "Lag to every replica", "2000 ms");
  await done(page, "Go back in time and do something else");
  await acknowledged(page);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await drag(page, "Lag to every replica", "20 ms");
  await acknowledged(page);
  await done(page, "Promote a replica, and writing goes on");
  await onNode(page, "A", "Restart");
  await forward(page, 3_000);
  await done(page, "Make an acknowledged write disappear for good");
});

pageTest("hints are there for those who want them", PAUSED, async ({ page }) => {
  const hint = lesson(page).getByText(/Drag the timeline back/);
  assert.equal(await hint.count(), 0);
  await button(page, "Show hints").click();
  await hint.waitFor();
  await button(page, "Hide hints").click();
  await hint.waitFor({ state: "detached" });
});

pageTest("a scenario that runs by itself ticks no task for the visitor", PAUSED, async ({ page }) => {
  await button(page, "Scenarios").click();
  await page.getByRole("dialog").getByRole("button", { name: "A web shop" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await forward(page, 3_000);
  await button(page, "Scenarios").click();
  await page.getByRole("dialog").getByRole("button", { name: "A primary and its replicas" }).click();
  await open(page, STALE);
  await act(page, "One replica more");
});
