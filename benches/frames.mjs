// How long frames take while the page plays nine nodes with 2,000 operations a second at 1×, in headless Chromium without a
// GPU. `node benches/frames.mjs [SECONDS] [ROUNDS] [read share] [title of a gossip preset]` measures what is in dist/ (or REPLICARIUM_DIST), after
// `./dev e2e layout` or the like has installed the browser tests' packages. Each round is preceded by the same page standing
// still, so that what the machine itself does is seen; a frame is counted by the time from one animation frame to the next.

import { readFile } from "node:fs/promises";
import { launch, openPage, site } from "../tests/e2e/harness.mjs";
import { button, openPreset, openText } from "../tests/e2e/page.mjs";

const [seconds = 10, rounds = 3, readShare = 0.5] = process.argv.slice(2, 5).map(Number);
/** Title of a preset for a group that gossips, in place of the nine nodes. */
const gossip = process.argv[5];
const VIEWPORT = { width: 1440, height: 900 };
const WARM_UP_MS = 2_000;

/** In the page: gaps between animation frames for so long, and long tasks meanwhile. */
async function watchFrames(ms) {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ entryTypes: ["longtask"] });
  const gaps = [];
  await new Promise((done) => {
    let first;
    let last;
    requestAnimationFrame(function frame(now) {
      first ??= now;
      if (last !== undefined) gaps.push(now - last);
      last = now;
      if (now - first < ms) requestAnimationFrame(frame);
      else done();
    });
  });
  observer.disconnect();
  return { gaps, tasks };
}

function summary({ gaps, tasks }) {
  const sorted = [...gaps].sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  const over = (ms) => `${gaps.filter((gap) => gap > ms).length} over ${ms} ms`;
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const long = tasks.length ? `${tasks.length} long tasks up to ${Math.max(...tasks).toFixed(0)} ms` : "no long task";
  return `${(1000 / mean).toFixed(1)} fps, p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, worst ${at(1)} ms; of ${gaps.length} frames ${over(20)}, ${over(34)}; ${long}`;
}

const scenario = JSON.parse(await readFile(new URL("nine-nodes.json", import.meta.url), "utf8"));
scenario.clients[0].workload.read_share = readShare;
const [browser, host] = await Promise.all([launch(), site()]);
for (let round = 1; round <= rounds; round += 1) {
  const { context, page, faults } = await openPage(browser, host, { viewport: VIEWPORT, reducedMotion: "no-preference", fragment: gossip ? "#g1." : "" });
  if (gossip) {
    await openPreset(page, gossip);
  } else {
    await openText(page, JSON.stringify(scenario));
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await button(page, "Pause").click();
  const still = await page.evaluate(watchFrames, 2_000);
  await page.getByLabel("Speed").selectOption({ label: "1×" });
  await button(page, "Play").click();
  await page.waitForTimeout(WARM_UP_MS);
  const clock = async () => Number.parseFloat(await page.locator("#clock").innerText());
  const [before, begun] = [await clock(), performance.now()];
  const played = await page.evaluate(watchFrames, seconds * 1_000);
  const pace = ((await clock()) - before) / ((performance.now() - begun) / 1_000);
  console.log(`round ${round}, still:   ${summary(still)}`);
  console.log(`round ${round}, playing: ${summary(played)}; ${pace.toFixed(2)} simulated s a second`);
  for (const fault of faults) console.log(`fault: ${fault}`);
  await context.close();
}
await browser.close();
await host.close();
