// How a conflict came about: the versions of a key step by step, the same run under another rule beside it, and the reader who is asked.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import { button, client, clock, expectText, forward, node, openPreset, PAUSED, press, select, settled, sized, SIZES, tab } from "./page.mjs";

const PEERS = { ...PAUSED, fragment: "#p1." };

const drawer = (page) => page.getByRole("region", { name: "Versions of a key" });
const run = (page) => drawer(page).getByRole("region", { name: "The run", exact: true });
const replay = (page) => drawer(page).getByRole("region", { name: "The replay", exact: true });
const steps = (page) => page.locator("#versions-steps");
const present = (side) => side.locator(".present").innerText().then((text) => text.replace(/\s+/g, " ").trim());
const words = (side) => side.locator("svg text").allTextContents().then((all) => all.map((text) => text.trim()));
const shown = (page, name) => page.locator(`[data-node="${name}"] .copy`).first().locator(".chip .value").allInnerTexts();
const offer = (page) => page.getByRole("button", { name: /: choose$/ });

/** Two values of x behind a cut, which meet at 3.5 s. */
async function twoEdits(page, ms = 4_800) {
  await openPreset(page, "Two edits of one key");
  await forward(page, ms);
}

pageTest("the versions of a key step by step: each says what was compared, and goes to its moment", PEERS, async ({ page }) => {
  await twoEdits(page);
  await press(page, "v");
  await steps(page).waitFor();
  assert.match(await present(run(page)), /has x = 7 \(A2\) and x = 9 \(C1\)\. A2 was taken by a node that had A1, C1 was taken by a node that had A1\. So none replaces another: all are kept/);
  const drawn = await words(run(page));
  assert.ok(drawn.includes("2 siblings") || drawn.includes("2 siblings: none replaces another"), drawn.join(" | "));
  assert.ok(drawn.includes("[A2]") && drawn.includes("[A1 C1]") && drawn.includes("replaced"), drawn.join(" | "));
  assert.equal(drawn.filter((text) => text === "[7 ‖ 9]").length, 3, "every peer shows both");
  await axe(page, { include: [[".measures"]] });

  // To the first step and on, by keys.
  await steps(page).focus();
  await page.keyboard.press("Home");
  await settled(page);
  assert.match(await present(run(page)), /^A takes x = \d+ \(A1\) from Ana, and had nothing of it\.$/);
  assert.match(await steps(page).getAttribute("aria-valuetext"), /^A takes x = /);
  const first = await clock(page);
  let conflict = "";
  for (let step = 0; step < 12 && !/takes x = 9/.test(conflict); step += 1) {
    await page.keyboard.press("ArrowRight");
    await settled(page);
    conflict = await present(run(page));
  }
  assert.match(conflict, /^C takes x = 9 \(C1\) from Ben, over x = \d+ \(A1\)\. C did not know of x = 7 \(A2\), written \d+ ms before\.$/);
  assert.notEqual(await clock(page), first);
  assert.deepEqual([await shown(page, "A"), await page.evaluate(() => document.activeElement.id)], [["7"], "versions-steps"], "the stage is at the step's moment, the focus where it was");

  // Every step in the list goes to its moment.
  await button(run(page), "Next step").click();
  await settled(page);
  await run(page).getByText(/^All steps/).click();
  const jump = run(page).getByRole("listitem").first().getByRole("button").first();
  const at = await jump.innerText();
  await jump.click();
  await settled(page);
  assert.match(at, /^\d\.\d{3} s$/);
  assert.equal((await clock(page)).slice(0, 4), at.slice(0, 4));
  assert.equal(await run(page).locator("[aria-current=step]").count(), 1);
  await press(page, "v");
  assert.equal(await drawer(page).isVisible(), false);
});

pageTest("the same conflict under another rule beside it: replayed, told apart, and the run itself stays", PEERS, async ({ page }) => {
  await twoEdits(page);
  await press(page, "v");
  await drawer(page).getByLabel("Beside it, if").selectOption({ label: "the first one wins" });
  await replay(page).waitFor();
  await expectText(replay(page), /If the first one wins/);
  assert.match(await present(replay(page)), /hides x = 9 \(C1\) behind x = 7 \(A2\)\. By hybrid time A2 is of 1\.5\d\d s, C1 is of 2\.0\d\d s, and the first one wins\./);
  const drawn = await words(replay(page));
  assert.ok(drawn.includes("hidden") && drawn.includes("hides 9"), drawn.join(" | "));
  await expectText(drawer(page).locator(".unlike"), /As it ran, x = 7 \(A2\) and x = 9 \(C1\) are shown\. There, x = 7 \(A2\) is shown and x = 9 \(C1\) is hidden\./);
  assert.deepEqual(await shown(page, "B"), ["7", "9"], "the run goes by its own rule");
  // What is done now is done in the replay, too.
  await select(page, "node", "B");
  await button(page.getByRole("region", { name: "Versions", exact: true }), "Keep 9").click();
  await forward(page, 600);
  await expectText(drawer(page).locator(".unlike"), /At this moment both show the same\./);
  await drawer(page).getByLabel("Beside it, if").selectOption({ label: "nothing" });
  await replay(page).waitFor({ state: "detached" });
});

pageTest("while nobody has written in ignorance of another, the view says so", PEERS, async ({ page }) => {
  await openPreset(page, "Two edits of one key");
  await press(page, "v");
  await expectText(run(page), /Nobody has written x yet\./);
  await forward(page, 900);
  await expectText(run(page), /Nobody has written x twice without knowing of the other yet\./);
  await button(drawer(page), "Figures").click();
  await page.locator(".plot svg").first().waitFor();
  await button(page, "Versions").click();
  await run(page).waitFor();
});

