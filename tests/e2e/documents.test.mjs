// Databases of documents that sync: branches, which of them is shown, what is refused, and how a person puts it right.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import {
  broken, button, details, expectText, forward, headline, node, openPreset, PAUSED, press, said, select, settings, settled, sized, SIZES,
  spoken, status,
} from "./page.mjs";

const DOCUMENTS = { ...PAUSED, fragment: "#d1." };
const EDITS = "Two edits offline, one shown";
const NODES = ["A", "B", "C"];

/** The value that a card shows for a key, and the mark of what is kept beside it. */
const copy = (page, name, key = "x") => page.locator(`[data-node="${name}"] .copy`).filter({ has: page.locator(".key", { hasText: key }) });
const shown = (page, name) => copy(page, name).locator(".chip .value").allInnerTexts();
const kept = (page, name) => copy(page, name).locator(".more").allInnerTexts();
const branches = (page) => details(page).getByRole("region", { name: "Branches" });
const rule = (page) => settings(page).getByRole("group", { name: "Documents" });

/** What is told in so many milliseconds from the start, looked at every 100. */
async function heard(page, ms) {
  const sentences = [];
  await press(page, "Home");
  for (let at = 0; at < ms; at += 100) {
    await forward(page, 100);
    sentences.push(await headline(page));
  }
  return sentences;
}

const among = (sentences, pattern) => assert.ok(sentences.some((sentence) => pattern.test(sentence)), `${pattern} is not among\n${sentences.join("\n")}`);

/** Opens the preset with two edits and goes to where all have both. */
async function inConflict(page) {
  await openPreset(page, EDITS);
  await forward(page, 9_000);
}

pageTest("two edits offline: one is shown everywhere, the other kept, and a person keeps one", DOCUMENTS, async ({ page }) => {
  await openPreset(page, EDITS);
  await forward(page, 3_000);
  assert.deepEqual([await shown(page, "A"), await shown(page, "C")], [["7"], ["9"]]);
  assert.match(await said(page, "Ana"), /x = 7 · OK/);
  assert.match(await said(page, "Ben"), /x = 9 · OK/);
  await forward(page, 6_000);
  const [winner] = await shown(page, "A");
  const loser = { 7: "9", 9: "7" }[winner];
  for (const name of NODES) {
    assert.deepEqual([await shown(page, name), await kept(page, name)], [[winner], ["+1"]], name);
    assert.match(await status(page, name), /1 conflict/);
    assert.match(await spoken(node(page, name)), new RegExp(`x is ${winner}, and another branch is kept: a conflict`));
  }
  assert.equal(await broken(page, "No acknowledged write lost"), false, "what is kept is not lost");
  assert.equal(await broken(page, "Equal copies"), false);
  await select(page, "node", "B");
  await expectText(branches(page), /x: 2 branches that did not know of each other/);
  await expectText(branches(page), /shown/);
  await expectText(branches(page), /conflict\s*Keep/);
  await expectText(branches(page), /1-[0-9a-f]{4} → 2-[0-9a-f]{4}/);
  assert.match(await branches(page).locator("li [title]").last().getAttribute("title"), /^1-[0-9a-f]{32} → 2-[0-9a-f]{32}$/);
  await axe(page, { include: [[".inspector"]] });
  await button(branches(page), `Keep ${loser}`).click();
  await forward(page, 1_000);
  for (const name of NODES) {
    assert.deepEqual([await shown(page, name), await kept(page, name)], [[loser], []], name);
    assert.match(await status(page, name), /has every change/);
  }
  await expectText(branches(page), /x: 2 branches, one of them alive/);
  await expectText(branches(page), /deleted/);
  await press(page, "Control+z");
  assert.deepEqual(await shown(page, "B"), [winner], "undone, the conflict is there again");
});

