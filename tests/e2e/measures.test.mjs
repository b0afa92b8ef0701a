// Figures over time: lag, throughput, waiting, with the faults on the same axis.

import { readFile } from "node:fs/promises";
import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { button, clock, drag, expectText, forward, onNode, PAUSED, press, select, settled, tab } from "./page.mjs";

const panel = (page) => page.getByRole("region", { name: "Measures" });
const chart = (page, name) => panel(page).getByRole("slider", { name, exact: true });
const TIME = "Time behind the primary";

async function open(page) {
  await button(page, "Measures").click();
  await panel(page).locator(".plot svg").first().waitFor();
}

/** What a chart says to who does not see it, once it speaks of the moment that the clock shows. */
async function said(page, name) {
  const now = await clock(page);
  await page.waitForFunction(
    ([name, now]) => document.querySelector(`.plot[aria-label="${name}"]`)?.getAttribute("aria-valuetext").startsWith(`${now}: `),
    [name, now],
  );
  return (await chart(page, name).getAttribute("aria-valuetext")).slice(now.length + 2);
}

/** Saves by a button; the file's name and bytes. */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), button(panel(page), name).click()]);
  return [download.suggestedFilename(), await readFile(await download.path())];
}

labTest("a button and a key open and close the measures", async ({ page }) => {
  assert.equal(await panel(page).isVisible(), false);
  await open(page);
  assert.equal(await button(page, "Measures").getAttribute("aria-expanded"), "true");
  assert.equal(await panel(page).locator(".plot").count(), 9);
  await expectText(panel(page), /Nothing has happened yet/);
  await press(page, "m");
  assert.equal(await panel(page).isVisible(), false);
  await press(page, "m");
  await chart(page, TIME).waitFor();
  await button(panel(page), "Close the measures").click();
  assert.equal(await panel(page).isVisible(), false);
});

labTest("more lag, and the charts of lag rise", async ({ page }) => {
  await open(page);
  await forward(page, 500);
  assert.equal(await said(page, TIME), "B 0 ms, C 0 ms");
  assert.equal(await said(page, "Writes behind the primary"), "B 0, C 0");
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 1_600);
  // x = 3 is acknowledged at 0.844 s, 40 ms after A had it on disk; y = 5 came 700 ms later.
  assert.match(await said(page, TIME), /^B 1\.\d s, C 1\.\d s$/);
  assert.equal(await said(page, "Writes behind the primary"), "B 2, C 2");
  const highest = await chart(page, TIME).locator("path[stroke-linejoin]").first().evaluate((path) => {
    const box = path.getBBox();
    return box.height / (path.ownerSVGElement.clientHeight - 52);
  });
  assert(highest > 0.5 && highest <= 1, `the line takes ${highest} of the height`);
});

labTest("a crash is a mark in every chart, and the line of who is down ends", async ({ page }) => {
  await open(page);
  await forward(page, 500);
  await onNode(page, "B", "Crash");
  await forward(page, 700);
  assert.match(await said(page, TIME), /^C \d/);
  assert.equal(await panel(page).locator(".plot g title", { hasText: "B crashes" }).count(), 9);
});

labTest("a click goes to that moment, and so do keys", async ({ page }) => {
  await open(page);
  await forward(page, 2_000);
  const plot = chart(page, "How long clients wait");
  const { width } = await plot.boundingBox();
  await plot.click({ position: { x: 40 + (width - 54) * (1 / 5), y: 80 } });
  await settled(page);
  assert.match(await clock(page), /^(0\.9[89]|1\.0[01])\d s$/);
  await plot.press("ArrowRight");
  await settled(page);
  assert.match(await clock(page), /^1\.(0[89]|1[01])\d s$/);
  // What was never run cannot be gone to.
  await plot.click({ position: { x: width - 20, y: 80 } });
  await settled(page);
  assert.equal(await clock(page), "2.000 s");
});

labTest("what counts as behind can be chosen", async ({ page }) => {
  await open(page);
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 300);
  await panel(page).getByRole("combobox", { name: /^Behind/ }).selectOption({ label: "until received" });
  await settled(page);
  assert.equal(await said(page, "Writes behind the primary"), "B 1, C 1");
});

