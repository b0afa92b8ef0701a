// Groups without a leader: copies counted, quorums that miss a write, stand-ins, repair by readers and by comparing.

import { assert, axe, noSidewaysScroll, pageTest } from "./harness.mjs";
import {
  broken, button, details, expectText, forward, headline, node, openPreset, PAUSED, press, said, select, settings, settled, sized, SIZES,
  spoken, status, verdict,
} from "./page.mjs";

const QUORUM = { ...PAUSED, fragment: "#q1." };

/** The values that a card shows for a key. */
const shown = (page, name, key = "x") =>
  page.locator(`[data-node="${name}"] .copy`).filter({ has: page.locator(".key", { hasText: key }) }).locator(".chip .value").allInnerTexts();

/** The line of a card that says what it asks and what it keeps. */
const line = (page, name) => page.locator(`[data-node="${name}"] .card-vector`).innerText();
const quorums = (page) => settings(page).getByRole("group", { name: "Quorums" });
const trees = (page) => details(page).getByRole("region", { name: "Hash trees" });

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

pageTest("a sloppy quorum: acknowledged with stand-ins, missed by a read, handed over, found", QUORUM, async ({ page }) => {
  await openPreset(page, "Stand-ins, and a hand-over");
  await forward(page, 3_000);
  assert.match(await said(page, "Ana"), /x = 7 · OK/, "one home node and two stand-ins have it");
  assert.deepEqual([await line(page, "A"), await line(page, "B")].sort(), ["1 hint for D", "1 hint for E"]);
  assert.deepEqual([await shown(page, "C"), await shown(page, "D"), await shown(page, "E")], [["7"], ["1"], ["1"]]);
  assert.match(await spoken(node(page, "A")), /^Node A, home of no key, 1 hint for [DE]\./);
  await forward(page, 1_000);
  assert.match(await said(page, "Ben"), /x = 1/);
  assert.equal(await broken(page, "Fresh reads"), true, "R + W > N, and yet he missed it");
  await expectText(verdict(page, "Fresh reads"), /1 old/);
  assert.equal(await broken(page, "No acknowledged write lost"), false);
  await select(page, "node", "A");
  await expectText(details(page), /keeps for others\s*x = 7 for [DE]/);
  await axe(page, { include: [[".inspector"]] });
  await forward(page, 2_600);
  for (const name of ["C", "D", "E"]) assert.deepEqual(await shown(page, name), ["7"], name);
  for (const name of ["A", "B"]) assert.match(await line(page, name), /keeps no hints/);
  await forward(page, 1_000);
  assert.match(await said(page, "Ben"), /x = 7/);
  assert.deepEqual(await verdict(page, "Equal copies").innerText().then((text) => /right now/.test(text)), true);
  const told = await heard(page, 6_000);
  among(told, /^[AB] keeps x = 7 for [DE], which gave no answer\. Its own readers are not shown it\.$/);
  among(told, /^Ben reads x = 1 at D: an old value\. x = 7 had been acknowledged/);
  among(told, /^[AB] has handed x = 7 over to [DE] and keeps it no longer\.$/);
});

pageTest("strict instead of sloppy, from the past on: the same write is not confirmed, and so no read misses it", QUORUM, async ({ page }) => {
  await openPreset(page, "Stand-ins, and a hand-over");
  await quorums(page).getByLabel("Others stand in for home nodes (sloppy)").uncheck();
  await forward(page, 4_000);
  assert.match(await said(page, "Ana"), /x = 7 · not confirmed/);
  assert.equal(await broken(page, "Fresh reads"), false);
  for (const name of ["A", "B"]) assert.match(await line(page, name), /keeps no hints/);
});

pageTest("N, R and W by hand: what cannot be is refused in words, what is risky is said", QUORUM, async ({ page }) => {
  await openPreset(page, "One copy and one answer");
  const group = quorums(page);
  await expectText(group, /R \+ W is not more than N: a read may miss the last write\./);
  await group.getByLabel("R to read").selectOption("2");
  await group.getByLabel("W to write").selectOption("2");
  await settled(page);
  await forward(page, 100);
  assert.doesNotMatch(await group.innerText(), /may miss/);
  await group.getByLabel("N copies").selectOption("1");
  await expectText(group.getByRole("alert"), /Not changed: 2 answers are asked for, and a key has 1 home nodes\./);
  assert.equal(await group.getByLabel("N copies").inputValue(), "3", "the field goes back");
  await forward(page, 9_000);
  assert.equal(await broken(page, "Fresh reads"), false);
  await press(page, "Control+z");
  await press(page, "Control+z");
  await forward(page, 9_000);
  assert.equal(await broken(page, "Fresh reads"), true, "as it was at first");
});