pageTest("a reader of several values is asked on the stage: keeps one, writes another, or leaves both", { ...PEERS, ...sized(SIZES[0]) }, async ({ page }) => {
  await twoEdits(page, 5_500);
  await offer(page).waitFor();
  assert.equal(await offer(page).getAttribute("aria-label"), "Cleo got 7 and 9 for x: choose");
  await offer(page).focus();
  await page.keyboard.press("Enter");
  const asked = page.getByRole("dialog", { name: "Cleo got 7 and 9 for x" });
  await asked.waitFor();
  assert.ok(await asked.evaluate((dialog) => dialog.contains(document.activeElement)), "the focus is inside");
  await axe(page, { include: [["dialog.choose"]] });
  await page.keyboard.press("Escape");
  await asked.waitFor({ state: "detached" });
  assert.equal(await offer(page).count(), 0, "put off, it is not asked again for the same values");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.client), "Cleo");
  // Undo does not bring it back, another experiment does not know of it.
  await twoEdits(page, 5_500);
  assert.equal(await offer(page).count(), 1, "asked anew after a new start");
  await offer(page).click();
  await button(asked, "Keep 9").click();
  await forward(page, 900);
  for (const name of ["A", "B", "C"]) assert.deepEqual(await shown(page, name), ["9"], name);
  await press(page, "Control+z");
  await forward(page, 100);
  assert.deepEqual(await shown(page, "B"), ["7", "9"]);
});

pageTest("asked, a reader writes another value by hand", PEERS, async ({ page }) => {
  await twoEdits(page, 5_500);
  await offer(page).click();
  const asked = page.getByRole("dialog", { name: "Cleo got 7 and 9 for x" });
  await asked.getByLabel("Another value").fill("79");
  await button(asked, "Write").click();
  await settled(page);
  await forward(page, 900);
  for (const name of ["A", "B", "C"]) assert.deepEqual(await shown(page, name), ["79"], name);
});

for (const size of SIZES) {
  pageTest(`versions at ${size.width}×${size.height}: drawn within the panel, nothing scrolls sideways`, { ...PEERS, ...sized(size) }, async ({ page }) => {
    await twoEdits(page, 5_500);
    if (size.phone) await tab(page, "Measures");
    if (size.phone) await button(page, "Versions").click();
    else await press(page, "v");
    await steps(page).waitFor();
    const box = (locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON());
    const [panel, plot] = [await box(drawer(page)), await box(steps(page))];
    assert.ok(size.phone || (plot.height > 100 && plot.top >= panel.top && plot.bottom <= panel.bottom + 1), `drawn ${plot.top} to ${plot.bottom}, seen ${panel.top} to ${panel.bottom}`);
    const stage = await box(page.locator(".stage"));
    for (const offer of await page.locator(".offer button").all()) {
      const { left, right } = await box(offer);
      const hidden = await page.locator("[data-node] .card-name").evaluateAll((names, [from, to]) => names.filter((name) => {
        const { x, width, y, height } = name.getBoundingClientRect();
        return x < to.x && x + width > from.x && y < to.y && y + height > from.y;
      }).length, [await box(offer).then(({ x, y }) => ({ x, y })), await box(offer).then(({ x, y, width, height }) => ({ x: x + width, y: y + height }))]);
      assert.equal(hidden, 0, "no card's name is covered");
      assert.ok(left >= stage.left && right <= stage.right, `an offer from ${left} to ${right}, the stage from ${stage.left} to ${stage.right}`);
    }
    await drawer(page).getByLabel("Beside it, if").selectOption({ label: "the first one wins" });
    await replay(page).waitFor();
    await noSidewaysScroll(page);
    const out = await drawer(page).locator(".plot-of-versions").evaluateAll((plots) =>
      plots.flatMap((plot) => {
        const box = plot.getBoundingClientRect();
        return [...plot.querySelectorAll("text")]
          .filter((text) => text.getBoundingClientRect().right > box.right + 1 || text.getBoundingClientRect().left < box.left - 1)
          .map((text) => text.textContent);
      }),
    );
    assert.deepEqual(out, [], "no word is cut");
    assert.ok((await client(page, "Ana").isVisible()) && (await node(page, "A").isVisible()));
  });
}

pageTest("a key that is no single value has no versions: it is said, and nothing empty is shown", PEERS, async ({ page }) => {
  await openPreset(page, "Removed here, added there");
  await forward(page, 2_000);
  await press(page, "v");
  await expectText(run(page), /x is a set\. Only keys that hold a single value have versions/);
  assert.ok(await steps(page).isHidden());
  assert.ok(await drawer(page).getByLabel("Beside it, if").isHidden());
});

pageTest("without dots siblings pile up, with dots there are two; reading before writing is the cure", PEERS, async ({ page }) => {
  await openPreset(page, "Siblings without end");
  await forward(page, 5_000);
  assert.match(await page.locator('[data-node="A"] .card-status').innerText(), /1 conflict( of 8 values to resolve)?/);
  await press(page, "v");
  await expectText(run(page), /8 siblings/);
  assert.ok((await words(run(page))).filter((text) => text === "replaced").length === 0, "nothing is replaced");
  await forward(page, 2_000);
  assert.deepEqual(await shown(page, "A"), ["9"]);
  await openPreset(page, "The same with dots: two siblings");
  await forward(page, 5_000);
  await expectText(run(page), /2 siblings/);
  assert.deepEqual(await shown(page, "A"), ["7", "8"]);
});
