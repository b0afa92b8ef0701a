// Without a pointer, and for those who listen.

import { assert } from "./harness.mjs";
import { labTest } from "./lab.mjs";
import { button, client, clock, copies, details, dialog, expectText, forward, link, node, press, spoken, settled } from "./page.mjs";

/** Presses Tab until something with this name has the focus. */
async function tabTo(page, name, limit = 80) {
  for (let count = 0; count < limit; count += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.labels?.[0]?.innerText ?? document.activeElement?.textContent ?? "");
    if (name.test(focused.trim())) return;
  }
  assert.fail(`Tab does not get to ${name}`);
}

labTest("a node is crashed, another promoted, without a pointer", async ({ page }) => {
  await forward(page, 500);
  await tabTo(page, /^Node A,/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("c");
  await settled(page);
  assert.match(await spoken(node(page, "A")), /was primary, down/);
  await tabTo(page, /^Node B,/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("p");
  await settled(page);
  assert.match(await spoken(node(page, "B")), /^Node B, primary/);
  await page.keyboard.press("Escape");
  await expectText(details(page), /Nothing selected/);
});

for (const [kind, selector] of [["node", '[data-node="B"]'], ["client", '[data-client="Ben"]'], ["link", '[data-link="A-B"]']]) {
  labTest(`Space on a ${kind} selects it and does nothing else`, async ({ page }) => {
    await page.locator(selector).focus();
    await page.keyboard.press("Space");
    await page.getByRole("region", { name: "Details" }).getByText("Esc to close").waitFor();
    await button(page, "Play").waitFor();
  });
}

labTest("a message is reached through its link, without a pointer", async ({ page }) => {
  await forward(page, 900);
  await tabTo(page, /^Link A to C/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^log entry x = 3, A to C$/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Deliver now$/);
  await page.keyboard.press("Enter");
  await forward(page, 100);
  assert.equal((await copies(page, "x")).C, "3");
});

labTest("every control has a name of its own kind", async ({ page }) => {
  await forward(page, 900);
  for (const selected of [null, node(page, "A"), client(page, "Ana"), link(page, "A-C")]) {
    if (selected) await selected.click();
    await settled(page);
    const controls = page.locator("button, a[href], input, select, textarea, [role=slider]");
    const names = [];
    for (const control of await controls.all()) {
      if (!(await control.isVisible())) continue;
      const [line] = (await control.ariaSnapshot()).split("\n");
      names.push(line);
      assert.match(line, /^- '?\w+ "[^"]+"/, `a name: ${await control.evaluate((element) => element.outerHTML.slice(0, 200))}`);
    }
    const twice = names.filter((name, index) => names.indexOf(name) !== index && !/"[A-Z]\w*"|disabled/.test(name));
    assert.deepEqual(twice, [], "no two with the same name");
  }
});

labTest("Tab goes through everything, the focus is visible at each, and nothing is a trap", async ({ page }) => {
  await forward(page, 500);
  await page.locator(".skip").focus();
  const seen = [];
  for (let count = 0; count < 90; count += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      return {
        name: element.getAttribute("aria-label") || element.id || element.textContent,
        outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
      };
    });
    if (!at) break;
    assert(at.outline, `a ring around ${at.name}`);
    assert(at.inside, `${at.name} is in the window`);
    seen.push(at.name);
  }
  assert(seen.length < 90, "it comes to an end");
  for (const name of [/^Node A/, /^Node C/, /^client-Ben$/, /^Link A to B/, /^Time|timeline$/, /^speed$/, /^Help$/, /^Share$/, /^lag$/]) {
    assert(seen.some((one) => name.test(one)), `${name} was reached: ${seen.join(" | ")}`);
  }
});

labTest("Esc closes dialogs and gives the focus back; a second Esc selects nothing", async ({ page }) => {
  await node(page, "B").click();
  for (const name of ["Share", "Scenarios", "Help"]) {
    await button(page, name).focus();
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    assert(await dialog(page).evaluate((element) => element.contains(document.activeElement)), "the focus is inside");
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText), name);
    await expectText(details(page), /Replica B/);
  }
  await page.keyboard.press("Escape");
  await expectText(details(page), /Nothing selected/);
});

labTest("a dialog that is opened while another one closes stays open", async ({ page }) => {
  // Browsers tell of a closed dialog a moment later.
  await button(page, "Share").click();
  await dialog(page).waitFor();
  await page.evaluate(() => {
    document.querySelector("dialog").close();
    [...document.querySelectorAll("header button")].find((one) => one.innerText === "Scenarios").click();
  });
  await dialog(page).getByRole("heading", { name: "Scenarios" }).waitFor();
  await settled(page);
  assert(await dialog(page).isVisible(), "it is still there");
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
});

labTest("Close closes too, and so do the keys ? and S open", async ({ page }) => {
  await press(page, "?");
  await dialog(page).getByRole("heading", { name: "Help" }).waitFor();
  await button(dialog(page), "Close").click();
  await dialog(page).waitFor({ state: "detached" });
  await press(page, "s");
  await dialog(page).getByRole("heading", { name: "Share this moment" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
});

labTest("keys typed into a field are text, not commands", async ({ page }) => {
  await forward(page, 500);
  await node(page, "A").click();
  await client(page, "Ana").click();
  await page.getByLabel("Value").fill("");
  await page.getByLabel("Value").pressSequentially("c p s[]-");
  assert.equal(await page.getByLabel("Value").inputValue(), "c p s[]-");
  assert.equal(await dialog(page).count(), 0);
  assert.equal(await clock(page), "0.500 s");
});

labTest("a slider moved by keys shows at once, acts once when it rests, and at once when it is left", async ({ page }) => {
  await forward(page, 500);
  const lag = page.getByRole("slider", { name: "Lag to every replica" });
  const undo = button(page, "Undo the last action");
  await lag.focus();
  const before = await lag.getAttribute("aria-valuetext");
  for (let place = 0; place < 4; place += 1) await page.keyboard.press("ArrowRight");
  assert.notEqual(await lag.getAttribute("aria-valuetext"), before, "the words follow");
  await page.waitForFunction(() => !document.querySelector('[aria-label="Undo the last action"]').disabled);
  await undo.click();
  await settled(page);
  assert(await undo.isDisabled(), "one action for all keys");
  assert.equal(await lag.getAttribute("aria-valuetext"), before);
  await lag.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  await settled(page);
  assert(await undo.isEnabled(), "leaving it is enough");
});

labTest("every key of the help does something", async ({ page }) => {
  await press(page, "?");
  await dialog(page).getByText("100 ms forward, back").waitFor();
  const keys = await dialog(page).locator(".keys dt").allInnerTexts();
  assert(keys.length >= 15, keys.join(" · "));
});

labTest("the live region tells what happens, but not every trifle", async ({ page }) => {
  const told = page.locator('[role="status"][aria-live="polite"]');
  await forward(page, 200);
  assert.match(await told.textContent(), /Ana’s write x = 1 is acknowledged by A/);
  await forward(page, 300);
  assert.match(await told.textContent(), /is acknowledged by A/, "a copy that arrives is no news");
  await node(page, "A").click();
  await press(page, "c");
  assert.match(await told.textContent(), /^A crashed\./);
});

labTest("a card says in words what it shows", async ({ page }) => {
  await forward(page, 900);
  assert.equal(await spoken(node(page, "A")), "Node A, primary. x is 3; y is empty. takes writes · epoch 1.");
  assert.match(await spoken(node(page, "C")), /^Node C, replica\. x is 1, an old value; y is empty\. 1 write behind/);
});
