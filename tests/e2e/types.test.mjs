// Keys that hold more than a value: counters, sets, carts and texts merge without a loss, and what no merging can keep is seen.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import { button, details, expectText, forward, node, openPreset, PAUSED, press, select, settings, sized, SIZES, spoken, verdict } from "./page.mjs";

const LOST = "No acknowledged write lost";
const PEERS = { ...PAUSED, fragment: "#p1." };
const ALL = ["A", "B", "C"];

/** What a card shows for x. */
const shown = (page, name) => page.locator(`[data-node="${name}"] .copy`).first().locator(".value").innerText();

async function allShow(page, what, names = ALL) {
  for (const name of names) await expectText(page.locator(`[data-node="${name}"] .copy .value`).first(), what);
}

const madeOf = (page) => details(page).getByRole("region", { name: "What it is made of" });

pageTest("a counter that is counted on both sides of a cut loses nothing", PEERS, async ({ page }) => {
  await openPreset(page, "Counting on both sides of a cut");
  await forward(page, 3_600);
  assert.deepEqual(await Promise.all(ALL.map((name) => shown(page, name))), ["4", "4", "4"], "equal by chance: 1 + 3 and 1 + 4 − 1");
  await expectText(verdict(page, LOST), /cannot tell/);
  await expectText(verdict(page, "Fresh reads"), /cannot tell.*not judged/);
  await forward(page, 1_400);
  await allShow(page, /^7$/);
  await expectText(verdict(page, LOST), /holds/);
  await select(page, "node", "B");
  assert.match(await madeOf(page).innerText(), /x at B is 7[\s\S]*A[\s\S]*\+4 −0[\s\S]*C[\s\S]*\+4 −1/);
});

pageTest("an observed-remove set keeps what was added without the remover’s knowing; another kind of set decides otherwise", PEERS, async ({ page }) => {
  await openPreset(page, "Removed here, added there");
  await forward(page, 3_400);
  assert.deepEqual([await shown(page, "A"), await shown(page, "C")], ["{}", "{5, 8}"]);
  await forward(page, 1_600);
  await allShow(page, /^\{5, 8\}$/);
  await expectText(verdict(page, LOST), /holds/);
  await settings(page).getByLabel("Sets are").selectOption({ label: "two-phase (2P-Set)" });
  await forward(page, 300);
  await allShow(page, /^\{8\}$/);
  await expectText(verdict(page, LOST), /1 gone/);
  await select(page, "node", "A");
  assert.match(await madeOf(page).innerText(), /5\s+hidden/);
});

pageTest("two people type into one text behind a cut: both words are whole, and a third is typed by hand", PEERS, async ({ page }) => {
  await openPreset(page, "Two people type into one text");
  await forward(page, 3_400);
  assert.deepEqual([await shown(page, "A"), await shown(page, "C")], ["“a cat”", "“a dog”"]);
  await forward(page, 1_600);
  await allShow(page, /^“a (catdog|dogcat)”$/);
  await select(page, "client", "Ben");
  await details(page).getByLabel("Value").fill("<b>");
  await details(page).getByRole("button", { name: "Type at the start" }).click();
  await forward(page, 900);
  await allShow(page, /^“<b>a (catdog|dogcat)/);
  await details(page).getByRole("button", { name: "Erase the last" }).click();
  await forward(page, 600);
  assert.match(await spoken(node(page, "A")), /x is “<b>a (catdo|dogca)”/);
});

pageTest("what is counted by hand: only numbers, and a key says what can be asked of it", PEERS, async ({ page }) => {
  await openPreset(page, "The last one, sold twice");
  await forward(page, 5_200);
  await allShow(page, /^-1$/);
  await select(page, "client", "Ana");
  await details(page).getByLabel("Value").fill("many");
  await details(page).getByRole("button", { name: "Add", exact: true }).click();
  await expectText(page.getByRole("alert"), /“many” is no whole number/);
  await details(page).getByLabel("Value").fill("3");
  await details(page).getByRole("button", { name: "Add", exact: true }).click();
  await forward(page, 600);
  await allShow(page, /^2$/);
  await settings(page).getByLabel("Counters").selectOption({ label: "only grow (G-Counter)" });
  await details(page).getByRole("button", { name: "Take away" }).click();
  await forward(page, 600);
  await expectText(page.locator('[data-client="Ana"] .client-status'), /refused: only grows/);
  assert(await button(details(page), "Write").isHidden());
});

pageTest("a deletion that is forgotten too soon: the value comes back, and that is said", PEERS, async ({ page }) => {
  await openPreset(page, "Deleted, forgotten, back again");
  await forward(page, 5_500);
  await expectText(page.locator('[data-node="A"] .copy').first(), /–/);
  await expectText(verdict(page, LOST), /holds/);
  const told = [];
  for (let at = 5_500; at < 11_000; at += 100) {
    await forward(page, 100);
    told.push(await page.locator("#headline, .headline").first().innerText());
  }
  assert(told.some((sentence) => /brings? .*back|back/.test(sentence) && /7/.test(sentence)), told.join("\n"));
  await allShow(page, /^7$/);
  await verdict(page, LOST).getByRole("button").click();
  await expectText(page.getByRole("alert"), /Ana’s deletion of x was acknowledged by A at .* every peer shows x = 7 all the same/);
});

pageTest("what was taken out of a cart and came back counts as gone", PEERS, async ({ page }) => {
  await openPreset(page, "The item that came back");
  await forward(page, 3_900);
  await expectText(verdict(page, LOST), /holds/);
  await forward(page, 1_600);
  await allShow(page, /^\{2, 4, 9\}$/);
  await expectText(verdict(page, LOST), /1 gone/);
  await verdict(page, LOST).getByRole("button").click();
  await expectText(page.getByRole("alert"), /Ana’s removal of 2 from the cart x was acknowledged by A at .* every peer shows what it took away/);
});

for (const size of SIZES) {
  pageTest(`keys of other types at ${size.width}: nothing cut, nothing without a name`, { ...sized(size), ...PEERS }, async ({ page }) => {
    await openPreset(page, "Two people type into one text");
    await forward(page, 4_800);
    await noSidewaysScroll(page);
    await axe(page);
  });
}
