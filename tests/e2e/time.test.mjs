// Time is a toy: back is exactly back, whichever way one goes.

import { assert, pageTest } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { act, back, branch, button, clock, drag, expectText, forward, onNode, PAUSED, pauseAtStart, picture, pictureAndPixels, press, settled, step, timeline } from "./page.mjs";

const SCRUBS = {
  "by key": (page) => back(page, 3_000),
  "by the slider's keys": async (page) => {
    await timeline(page).focus();
    for (let second = 0; second < 3; second += 1) await page.keyboard.press("PageDown");
    await settled(page);
  },
};

for (const [how, scrubBack] of Object.entries(SCRUBS)) {
  pageTest(`scrubbed back 3 s ${how}, the picture is exactly what it was`, async ({ page }) => {
    await pauseAtStart(page);
    await forward(page, 900);
    const before = await pictureAndPixels(page);
    await forward(page, 3_000);
    assert.notDeepEqual(await picture(page), { ...before, pixels: undefined });
    await scrubBack(page);
    assert.deepEqual(await pictureAndPixels(page), before);
    await forward(page, 3_000);
    await scrubBack(page);
    assert.deepEqual(await pictureAndPixels(page), before, "and again");
  });
}

pageTest("the pointer on the timeline goes to the same picture every time", async ({ page }) => {
  await pauseAtStart(page);
  await forward(page, 4_000);
  const line = await timeline(page).boundingBox();
  const click = async (part) => {
    await page.mouse.click(line.x + line.width * part, line.y + 40);
    await settled(page);
  };
  await click(0.2);
  const before = await pictureAndPixels(page);
  assert.notEqual(before.clock, "4.000 s");
  await click(0.6);
  assert.notEqual(await clock(page), before.clock);
  await click(0.2);
  assert.deepEqual(await pictureAndPixels(page), before);
});

pageTest("dragging scrubs, and beyond what was run it stops", PAUSED, async ({ page }) => {
  await forward(page, 1_000);
  const line = await timeline(page).boundingBox();
  await page.mouse.move(line.x + 20, line.y + 40);
  await page.mouse.down();
  await page.mouse.move(line.x + line.width - 20, line.y + 40, { steps: 5 });
  await settled(page);
  assert.equal(await clock(page), "1.000 s", "not beyond what was run");
  await page.mouse.move(line.x + 11, line.y + 40, { steps: 5 });
  await page.mouse.up();
  await settled(page);
  assert.match(await clock(page), /^0\.0\d\d s$/);
});

pageTest("steps forward and as many back: the same state at each", PAUSED, async ({ page }) => {
  await forward(page, 700);
  await press(page, "ArrowRight");
  const pictures = [await picture(page)];
  for (let count = 0; count < 25; count += 1) {
    await press(page, "ArrowRight");
    pictures.push(await picture(page));
  }
  assert(new Set(pictures.map((seen) => seen.event)).size > 25, "every step is an event");
  for (const seen of pictures.slice(0, -1).reverse()) {
    await press(page, "ArrowLeft");
    assert.deepEqual(await picture(page), seen);
  }
});

labTest("steps across a crash and a promotion restore the state too", async ({ page }) => {
  await forward(page, 800);
  await press(page, "ArrowRight", 2);
  const before = await picture(page);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  const after = await picture(page);
  const was = await branch(page);
  await press(page, "ArrowLeft", 2);
  assert.deepEqual({ ...(await picture(page)), headline: "" }, { ...before, headline: "" });
  await press(page, "ArrowRight", 2);
  assert.deepEqual(await picture(page), after);
  assert.equal(await branch(page), was, "and no new branch began");
});

labTest("the buttons do what the keys do", async ({ page }) => {
  await button(page, "One event forward").click();
  await button(page, "One event forward").click();
  await settled(page);
  assert.equal(await step(page), 2);
  await button(page, "One event back").click();
  await settled(page);
  assert.equal(await step(page), 1);
  await forward(page, 1_000);
  const end = await clock(page);
  await button(page, "To the start").click();
  await settled(page);
  assert.equal(await clock(page), "0.000 s");
  assert.equal(await step(page), 0);
  await button(page, "To the end of what was run").click();
  await settled(page);
  assert.equal(await clock(page), end);
});