pageTest("which branch is shown is told with the reason, and whose edit is not seen any more", DOCUMENTS, async ({ page }) => {
  await openPreset(page, EDITS);
  const told = await heard(page, 9_000);
  among(told, /^[ABC] has 2 branches of x that did not know of each other\. It shows x = [79]: of branches of one length the greater name wins\. Kept, not shown: x = [79], though its client was told OK\.$/);
});

pageTest("a second writer is refused in words, reads again, and is taken", DOCUMENTS, async ({ page }) => {
  await openPreset(page, "Changed since you read it");
  const told = await heard(page, 5_000);
  among(told, /^Ben’s write x = 9 is refused: the document was changed since Ben read it \(409\)\.$/);
  assert.match(await said(page, "Ben"), /x = 9 · OK/, "he had read it again");
  assert.deepEqual(await shown(page, "A"), ["9"]);
});

pageTest("with the latest revision nobody is refused, and the page says what that means", DOCUMENTS, async ({ page }) => {
  await openPreset(page, "Changed since you read it");
  await rule(page).getByLabel("A write replaces").selectOption({ label: "the latest revision, fetched right before" });
  await settled(page);
  await expectText(rule(page), /Nobody is refused any more/);
  await forward(page, 3_000);
  assert.match(await said(page, "Ben"), /x = 9 · OK/);
  await rule(page).getByLabel("Nodes ask each other again every").selectOption("1000000");
  await settled(page);
  assert.match(await headline(page), /^From now on a write replaces the latest revision at its node, whatever its client was shown; nodes ask each other again every 1/);
});

pageTest("the winner is deleted and the next branch comes up", DOCUMENTS, async ({ page }) => {
  await openPreset(page, "Deleted, and something else appears");
  await forward(page, 4_800);
  const [winner] = await shown(page, "B");
  await forward(page, 3_000);
  const loser = { 7: "9", 9: "7" }[winner];
  for (const name of NODES) assert.deepEqual([await shown(page, name), await kept(page, name)], [[loser], []], name);
  const told = await heard(page, 7_500);
  among(told, new RegExp(`^[ABC] shows x = ${loser} instead: the branch that it showed ends in a deletion`));
});

pageTest("by keyboard alone: select, look at the branches, keep one", DOCUMENTS, async ({ page }) => {
  await inConflict(page);
  await node(page, "A").focus();
  await page.keyboard.press("Enter");
  await branches(page).waitFor();
  const keep = branches(page).getByRole("button", { name: /^Keep / }).last();
  const value = (await keep.innerText()).replace("Keep ", "");
  await keep.focus();
  await page.keyboard.press("Enter");
  await settled(page);
  await forward(page, 1_000);
  for (const name of NODES) assert.deepEqual(await shown(page, name), [value], name);
});

for (const size of SIZES) {
  pageTest(`documents at ${size.width}×${size.height}: nothing is cut or scrolls sideways`, { ...DOCUMENTS, ...sized(size) }, async ({ page }) => {
    await inConflict(page);
    await noSidewaysScroll(page);
    const cut = await page.locator(".card").evaluateAll((cards) =>
      cards.flatMap((card) =>
        [...card.querySelectorAll(".card-copies .copy, .card-status .said, .card-vector, .card-role")]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${card.dataset.node}: ${part.textContent}`),
      ),
    );
    assert.deepEqual(cut, []);
    await select(page, "node", "A");
    await branches(page).waitFor();
    await noSidewaysScroll(page);
    const wide = await branches(page).evaluate((region) =>
      [...region.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > region.getBoundingClientRect().right + 1).map((one) => one.textContent));
    assert.deepEqual(wide, []);
  });
}

for (const colorScheme of ["light", "dark"]) {
  pageTest(`the page with documents is accessible in ${colorScheme}`, { ...DOCUMENTS, colorScheme }, async ({ page }) => {
    await inConflict(page);
    await select(page, "node", "C");
    await branches(page).waitFor();
    await axe(page);
  });
}
