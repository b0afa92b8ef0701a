// Groups of peers: writes that meet, who wins, what is lost, and how a person puts it right.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import {
  broken, button, details, expectText, forward, headline, node, openPreset, PAUSED, press, select, settings, settled, sized, SIZES,
  spoken, status, verdict,
} from "./page.mjs";

const PEERS = { ...PAUSED, fragment: "#p1." };

/** The values that a card shows for a key, in order. */
const shown = (page, name, key = "x") =>
  page.locator(`[data-node="${name}"] .copy`).filter({ has: page.locator(".key", { hasText: key }) }).locator(".chip .value").allInnerTexts();

/** What is told in the first moments, looked at every 100 ms. */
async function heard(page, ms) {
  const sentences = [];
  await press(page, "Home");
  for (let at = 0; at < ms; at += 100) {
    await forward(page, 100);
    sentences.push(await headline(page));
  }
  return sentences;
}

const versions = (page) => details(page).getByRole("region", { name: "Versions" });
const rule = (page) => settings(page).getByLabel("Of writes that did not know of each other");

pageTest("two peers write one key behind a cut: both are told OK, both values meet, and a person chooses", PEERS, async ({ page }) => {
  await openPreset(page, "Two edits of one key");
  await forward(page, 3_000);
  assert.deepEqual([await shown(page, "A"), await shown(page, "C")], [["7"], ["9"]]);
  assert.match(await page.locator('[data-client="Ana"] .client-status').innerText(), /x = 7 · OK/);
  assert.match(await page.locator('[data-client="Ben"] .client-status').innerText(), /x = 9 · OK/);
  await forward(page, 1_800);
  for (const name of ["A", "B", "C"]) {
    assert.deepEqual(await shown(page, name), ["7", "9"], name);
    assert.match(await status(page, name), /1 conflict/);
    assert.match(await spoken(node(page, name)), /x is 7 or 9: a conflict/);
  }
  assert.equal(await broken(page, "No acknowledged write lost"), false, "all are kept");
  await select(page, "node", "B");
  await expectText(versions(page), /x: 2 values, none written over another/);
  await expectText(versions(page), /Ana at A/);
  await expectText(versions(page), /Ben at C/);
  await axe(page, { include: [[".inspector"]] });
  await button(versions(page), "Keep 9").click();
  await forward(page, 600);
  for (const name of ["A", "B", "C"]) {
    assert.deepEqual(await shown(page, name), ["9"], name);
    assert.match(await status(page, name), /has every change/);
  }
  await press(page, "Control+z");
  assert.deepEqual(await shown(page, "B"), ["7", "9"], "undone, the conflict is there again");
});

pageTest("the same conflict under another rule: one value is hidden, named, and called lost; shown again, it is not", PEERS, async ({ page }) => {
  await openPreset(page, "Two edits of one key");
  await forward(page, 4_800);
  await rule(page).selectOption({ label: "the first one wins" });
  await settled(page);
  assert.match(await headline(page), /[A-C] hides x = 9 behind x = 7: the first one wins\. Its client was told OK\.|the first one wins from now on/);
  await forward(page, 100);
  assert.deepEqual(await shown(page, "C"), ["7"]);
  assert.equal(await broken(page, "No acknowledged write lost"), true);
  await expectText(settings(page), /All but one vanish, though their clients were told OK\./);
  await select(page, "node", "C");
  await expectText(versions(page), /Ben at C, \d+\.\d{3} s by its clock · hidden/);
  await rule(page).selectOption({ label: "all are kept, and the reader decides" });
  await forward(page, 100);
  assert.deepEqual(await shown(page, "C"), ["7", "9"]);
  assert.equal(await broken(page, "No acknowledged write lost"), false);
});

pageTest("last write wins with a clock that is behind: an acknowledged write vanishes at once, and that is said", PEERS, async ({ page }) => {
  await openPreset(page, "Last write wins, by whose clock");
  const told = await heard(page, 3_000);
  const hidden = told.find((sentence) => /^B hides x = \d+ behind x = \d+: the latest by the clocks of the peers wins\./.test(sentence));
  assert.ok(hidden, told.join("\n"));
  await press(page, "Home");
  await forward(page, 4_000);
  assert.equal(await broken(page, "No acknowledged write lost"), true);
  await expectText(verdict(page, "No acknowledged write lost"), /gone/);
  assert.equal(await broken(page, "Equal copies"), false, "all peers agree: on the wrong value");
});

pageTest("an answer is shown before its question where causal delivery is off", PEERS, async ({ page }) => {
  await openPreset(page, "The answer comes before the question");
  await forward(page, 1_300);
  assert.deepEqual([await shown(page, "C", "x"), await shown(page, "C", "y")], [[], ["2"]]);
  const told = await heard(page, 1_300);
  assert.ok(told.some((sentence) => /C shows y = 2 too early: the peer that took it had something that is not here yet\./.test(sentence)), told.join("\n"));
});

pageTest("a ring with a gap brings nothing further, says why, and makes up for everything", PEERS, async ({ page }) => {
  await openPreset(page, "A ring with a gap");
  await forward(page, 4_200);
  assert.match(await status(page, "D"), /lacks \d/);
  await select(page, "node", "C");
  await expectText(details(page), /Why is [xy] still.*A has [xy] = \d+, and there is no way here: B is down\./s);
  await forward(page, 4_500);
  for (const name of ["C", "D"]) assert.doesNotMatch(await status(page, name), /lacks [2-9]/);
});

pageTest("peers have no primary: nothing speaks of one, and peers come and go", PEERS, async ({ page }) => {
  await openPreset(page, "Hours offline, then one merge");
  await forward(page, 600);
  await select(page, "node", "A");
  assert.equal(await button(details(page), "Promote").count(), 0);
  assert.doesNotMatch(await settings(page).innerText(), /primary|replica/i);
  assert.doesNotMatch(await details(page).innerText(), /primary|LSN/);
  await settings(page).getByRole("button", { name: "One peer more" }).click();
  await forward(page, 500);
  assert.match(await spoken(node(page, "D")), /peer/);
});

for (const size of SIZES) {
  pageTest(`peers at ${size.width}×${size.height}: nothing is cut or scrolls sideways`, { ...PEERS, ...sized(size) }, async ({ page }) => {
    await openPreset(page, "Two edits of one key");
    await forward(page, 4_800);
    await noSidewaysScroll(page);
    const cut = await page.locator(".card").evaluateAll((cards) =>
      cards.flatMap((card) =>
        [...card.querySelectorAll(".card-copies .chip, .card-status .said, .card-vector")]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${card.dataset.node}: ${part.textContent}`),
      ),
    );
    assert.deepEqual(cut, []);
  });
}