pageTest("a write that reached one of two is told as not confirmed, stays, and is found and spread by a reader", QUORUM, async ({ page }) => {
  await openPreset(page, "Not confirmed, and not taken back");
  await forward(page, 2_500);
  assert.match(await headline(page), /Ana’s write x = 7 is not confirmed: 1 of the 2 copies asked for is on disk\. It is not taken back: readers may find it\./);
  assert.match(await said(page, "Ana"), /x = 7 · not confirmed/);
  await forward(page, 3_500);
  assert.match(await said(page, "Ben"), /x = 1/);
  await forward(page, 2_000);
  assert.match(await said(page, "Ben"), /x = 7/);
  for (const name of ["A", "B"]) assert.deepEqual(await shown(page, name), ["7"], name);
  await forward(page, 2_500);
  assert.match(await said(page, "Ben"), /x = 7/, "repaired for good");
});

pageTest("a write is seen and then not seen; with repair before the answer it is not", QUORUM, async ({ page }) => {
  await openPreset(page, "Seen, and then not seen");
  await forward(page, 2_800);
  assert.match(await said(page, "Ben"), /x = 7/);
  assert.match(await said(page, "Cleo"), /x = 1/, "asked later, and shown what was before");
  await forward(page, 5_500);
  assert.match(await said(page, "Ben"), /x = 8/);
  assert.match(await said(page, "Cleo"), /x = 8/);
});

pageTest("home nodes compare hash trees: what was compared, level by level, and what differed", QUORUM, async ({ page }) => {
  await openPreset(page, "Repair without readers");
  await forward(page, 6_000);
  assert.match(await status(page, "C"), /lacks 2/);
  await select(page, "link", "A-C");
  await expectText(trees(page), /They have not compared|nothing differs|not finished/);
  await forward(page, 3_000);
  await expectText(trees(page), /15 hashes compared, 2 keys differ: x, z\./);
  const levels = await trees(page).getByRole("listitem").allInnerTexts();
  assert.equal(levels.length, 7, levels.join("\n"));
  assert.match(levels[0], /^Root: 1 compared, 1 differs/);
  assert.match(levels[6], /^Level 6: 4 compared, 2 differ/);
  assert.equal(await trees(page).locator(".pair.differs").count(), 9);
  assert.match(await status(page, "C"), /up to date/);
  await axe(page, { include: [[".inspector"]] });
  await forward(page, 4_000);
  await expectText(trees(page), /1 hash compared, nothing differs\./);
  among(await heard(page, 9_000), /have compared 15 hashes: they differ in x, z\./);
});

pageTest("where keys live: the ring says for each key which nodes keep it, and in which order", QUORUM, async ({ page }) => {
  await openPreset(page, "Two of three are enough");
  const where = settings(page).getByRole("region", { name: "Where keys live" });
  const homes = async (key) => {
    await button(where.getByRole("group", { name: "Key" }), key).click();
    await expectText(where, new RegExp(`^.*${key} is at home at`));
    const text = await where.getByRole("status").innerText();
    return [...text.matchAll(/([A-E]) \((1st|2nd|3rd)\)/g)].map((match) => match[1]);
  };
  for (const key of ["x", "y"]) {
    const at = await homes(key);
    assert.equal(at.length, 3, key);
    assert.equal(await where.locator(".spot.home").count(), 3);
    for (const name of ["A", "B", "C", "D", "E"]) {
      const role = await page.locator(`[data-node="${name}"] .card-role`).innerText();
      assert.equal(/all keys/.test(role) || new RegExp(`home of .*${key}`).test(role), at.includes(name), `${name}: ${role}`);
    }
  }
});

pageTest("quorums are reached and changed by keyboard alone", QUORUM, async ({ page }) => {
  await openPreset(page, "Two of three are enough");
  await quorums(page).getByLabel("W to write").focus();
  await page.keyboard.press("ArrowDown");
  await settled(page);
  assert.equal(await quorums(page).getByLabel("W to write").inputValue(), "3");
  await forward(page, 100);
  assert.match(await headline(page), /From now on N = 3, R = 2, W = 3: each key has 3 home nodes, 2 answers make a read, 3 copies on disk a write\./);
  await page.getByRole("button", { name: /^Node D,/ }).focus();
  await page.keyboard.press("Enter");
  await details(page).getByRole("heading", { name: /\bD\b/ }).waitFor();
  await expectText(details(page), /at home here\s*x \(\d\w\w\)/);
});

