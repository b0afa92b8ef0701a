// How a person finds their way about the page, in words: by accessible names, labels and keys.

import { assert } from "./harness.mjs";

/** The page starts paused, at 0 s: what happens then depends on nothing but the keys pressed. */
export const PAUSED = { reducedMotion: "reduce" };

/** Sizes of windows, from projector to small phone. */
export const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844, phone: true },
  { width: 320, height: 700, phone: true },
];

export const sized = ({ phone, ...viewport }) => ({ viewport, phone });

/** Places of the sliders for delays and losses, as the page has them. */
const DELAYS_MS = [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 90, 120, 160, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000, 5000, 10000];
const LOSSES = [0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 100];
/** A clock may be behind, right or ahead, by up to 5 s. */
const CLOCKS = [...DELAYS_MS.slice(1, -1).reverse().map((ms) => `−${ms} ms`), "0 ms", ...DELAYS_MS.slice(1, -1).map((ms) => `+${ms} ms`)];

// ---------------------------------------------------------------- finding

const WHERE = {
  node: (name) => ["button", { name: new RegExp(`^Node ${name},`) }],
  client: (name) => ["button", { name: new RegExp(`^Client ${name}:`) }],
  link: (ends) => ["button", { name: new RegExp(`^Link ${ends.replace("-", " to ")}(,|$)`) }],
};

export const node = (page, name) => page.getByRole(...WHERE.node(name));
export const client = (page, name) => page.getByRole(...WHERE.client(name));
export const link = (page, ends) => page.getByRole(...WHERE.link(ends));
export const details = (page) => page.getByRole("region", { name: "Details" });
export const settings = (page) => page.getByRole("region", { name: "Settings" });
export const dialog = (page) => page.getByRole("dialog");
export const button = (inside, name) => inside.getByRole("button", { name, exact: true });
export const verdict = (page, name) => page.getByRole("list", { name: "Verdicts" }).getByRole("listitem").filter({ hasText: name });
export const timeline = (page) => page.getByRole("slider", { name: "Time", exact: true });
export const clock = (page) => page.locator("#clock").innerText();
export const headline = (page) => page.locator("#headline").innerText().then(words);
export const branch = async (page) => Number(/branch (\d+)$/.exec(await page.locator("#position").innerText())?.[1]);
export const step = async (page) => Number(/^event (\d+)/.exec(await page.locator("#position").innerText())?.[1]);

const words = (text) => text.replace(/\s+/g, " ").trim();

// ---------------------------------------------------------------- doing

/** Waits until what was done is on the screen: nothing is being replayed and two frames were drawn. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector("#position")?.textContent.startsWith("replaying"));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Presses a key, with nothing focused that would want it for itself. */
export async function press(page, key, times = 1) {
  await page.locator("#stage").focus();
  for (let time = 0; time < times; time += 1) await page.keyboard.press(key);
  await settled(page);
}

/** Plays on by so many milliseconds, in whole hundreds. */
export const forward = (page, ms) => press(page, "Shift+ArrowRight", ms / 100);
export const back = (page, ms) => press(page, "Shift+ArrowLeft", ms / 100);

/** Stops a page that plays, and goes to the start. */
export async function pauseAtStart(page) {
  await button(page, "Pause").click();
  await press(page, "Home");
}

export async function select(page, kind, name) {
  const found = page.getByRole(...WHERE[kind](name));
  await found.scrollIntoViewIfNeeded();
  await found.click();
  await details(page).getByRole("heading", { name: { node: new RegExp(` ${name}\\b`), client: `Client ${name}` }[kind] ?? /^Link/ }).waitFor();
}

/** Presses a button of the details or settings. */
export async function act(page, name) {
  await button(page.getByRole("complementary", { name: "Details and settings" }), name).click();
  await settled(page);
}

/** Selects a node and does something to it. */
export async function onNode(page, name, what) {
  await select(page, "node", name);
  await act(page, what);
}

export async function drag(page, label, value) {
  const delays = () => DELAYS_MS.map((ms) => `${ms} ms`);
  const places = /%$/.test(value) ? LOSSES.map((loss) => `${loss} %`) : label.startsWith("Clock") ? CLOCKS : delays();
  assert(places.includes(value), `${value} is a place of the slider`);
  await page.getByRole("slider", { name: label, exact: true }).fill(String(places.indexOf(value)));
  await settled(page);
}

/** A client does something by hand: `{ who, key, write, at }`; a read if there is nothing to write. */
export async function ask(page, { who, key = "x", write, at }) {
  await select(page, "client", who);
  const panel = details(page);
  await button(panel.getByRole("group", { name: "Key" }), key).click();
  await panel.getByLabel("At", { exact: true }).selectOption(at ?? "");
  if (write !== undefined) await panel.getByLabel("Value").fill(String(write));
  await act(page, write === undefined ? "Read" : "Write");
}

export async function setReplicas(page, count) {
  const group = page.getByRole("group", { name: "Replicas" });
  for (;;) {
    const now = Number(await group.locator("#replicas").innerText());
    if (now === count) return;
    await button(group, now < count ? "One replica more" : "One replica less").click();
    await settled(page);
  }
}

// On a phone the panels are tabs.
export async function tab(page, name) {
  await button(page.getByRole("navigation", { name: "Panels" }), name).click();
}

