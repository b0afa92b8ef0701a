// Tests that need exact moments run a scene of their own, so that the scenarios of the product may change.

import { pageTest } from "./harness.mjs";
import { openText, PAUSED, press } from "./page.mjs";

const far = (node, latency) => ({ from: "A", to: node, both: true, set: { latency } });

/**
 * Ana writes every 700 ms from 60 ms on: x = 1, x = 3, y = 5, … It takes 40 ms to the primary A, then 90 ms to B and
 * 160 ms to C. So x = 3 is acknowledged at 0.844 s, is at B at 0.9 s and at C at 0.97 s. Ben reads at C when told to.
 */
export const SCENE = {
  title: "A scene for tests",
  about: "Ana writes at A; B and C follow.",
  seed: 14,
  nodes: { count: 3, each: { flush: "4ms", apply: "2ms" } },
  network: { latency: "30ms" },
  links: [far("B", "90ms"), far("C", "160ms"), { from: "clients", to: "nodes", both: true, set: { latency: "40ms" } }],
  clients: [
    { workload: { pace: { regular: { every: "700ms" } }, start: "60ms", read_share: 0, keys: { zipf: { exponent: 1 } } } },
    { reads_from: { node: "C" } },
  ],
};

/** A test on the scene, paused at its start. Options as for `pageTest`. */
export function labTest(name, options, body) {
  if (typeof options === "function") [options, body] = [{}, options];
  pageTest(name, { ...PAUSED, ...options }, async (given) => {
    await openScene(given.page);
    await body(given);
  });
}

export async function openScene(page) {
  await openText(page, JSON.stringify(SCENE));
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press(page, "Home");
}
