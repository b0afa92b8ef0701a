// Light, dark, high contrast, reduced motion: readable in each, with something failing on screen.

import { assert, axe, axeScrolling, pageTest } from "./harness.mjs";
import { act, button, details, dialog, drag, expectText, forward, node, onNode, openDialog, openText, PAUSED, pauseAtStart, press, select, setReplicas, settled, SIZES, sized, tab } from "./page.mjs";

/** A crash, a stale read, a lost write, a cut link, a second future: all marks of trouble at once. */
async function trouble(page) {
  await forward(page, 500);
  await drag(page, "Lag to every replica", "2000 ms");
  await forward(page, 500);
  await button(page, "Ben reads x at C").click();
  await forward(page, 100);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await forward(page, 300);
  await select(page, "link", "B-C");
  await act(page, "Cut both ways");
  await forward(page, 300);
  await select(page, "node", "C");
}

const THEMES = {
  "light, as the system": { colorScheme: "light" },
  "dark, as the system": { colorScheme: "dark" },
  "light, chosen": { colorScheme: "dark", storage: { "replicarium.theme": "light" } },
  "dark, chosen": { colorScheme: "light", storage: { "replicarium.theme": "dark" } },
  "high contrast": { storage: { "replicarium.theme": "contrast" } },
};

for (const [name, options] of Object.entries(THEMES)) {
  pageTest(`axe finds nothing while things fail: ${name}`, { ...options, ...PAUSED }, async ({ page }) => {
    await trouble(page);
    assert.equal(await page.locator(".verdict.bad").count() > 0, true, "something is broken");
    await axe(page);
    await select(page, "client", "Ana");
    await axe(page, { include: [[".side"], [".toasts"]] });
    await page.locator(".headline").getByRole("button").first().focus();
    await axe(page, { include: [[".centre"]] });
  });

  pageTest(`axe finds nothing in the dialogs: ${name}`, { ...options, ...PAUSED }, async ({ page }) => {
    for (const title of ["Share", "Help", "Partition…", "Scenarios"]) {
      await openDialog(page, title);
      await axe(page, { include: [["dialog"]] });
      await page.keyboard.press("Escape");
      await dialog(page).waitFor({ state: "detached" });
    }
    await openText(page, "{ wrong");
    await expectText(dialog(page).getByRole("alert"), /could not be opened/);
    await axe(page, { include: [["dialog"]] });
  });
}

for (const size of SIZES.filter(({ phone }) => phone)) {
  pageTest(`axe finds nothing in any tab of a phone, ${size.width} px`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await forward(page, 500);
    for (const name of ["Lesson", "Controls", "Timeline", "Details"]) {
      await tab(page, name);
      await axeScrolling(page);
    }
    await select(page, "node", "C");
    await axeScrolling(page);
  });
}

pageTest("axe finds nothing with ten nodes", PAUSED, async ({ page }) => {
  await setReplicas(page, 9);
  await forward(page, 1_000);
  await axe(page);
});

/** Words drawn in colours that differ too little from what is behind them, WCAG's way, also those axe cannot tell. */
const faint = (page) =>
  page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const rgb = (colours) => {
      context.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (channels) => {
      const [r, g, b] = channels.map((channel) => channel / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      const colours = [];
      for (let at = element; at; at = at.parentElement) colours.unshift(getComputedStyle(at).backgroundColor);
      return rgb(["#fff", ...colours]);
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
      if (!own || !element.checkVisibility() || element.closest(".unseen, :disabled, option, .skip, svg") || element.matches("script, style")) continue;
      const back = behind(element);
      const front = rgb([`rgb(${back})`, getComputedStyle(element).color]);
      const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${element.className} “${element.textContent.trim().slice(0, 40)}”`);
    }
    return found;
  });

for (const [name, options] of Object.entries(THEMES)) {
  pageTest(`all text has a contrast of 4.5 at least: ${name}`, { ...options, ...PAUSED }, async ({ page }) => {
    await trouble(page);
    assert.deepEqual(await faint(page), []);
  });
}

pageTest("the theme button goes round, says what it set, and is remembered", { ...PAUSED, colorScheme: "light" }, async ({ page }) => {
  const theme = page.getByRole("button", { name: /^Colours:/ });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const system = await background();
  const seen = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await theme.click();
    await settled(page);
    seen.push(`${await theme.getAttribute("aria-label")} ${await page.locator("html").getAttribute("data-theme")}`);
  }
  assert.deepEqual(seen, ["Colours: light light", "Colours: dark dark", "Colours: high contrast contrast"]);
  await page.reload();
  await theme.waitFor();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "contrast");
  await theme.click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
  assert.equal(await background(), system);
});

pageTest("the canvas follows the theme at once", { ...PAUSED, colorScheme: "light" }, async ({ page }) => {
  await forward(page, 900);
  const pixels = () => page.locator("#flights").evaluate((canvas) => canvas.toDataURL());
  const light = await pixels();
  await page.getByRole("button", { name: /^Colours:/ }).click();
  await page.getByRole("button", { name: /^Colours:/ }).click();
  await settled(page);
  assert.notEqual(await pixels(), light);
});

pageTest("the canvas follows the system when it turns dark", { ...PAUSED, colorScheme: "light" }, async ({ page }) => {
  await forward(page, 900);
  const pixels = () => page.locator("#flights").evaluate((canvas) => canvas.toDataURL());
  const light = await pixels();
  await page.emulateMedia({ colorScheme: "dark" });
  await settled(page);
  assert.notEqual(await pixels(), light);
});

pageTest("with reduced motion the page starts paused, and nothing glides", PAUSED, async ({ page }) => {
  await button(page, "Play").waitFor();
  await settled(page);
  assert.match(await page.locator("#clock").innerText(), /^0\.000 s$/);
  await forward(page, 800);
  // The copy for C travels 160 ms: while it is a picture of "on the way", some milliseconds change nothing.
  await forward(page, 100);
  const pictures = new Set();
  await page.locator("#timeline").focus();
  for (let hundredth = 0; hundredth < 8; hundredth += 1) {
    await page.keyboard.press("Shift+ArrowLeft");
    await settled(page);
    pictures.add(await page.locator("#flights").evaluate((canvas) => canvas.toDataURL()));
  }
  assert(pictures.size <= 7, `${pictures.size} different pictures in 80 ms`);
  const moving = await page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === "running").length);
  assert.equal(moving, 0, "no animation of the style sheet runs");
});

pageTest("without reduced motion it starts by itself, and sprites glide", async ({ page }) => {
  await button(page, "Pause").waitFor();
  await pauseAtStart(page);
  await forward(page, 900);
  const pixels = () => page.locator("#flights").evaluate((canvas) => canvas.toDataURL());
  const before = await pixels();
  await page.locator("#timeline").focus();
  await page.keyboard.press("Shift+ArrowLeft");
  await settled(page);
  assert.notEqual(await pixels(), before);
});

pageTest("forced colours: what is a control looks like one", { ...PAUSED, forcedColors: "active" }, async ({ page }) => {
  await forward(page, 900);
  await node(page, "A").click();
  await expectText(details(page), /Primary A/);
  const borders = await page.locator("[data-node]").evaluateAll((all) => all.map((card) => getComputedStyle(card).borderTopStyle));
  assert(borders.every((style) => style !== "none"), borders.join());
  await press(page, "Escape");
});