labTest("figures are saved as a table and as pictures", async ({ page }) => {
  await open(page);
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 500);
  await onNode(page, "B", "Crash");
  await forward(page, 500);
  const [csvName, csv] = await saved(page, "CSV");
  assert.equal(csvName, "replicarium-measures.csv");
  const [head, ...rows] = csv.toString().trimEnd().split("\n");
  assert.equal(head, "time_s,node,measure,unit,value,operation");
  assert(rows.every((row) => row.split(",").length === 6));
  assert(rows.includes("0.480000,C,lag_applied,entries,1,"), "C has the lag of x = 1");
  assert(!rows.some((row) => /^0\.9\d+,B,lag_/.test(row)), "B is down and has none");
  const [svgName, svg] = await saved(page, "SVG");
  assert.equal(svgName, "replicarium-measures.svg");
  assert.match(svg.toString(), /^<svg xmlns/);
  assert(!svg.toString().includes("var("), "colours are values");
  assert.match(svg.toString(), /Time behind the primary.*B crashes/s);
  const [pngName, png] = await saved(page, "PNG");
  assert.equal(pngName, "replicarium-measures.png");
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  assert(png.readUInt32BE(16) > 2_000 && png.length > 20_000, `${png.length} bytes`);
});

labTest("with eight replicas every line is named at its end", async ({ page }) => {
  for (let count = 2; count < 9; count += 1) await button(page, "One replica more").click();
  await open(page);
  await drag(page, "Lag to every replica", "1000 ms");
  await forward(page, 2_500);
  // In one go: the texts are new ones in every frame in which the chart changes.
  const boxes = await chart(page, "Messages sent").evaluate((drawn) =>
    [...drawn.querySelectorAll("text[font-weight]")].map((text) => [text.textContent, text.getBoundingClientRect().top]),
  );
  assert.deepEqual(boxes.map(([name]) => name).sort(), [..."ABCDEFGHIJ"]);
  const heights = boxes.map(([, top]) => top).sort((one, other) => one - other);
  assert(heights.every((top, index) => index === 0 || top - heights[index - 1] > 8.5), `${heights}`);
});

for (const colorScheme of ["light", "dark"]) {
  labTest(`axe finds nothing in the open measures (${colorScheme})`, { colorScheme }, async ({ page }) => {
    await open(page);
    await forward(page, 1_500);
    await axe(page, { include: [[".measures"]] });
  });
}

const phone = { ...PAUSED, viewport: { width: 320, height: 640 }, phone: true };
pageTest("on a phone the measures are a tab, and nothing scrolls sideways", phone, async ({ page }) => {
  await forward(page, 900);
  await tab(page, "Measures");
  await chart(page, TIME).scrollIntoViewIfNeeded();
  assert.match(await said(page, TIME), /B .*C /);
  await noSidewaysScroll(page);
  await tab(page, "Lesson");
  assert.equal(await panel(page).isVisible(), false);
});

const projector = { viewport: { width: 1024, height: 768 } };
labTest("on a smaller screen the measures leave the stage as it is", projector, async ({ page }) => {
  const stage = () => page.locator(".stage").boundingBox();
  const before = await stage();
  await open(page);
  assert.deepEqual(await stage(), before);
  await select(page, "node", "B");
});

pageTest("peers are behind by what others have taken, and by nothing when all have met", { ...PAUSED, fragment: "#p1.!peers-two-edits" }, async ({ page }) => {
  const name = "Changes still to come";
  await open(page);
  await forward(page, 3_000);
  assert.equal(await said(page, name), "A 1, B 1, C 1", "A has 7, B and C have 9");
  assert.equal(await panel(page).getByText("primary").count(), 0, "nobody speaks of one");
  assert.equal(await panel(page).getByLabel("Behind").count(), 0, "there is one way to be behind");
  await forward(page, 2_000);
  assert.equal(await said(page, name), "A 0, B 0, C 0");
});