pageTest("Home and End, to the start and to the end of what was run", PAUSED, async ({ page }) => {
  await forward(page, 1_300);
  const end = await picture(page);
  await press(page, "Home");
  assert.equal(await clock(page), "0.000 s");
  await press(page, "End");
  assert.deepEqual(await picture(page), end);
  await press(page, "ArrowLeft");
  await press(page, "ArrowLeft");
  await press(page, "End");
  assert.deepEqual(await picture(page), end);
});

labTest("[ and ] go from mark to mark and back", async ({ page }) => {
  await forward(page, 3_000);
  await press(page, "Home");
  const times = [];
  for (let mark = 0; mark < 3; mark += 1) {
    await press(page, "]");
    times.push(await clock(page));
  }
  assert.deepEqual(times, ["0.100 s", "0.800 s", "1.500 s"], "Ana writes every 700 ms");
  for (const time of times.slice(0, -1).reverse()) {
    await press(page, "[");
    assert.equal(await clock(page), time);
  }
});

pageTest("Space and the button play and pause", PAUSED, async ({ page }) => {
  await button(page, "Play").waitFor();
  await press(page, " ");
  await button(page, "Pause").waitFor();
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 0.1);
  await press(page, " ");
  await button(page, "Play").waitFor();
  const stopped = await clock(page);
  await settled(page);
  await settled(page);
  assert.equal(await clock(page), stopped);
  await button(page, "Play").click();
  await page.waitForFunction((stopped) => document.querySelector("#clock").textContent !== stopped, stopped);
});

pageTest("what is played is what is stepped to: same moment, same picture", async ({ page }) => {
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 0.5);
  await pauseAtStart(page);
  await forward(page, 400);
  const afterPlay = await pictureAndPixels(page);
  await page.reload();
  await pauseAtStart(page);
  await forward(page, 400);
  assert.deepEqual(await pictureAndPixels(page), afterPlay);
});

pageTest("speed: by list, by + and −, up to its ends", PAUSED, async ({ page }) => {
  const speed = page.getByLabel("Speed");
  const shown = () => speed.evaluate((list) => list.selectedOptions[0].textContent);
  assert.equal(await shown(), "1/5×");
  await press(page, "+");
  assert.equal(await shown(), "1/2×");
  await press(page, "-", 2);
  assert.equal(await shown(), "1/10×");
  await press(page, "+", 30);
  assert.equal(await shown(), "64×");
  await speed.selectOption("4×");
  assert.equal(await shown(), "4×");
  await press(page, " ");
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 4);
});

pageTest("the timeline is a slider to a screen reader", PAUSED, async ({ page }) => {
  await forward(page, 1_200);
  const value = (name) => timeline(page).getAttribute(`aria-${name}`);
  assert.equal(await value("valuetext"), "1.200 s");
  assert.equal(await value("valuemax"), "1200000");
  await timeline(page).focus();
  for (const [key, text] of [["ArrowLeft", "1.100 s"], ["Shift+ArrowLeft", "1.090 s"], ["ArrowRight", "1.190 s"], ["PageDown", "0.190 s"], ["End", "1.200 s"], ["Home", "0.000 s"]]) {
    await page.keyboard.press(key);
    await settled(page);
    assert.equal(await value("valuetext"), text, key);
  }
});

pageTest("a long way is replayed without freezing, and right", { ...PAUSED }, async ({ page }) => {
  await page.getByLabel("Speed").selectOption("64×");
  await button(page, "Play").click();
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 60);
  await button(page, "Pause").click();
  await press(page, "Home");
  await forward(page, 500);
  const near = await picture(page);
  await press(page, "End");
  await press(page, "Home");
  await forward(page, 500);
  assert.deepEqual(await picture(page), near);
});

pageTest("with nothing due any more, a step says so", PAUSED, async ({ page }) => {
  await button(page, "Scenarios").click();
  await page.getByLabel("Or paste a link or a scenario").fill('{"nodes":{"count":1}}');
  await button(page.getByRole("dialog"), "Open").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press(page, "ArrowRight", 12);
  await expectText(page.getByRole("alert"), /Nothing more is due/);
  await drag(page, "Messages lost between nodes", "10 %");
  await act(page, "One replica more");
});