pageTest("without a leader nothing speaks of one", QUORUM, async ({ page }) => {
  await openPreset(page, "Two of three are enough");
  await forward(page, 2_000);
  for (const name of ["A", "D"]) {
    await select(page, "node", name);
    assert.doesNotMatch(await details(page).innerText(), /primary|LSN|Promote/);
  }
  await select(page, "client", "Ana");
  assert.doesNotMatch(await details(page).innerText(), /primary|replica/);
  assert.doesNotMatch(await settings(page).innerText(), /primary|replica/i);
});

const question = (page) => page.getByRole("button", { name: "Cleo got 7 and 9 for x: choose" });
const drawer = (page) => page.getByRole("region", { name: "Versions of a key" });
const run = (page) => drawer(page).getByRole("region", { name: "The run", exact: true });
const drawn = (page) => run(page).locator("svg text").allTextContents().then((all) => all.map((text) => text.trim()));

pageTest("two write what neither has read: the reader is asked, and her answer replaces both", QUORUM, async ({ page }) => {
  await openPreset(page, "Two values, and the reader decides");
  await forward(page, 2_500);
  const everywhere = () => Promise.all(["A", "B", "C", "D"].map((name) => shown(page, name).then((values) => values.join(" "))));
  assert.deepEqual((await everywhere()).sort(), ["", "7 9", "7 9", "7 9"], "one node is no home of x");
  assert.equal(await question(page).count(), 0, "nobody has read them");
  await select(page, "node", "A");
  await expectText(details(page), /A client writes over what it was shown: read at this peer, and choose at the client\./);
  await forward(page, 1_000);
  await question(page).click();
  const asked = page.getByRole("dialog", { name: "Cleo got 7 and 9 for x" });
  await asked.waitFor();
  await axe(page, { include: [["dialog.choose"]] });
  await asked.getByLabel("Another value").fill("79");
  await button(asked, "Write").click();
  await asked.waitFor({ state: "detached" });
  await forward(page, 500);
  assert.deepEqual((await everywhere()).sort(), ["", "79", "79", "79"]);
  assert.match(await said(page, "Cleo"), /x = 79 · OK/);
  assert.equal(await broken(page, "No acknowledged write lost"), false, "both were written over by one who had read them");
  await press(page, "v");
  await run(page).getByText(/^All steps/).click();
  await expectText(run(page), /C takes\s+x = 79\s+\(C1\) from\s+Cleo, over\s+x = 9\s+\(B1\) and\s+x = 7\s+\(A1\): one value again\./);
});

pageTest("the versions of a key of a quorum: what each node makes of it, and who is no home of it", QUORUM, async ({ page }) => {
  await openPreset(page, "Two values, and the reader decides");
  await forward(page, 2_500);
  await press(page, "v");
  await page.locator("#versions-steps").waitFor();
  await expectText(run(page), /So none replaces another: all are kept/);
  const both = await drawn(page);
  assert.deepEqual([both.filter((text) => text === "[7 ‖ 9]").length, both.filter((text) => text === "no home").length], [3, 1], both.join(" | "));
  await axe(page, { include: [[".measures"]] });
  await drawer(page).getByLabel("Beside it, if").selectOption({ label: "the latest by hybrid time wins" });
  await expectText(drawer(page), /As it ran, x = 7 \(\w+\) and x = 9 \(\w+\) are shown\. There, x = 9 \(\w+\) is shown and x = 7 \(\w+\) is hidden\./);
});

pageTest("what stand-ins keep is drawn for whom it is, and is no copy", QUORUM, async ({ page }) => {
  await openPreset(page, "Stand-ins, and a hand-over");
  await forward(page, 3_000);
  await press(page, "v");
  await page.locator("#versions-steps").waitFor();
  const kept = await drawn(page);
  assert.deepEqual([kept.filter((text) => /^7 for [DE]$/.test(text)).length, kept.filter((text) => text === "no home").length], [2, 2], kept.join(" | "));
  await forward(page, 3_600);
  await expectText(run(page), /\[A2\]\s*shown/);
  assert.deepEqual((await drawn(page)).filter((text) => / for /.test(text)), []);
});

for (const size of SIZES) {
  pageTest(`quorums at ${size.width}×${size.height}: nothing is cut or scrolls sideways`, { ...QUORUM, ...sized(size) }, async ({ page }) => {
    await openPreset(page, "Stand-ins, and a hand-over");
    await forward(page, 3_000);
    await noSidewaysScroll(page);
    const cut = await page.locator(".card").evaluateAll((cards) =>
      cards.flatMap((card) =>
        [...card.querySelectorAll(".card-copies .chip, .card-status .said, .card-vector, .card-role, .badge")]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => `${card.dataset.node}: ${part.textContent}`),
      ),
    );
    assert.deepEqual(cut, []);
  });
}
