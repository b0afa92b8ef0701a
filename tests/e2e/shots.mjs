// Pictures of the built page, to be looked at: every scene, at three sizes, light and dark, into ./shots/.
// `./dev shots` takes all of them; `./dev shots first 390` those whose file name has every one of the words.

import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, openPage, site } from "./harness.mjs";
import { act, button, dialog, drag, forward, onNode, openDialog, openPreset, PAUSED, press, select, setReplicas, settled, tab } from "./page.mjs";

const phone = (page) => page.viewportSize().width < 900;

/** Puts the settings on the screen. */
const controls = (page) => (phone(page) ? tab(page, "Controls") : undefined);

async function lag(page, value) {
  await controls(page);
  await drag(page, "Lag to every replica", value);
}

/** x = 3 is acknowledged and 2 s away from the replicas; Ben has just read there. */
async function staleRead(page) {
  await forward(page, 500);
  await lag(page, "2000 ms");
  await forward(page, 500);
  if (phone(page)) await tab(page, "Lesson");
  await button(page, "Ben reads x at C").click();
  await forward(page, 100);
}

async function crash(page) {
  await forward(page, 900);
  await onNode(page, "A", "Crash");
}

async function twoFutures(page) {
  await staleRead(page);
  await onNode(page, "A", "Crash");
  await onNode(page, "B", "Promote");
  await forward(page, 3_000);
  await press(page, "Home");
  await forward(page, 900);
  await onNode(page, "C", "Crash");
  await forward(page, 1_500);
}

const openMeasures = (page) => (phone(page) ? tab(page, "Measures") : button(page, "Measures").click()).then(() => page.locator(".plot svg").first().waitFor());

/** Lag, a crash, a promotion, and the charts that show it. */
async function measured(page) {
  await twoFutures(page);
  await press(page, "End");
  await openMeasures(page);
}

const openIt = (title) => async (page) => {
  await forward(page, 900);
  if (title === "Partition…") await controls(page);
  await openDialog(page, title);
};

/**
 * A scene is a name and the steps that lead to it from a page that has just been opened.
 * Beside `steps` it may set any option of `openPage`, such as `fragment` or `storage`, and `only`: the widths it is for.
 */
const ofKind = (fragment) => (title, ms, then) => ({
  ...PAUSED,
  fragment,
  steps: async (page) => {
    await openPreset(page, title);
    await forward(page, ms);
    await then?.(page);
  },
});
const gossips = ofKind("#g1.");
const documents = ofKind("#d1.");

/** The versions of a key, beside those of another rule if one is named. */
const versions = (fragment, preset, ms, rule) => ({
  ...PAUSED,
  fragment,
  steps: async (page) => {
    await open(page, preset);
    await forward(page, ms);
    if (phone(page)) await tab(page, "Measures");
    if (phone(page)) await button(page, "Versions").click();
    else await press(page, "v");
    await page.locator("#versions-steps").waitFor();
    if (rule) await page.getByLabel("Beside it, if").selectOption({ label: rule });
    await settled(page);
    await settled(page);
  },
});

/** A reader of several values, asked what it is to be. */
const asked = (fragment, preset, ms) => ({
  ...PAUSED,
  fragment,
  steps: async (page) => {
    await open(page, preset);
    await forward(page, ms);
    await page.getByRole("button", { name: /: choose$/ }).click();
  },
});