export async function openDialog(page, name) {
  await button(page, name).click();
  await dialog(page).waitFor();
}

/** Types into the Scenarios dialog, or chooses a file there. */
export async function openText(page, text) {
  await openDialog(page, "Scenarios");
  await dialog(page).getByLabel("Or paste a link or a scenario").fill(text);
  await button(dialog(page), "Open").click();
}

export async function openFile(page, name, text) {
  await openDialog(page, "Scenarios");
  await dialog(page)
    .getByLabel("Open a scenario file (JSON)")
    .setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
}

export async function sharedLink(page) {
  await openDialog(page, "Share");
  const text = await dialog(page).getByLabel("Link").inputValue();
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  return text;
}

// ---------------------------------------------------------------- looking

/** What a key is on each node, as it is written on the cards: `{ A: "42", B: "– (old)" }`. */
export const copies = (page, key) =>
  page.locator("[data-node]").evaluateAll(
    (cards, key) =>
      Object.fromEntries(
        cards.map((card) => {
          const copy = [...card.querySelectorAll(".copy")].find((copy) => copy.querySelector(".key").textContent === key);
          return [card.dataset.node, `${copy?.querySelector(".chip").textContent.trim()}${copy?.classList.contains("old") ? " (old)" : ""}`];
        }),
      ),
    key,
  );

/** What a screen reader calls a control. */
export async function spoken(locator) {
  const [line] = (await locator.ariaSnapshot()).split("\n");
  return /^- '?\w+ "(.*?)"/.exec(line)?.[1] ?? "";
}

export const status = (page, name) => page.locator(`[data-node="${name}"] .card-status`).innerText().then(words);
export const said = (page, name) => page.locator(`[data-client="${name}"] .client-status`).innerText().then(words);
export const broken = async (page, name) => (await verdict(page, name).getByRole("button").count()) === 1;

/** Everything on the stage and around it, as text, to be compared with another moment. */
export async function picture(page) {
  await settled(page);
  const seen = await page.evaluate(() => {
    const inner = (root) => [...root.querySelectorAll("*")].map((element) => element.getAttribute("class") ?? "").join("/");
    const look = (element) => [
      element.getAttribute("aria-label"),
      element.getAttribute("class").replace(/ ?\bselected\b/, ""),
      element.getAttribute("style"),
      element.innerText.replace(/\s+/g, " "),
      inner(element),
    ];
    const all = (selector) => [...document.querySelectorAll(selector)].map(look);
    return {
      clock: document.querySelector("#clock").innerText,
      event: document.querySelector("#position").innerText.replace(/ of .*/, ""),
      headline: document.querySelector("#headline").innerText.replace(/\s+/g, " "),
      nodes: all("[data-node]"),
      clients: all("[data-client]"),
      links: all("[data-link]").sort(),
      verdicts: [...document.querySelectorAll(".verdicts li")].map((item) => item.innerText.replace(/\s+/g, " ")),
    };
  });
  return seen;
}

/** The same, and every pixel of what flies. */
export const pictureAndPixels = async (page) => ({
  ...(await picture(page)),
  pixels: await page.locator("#flights").evaluate((canvas) => canvas.toDataURL()),
});

/** Boxes that lie over each other, in words; empty is good. */
export async function overlaps(page) {
  return page.evaluate(() => {
    const boxes = ["[data-node]", "[data-client]", ".link-handle .pill"].flatMap((selector) =>
      [...document.querySelectorAll(selector)].map((element) => ({
        what: element.dataset.node ?? element.dataset.client ?? `link ${element.parentElement.dataset.link}`,
        link: element.matches(".pill"),
        box: element.getBoundingClientRect(),
      })),
    );
    const over = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
    const pairs = boxes.flatMap((one, index) => boxes.slice(index + 1).map((other) => [one, other]));
    const bad = pairs.filter(([one, other]) => !(one.link && other.link) && over(one.box, other.box));
    const stage = document.querySelector(".stage-inner").getBoundingClientRect();
    const out = boxes.filter(({ box }) => box.left < stage.left - 0.5 || box.right > stage.right + 0.5 || box.bottom > stage.bottom + 0.5);
    return [...bad.map(([one, other]) => `${one.what} and ${other.what}`), ...out.map(({ what }) => `${what} sticks out`)];
  });
}

/** The text of an element, once it matches. */
export async function expectText(locator, pattern) {
  await locator.filter({ hasText: pattern }).first().waitFor().catch(async () => {
    assert.match(words(await locator.first().innerText()), pattern);
  });
}

/** Opens a scenario of the product, at its start. */
export async function openPreset(page, title) {
  await openDialog(page, "Scenarios");
  await dialog(page).getByRole("button", { name: new RegExp(`^${title}`) }).click();
  await dialog(page).waitFor({ state: "detached" });
  await press(page, "Home");
}

/** All sentences at the marks of the timeline. */
export async function story(page) {
  const sentences = [];
  await press(page, "Home");
  for (let mark = 0, before = ""; mark < 40; mark += 1) {
    await press(page, "]");
    const at = await page.locator("#position").innerText();
    if (at === before) break;
    before = at;
    sentences.push(await headline(page));
  }
  return sentences;
}