const SCENES = {
  "documents-copying": documents("Two edits offline, one shown", 300),
  "documents-conflict": documents("Two edits offline, one shown", 9_000, (page) => select(page, "node", "B")),
  "documents-refused": documents("Changed since you read it", 2_700, (page) => select(page, "node", "A")),
  "documents-promoted": documents("Deleted, and something else appears", 7_000, (page) => select(page, "node", "C")),
  "gossip-spreading": gossips("A rumour that dies too early", 1_400),
  "gossip-residue": gossips("A rumour that dies too early", 7_000, (page) => page.locator(".field-handle").focus()),
  "gossip-thousand": gossips("A rumour in a crowd", 2_000),
  "gossip-members": gossips("Suspected, and not dead", 9_000),
  "gossip-chart": gossips("A rumour that dies too early", 5_000, openMeasures),
  first: { steps: async (page) => page.waitForTimeout(2500) },
  "on-its-way": { ...PAUSED, steps: (page) => forward(page, 900) },
  "stale-read": { ...PAUSED, steps: staleRead },
  "primary-crashed": { ...PAUSED, steps: crash },
  "write-refused": {
    ...PAUSED,
    steps: async (page) => {
      await crash(page);
      await forward(page, 900);
    },
  },
  why: {
    ...PAUSED,
    steps: async (page) => {
      await staleRead(page);
      await select(page, "node", "C");
    },
  },
  "client-selected": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 800);
      await select(page, "client", "Ana");
    },
  },
  "link-cut": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 900);
      await select(page, "link", "A-C");
      await act(page, "Cut both ways");
      await forward(page, 100);
    },
  },
  // Ana and A on one side, the others on the other; A is paused with requests before it.
  partitioned: {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 900);
      for (const link of ["A-B", "A-C"]) {
        await select(page, "link", link);
        await act(page, "Cut both ways");
      }
      await onNode(page, "A", "Pause");
      await forward(page, 800);
    },
  },
  "lagging-2s": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 100);
      await lag(page, "2000 ms");
      await forward(page, 2_700);
    },
  },
  "waiting-for-replicas": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await controls(page);
      await page.locator("#commit-level").selectOption({ index: 3 });
      await page.locator("#commit-who").selectOption({ index: 3 });
      await forward(page, 400);
    },
  },
  // Of five replicas three count; with too few in touch nothing is taken.
  "who-counts": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await controls(page);
      await setReplicas(page, 5);
      await page.locator("#commit-level").selectOption({ index: 3 });
      for (const replica of ["B", "D"]) await button(page.getByRole("group", { name: "Who counts" }), replica).click();
      await page.locator("#commit-min-replicas").selectOption("2");
      await settled(page);
      await page.locator("#commit-min-replicas").scrollIntoViewIfNeeded();
    },
  },
  "link-selected": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await select(page, "link", "A-C");
      await page.locator("#link-duplicate").fill("10");
      await page.locator("#link-room").selectOption({ index: 2 });
      await forward(page, 400);
    },
  },
  "message-selected": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 900);
      await select(page, "link", "A-C");
      await button(page, "log entry x = 3, A to C").click();
    },
  },
  "nine-replicas": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await controls(page);
      await setReplicas(page, 9);
      await forward(page, 1_700);
    },
  },
  branches: {
    ...PAUSED,
    steps: async (page) => {
      await twoFutures(page);
      if (phone(page)) await tab(page, "Timeline");
    },
  },
  "lost-write": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await lag(page, "2000 ms");
      await forward(page, 400);
      await onNode(page, "A", "Crash");
      await onNode(page, "B", "Promote");
      await forward(page, 200);
      await act(page, "Read here");
      await forward(page, 200);
    },
  },
  measures: { ...PAUSED, steps: measured },
  "measures-empty": { ...PAUSED, steps: openMeasures },
  "measures-ten": {
    ...PAUSED,
    steps: async (page) => {
      await controls(page);
      await setReplicas(page, 9);
      await forward(page, 2_000);
      await lag(page, "700 ms");
      await forward(page, 2_000);
      await openMeasures(page);
    },
  },
  // Siblings, their versions, and the same run under another rule beside it; then the reader who is asked. The same with quorums.
  versions: versions("#p1.", "peers-two-edits", 2_300),
  "versions-conflict": versions("#p1.", "peers-two-edits", 4_800),
  "versions-beside": versions("#p1.", "peers-two-edits", 4_800, "the latest by the clocks of the peers wins"),
  "versions-offer": { ...PAUSED, fragment: "#p1.", steps: (page) => open(page, "peers-two-edits").then(() => forward(page, 5_500)) },
  "versions-choose": asked("#p1.", "peers-two-edits", 5_500),
  "quorum-versions": versions("#q1.", "quorum-siblings", 2_500),
  "quorum-versions-hints": versions("#q1.", "quorum-sloppy", 3_000),
  "quorum-choose": asked("#q1.", "quorum-siblings", 3_500),
  share: { ...PAUSED, steps: openIt("Share") },
  scenarios: { ...PAUSED, steps: openIt("Scenarios") },
  "scenario-refused": {
    ...PAUSED,
    steps: async (page) => {
      await openDialog(page, "Scenarios");
      await dialog(page).getByLabel("Or paste a link or a scenario").fill('{"nodes":{"count":99},"network":{"loss":2}}');
      await button(dialog(page), "Open").click();
      await settled(page);
      await dialog(page).getByRole("alert").scrollIntoViewIfNeeded();
    },
  },
  partition: { ...PAUSED, steps: openIt("Partition…") },
  help: { ...PAUSED, steps: openIt("Help") },
  "bad-link": { ...PAUSED, fragment: "#r1.AAAA", steps: settled },
  contrast: { ...PAUSED, storage: { "replicarium.theme": "contrast" }, steps: staleRead },
  ...Object.fromEntries(
    ["Controls", "Timeline", "Details"].map((name) => [
      `tab-${name.toLowerCase()}`,
      {
        ...PAUSED,
        only: [390, 320],
        steps: async (page) => {
          await forward(page, 900);
          await tab(page, name);
        },
      },
    ]),
  ),
  "failover-seven": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 300);
      await controls(page);
      await setReplicas(page, 6);
      await page.locator("#failover-by").selectOption({ index: 1 });
      await forward(page, 1_000);
      await onNode(page, "A", "Crash");
      for (let step = 0; step < 400 && !/votes for/.test(await page.locator("#headline").innerText()); step += 1) await press(page, "ArrowRight");
    },
  },
  "failover-settings": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 500);
      await controls(page);
      await page.locator("#failover-by").selectOption({ index: 1 });
      await page.locator("#failover-detect").selectOption({ index: 2 });
      await page.locator("#failover-detect").selectOption({ index: 0 });
      await settled(page);
      await page.locator(".failover").first().scrollIntoViewIfNeeded();
      await page.locator("#failover-fencing").scrollIntoViewIfNeeded();
    },
  },
  // What is kept for replicas that are away, with C down and what can come of it.
  "log-settings": {
    ...PAUSED,
    steps: async (page) => {
      await forward(page, 700);
      await onNode(page, "C", "Crash");
      await controls(page);
      await page.locator("#log-kept").selectOption({ index: 1 });
      await settled(page);
      await page.locator("#log-shipped").scrollIntoViewIfNeeded();
    },
  },
  ...Object.fromEntries(
    // A name, the scenario, a moment in ms, and who is selected then.
    [
      ["suspected", "false-suspicion", 2_300, "A"],
      ["trial", "election", 3_000, "C"],
      ["candidate", "election", 3_100, "C"],
      ["votes", "election", 3_200],
      ["elected", "election", 3_300],
      ["split-brain", "split-brain", 4_700, "A"],
      ["split-brain-healed", "split-brain", 5_600],
      ["lease-over", "split-brain-lease", 4_300, "A"],
      ["parted", "old-primary-returns", 5_500, "A"],
      ["monitors", "monitors", 800],
      ["monitors-decided", "monitors", 3_600, "E"],
      ["needless", "false-suspicion", 3_600],
      ["cascading", "cascading", 6_500, "C"],
    ].map(([name, preset, ms, node]) => [
      `failover-${name}`,
      {
        ...PAUSED,
        steps: async (page) => {
          await open(page, preset);
          await forward(page, ms);
          if (node) await select(page, "node", node);
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    // Those of peers: as above.
    [
      ["cut", "two-edits", 2_600, "C"],
      ["conflict", "two-edits", 4_800, "A"],
      ["clock", "clock-behind", 3_300, "B"],
      ["answer-first", "answer-first", 1_600, "C"],
      ["ring", "broken-ring", 4_200, "D"],
      ["offline", "offline", 8_200],
      ["same-number", "same-number", 2_400, "B"],
      ["counter", "counter", 4_150, "B"],
      ["set", "set", 2_330, "A"],
      ["text", "text", 4_150, "C"],
      ["tombstone", "tombstone", 6_300, "A"],
      ["siblings", "siblings-plain", 5_000],
      ["dotted", "siblings-dotted", 5_000],
      ["carts", "carts", 5_000],
    ].map(([name, preset, ms, node]) => [
      `peers-${name}`,
      {
        ...PAUSED,
        fragment: "#p1.",
        steps: async (page) => {
          await open(page, `peers-${preset}`);
          await forward(page, ms);
          if (node) await select(page, "node", node);
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    ["far-replica", "failover-loses-a-write", "log-truncated", "lossy-network", "two-primaries", "web-shop"].map((name) => [
      `preset-${name}`,
      {
        ...PAUSED,
        // Cuts and many clients crowd any stage.
        only: ["two-primaries", "web-shop"].includes(name) ? undefined : [1440, 390],
        steps: async (page) => {
          await open(page, name);
          await forward(page, 2_200);
        },
      },
    ]),
  ),
  // Those without a leader: each at the moment that it is about.
  ...Object.fromEntries(
    [["basics", 5_000], ["one-and-one", 2_300], ["partial-write", 2_500], ["repair-first", 2_200], ["sloppy", 2_400], ["hash-trees", 9_000]].map(
      ([preset, ms]) => [`quorum-${preset}`, { ...PAUSED, fragment: `#q1.!quorum-${preset}`, steps: (page) => forward(page, ms) }],
    ),
  ),
  "quorum-trees": {
    ...PAUSED,
    fragment: "#q1.",
    steps: async (page) => {
      await open(page, "quorum-hash-trees");
      await forward(page, 9_000);
      await select(page, "link", "A-C");
      await page.getByRole("region", { name: "Hash trees" }).scrollIntoViewIfNeeded();
    },
  },
  "quorum-node": {
    ...PAUSED,
    fragment: "#q1.",
    steps: async (page) => {
      await open(page, "quorum-sloppy");
      await forward(page, 2_400);
      await select(page, "node", "A");
    },
  },
  "quorum-ring": {
    ...PAUSED,
    fragment: "#q1.",
    steps: async (page) => {
      await open(page, "quorum-sloppy");
      await forward(page, 2_400);
      await controls(page);
      await page.getByRole("region", { name: "Where keys live" }).scrollIntoViewIfNeeded();
      await settled(page);
    },
  },
};

/** Opens a scenario that comes with the product, at its start. */
async function open(page, name) {
  await openDialog(page, "Scenarios");
  await dialog(page).locator(".presets button").nth(await place(page, name)).click();
  await dialog(page).waitFor({ state: "detached" });
  await press(page, "Home");
}

/** Where a scenario stands in the list, by its title, which its file begins with. */
async function place(page, name) {
  const text = readFileSync(join(dirname(fileURLToPath(import.meta.url)), `../../assets/scenarios/${name}.toml`), "utf8");
  const title = /^title = "(.*)"$/m.exec(text)[1];
  return (await dialog(page).locator(".presets b").allInnerTexts()).indexOf(title);
}

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844, phone: true },
  { width: 320, height: 640, phone: true },
  { width: 844, height: 390, phone: true },
];

const folder = resolve(dirname(fileURLToPath(import.meta.url)), "../../shots");
const words = process.argv.slice(2);
const browser = await launch();
const host = await site();
let faulty = 0;
let taken = 0;

mkdirSync(folder, { recursive: true });
for (const [name, { steps, only, ...options }] of Object.entries(SCENES)) {
  for (const { phone, ...viewport } of SIZES) {
    for (const colorScheme of ["light", "dark"]) {
      const file = `${name}-${viewport.width}x${viewport.height}-${colorScheme}.png`;
      if (only && !only.includes(viewport.width)) continue;
      if (!words.every((word) => file.includes(word))) continue;
      const { context, page, faults } = await openPage(browser, host, { viewport, colorScheme, phone, ...options });
      try {
        await steps(page);
      } catch (error) {
        faults.push(`the steps failed: ${error.message}`);
      }
      await page.screenshot({ path: join(folder, file) });
      await context.close();
      taken += 1;
      faulty += faults.length > 0 ? 1 : 0;
      console.log(`shots/${file}${faults.map((fault) => `\n  ${fault}`).join("")}`);
    }
  }
}
await browser.close();
await host.close();
console.log(`${taken} pictures, ${faulty} of them with faults on the page`);
process.exitCode = faulty > 0 || taken === 0 ? 1 : 0;
