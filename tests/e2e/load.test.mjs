// Load: one node that is too few for a web application, replicas that help, and a run in which more happens than eyes can follow.

import { readFile } from "node:fs/promises";
import { assert, pageTest } from "./harness.mjs";
import { button, client, details, dialog, expectText, forward, headline, openDialog, openText, overlaps, PAUSED, picture, press, select, setReplicas, sharedLink, SIZES, sized, spoken, tab } from "./page.mjs";

const APPLICATION = /^A web application/;

async function openApplication(page) {
  await openDialog(page, "Scenarios");
  await dialog(page).getByRole("button", { name: APPLICATION }).click();
  await dialog(page).waitFor({ state: "detached" });
  await press(page, "Home");
}

for (const size of SIZES) {
  pageTest(`a group of one node, ${size.width} px wide, then of nine`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await openApplication(page);
    await forward(page, 1_500);
    assert.equal(await page.locator("[data-node]").count(), 1);
    assert.deepEqual(await overlaps(page), []);
    assert.match(await headline(page), /’s (browse|post|sign-up) /);
    assert.match(await spoken(client(page, "Ana")), /: (browse|post|sign-up) /);
    if (size.phone) await tab(page, "Controls");
    await setReplicas(page, 8);
    if (size.phone) await tab(page, "Lesson");
    await forward(page, 500);
    assert.equal(await page.locator("[data-node]").count(), 9);
    assert.deepEqual(await overlaps(page), []);
  });
}

pageTest("replicas bring answers and take waits away, by the name of what is done", PAUSED, async ({ page }) => {
  await openApplication(page);
  await button(page, "Measures").click();
  const browsing = async () => {
    const line = page.locator(".by-name").filter({ hasText: /^browse: / });
    await line.waitFor();
    const [, perSecond, half] = /^browse: (\d+) per s, half within (\d+) ms/.exec(await line.innerText());
    return { perSecond: Number(perSecond), half: Number(half) };
  };
  await forward(page, 4_000);
  const alone = await browsing();
  await setReplicas(page, 8);
  await forward(page, 6_000);
  const nine = await browsing();
  assert(alone.perSecond <= 26 && nine.perSecond > 3 * alone.perSecond, JSON.stringify({ alone, nine }));
  assert(nine.half < alone.half / 3, JSON.stringify({ alone, nine }));
  for (const name of ["sign-up", "post"]) await expectText(page.locator(".by-name"), new RegExp(`^${name}: `));
  await select(page, "client", "Ana");
  await expectText(details(page).locator("dd"), /^((browse|post|sign-up) |nothing)/);
});

// The page follows such a run in turns; as soon as it stands still, all of it must be of the same moment.
pageTest("a busy run that is stopped is shown as it is", async ({ page }) => {
  const scenario = await readFile(new URL("../../benches/nine-nodes.json", import.meta.url), "utf8");
  await openText(page, scenario);
  await dialog(page).waitFor({ state: "detached" });
  await page.getByLabel("Speed").selectOption({ label: "1×" });
  await page.waitForFunction(() => Number.parseFloat(document.querySelector("#clock").textContent) > 1);
  await button(page, "Pause").click();
  const stopped = await picture(page);
  const link = await sharedLink(page);
  await openText(page, link);
  await dialog(page).waitFor({ state: "detached" });
  const opened = await picture(page);
  // The last thing worth a headline is held for a while when it plays; all else is a function of the moment.
  assert.deepEqual({ ...opened, headline: "" }, { ...stopped, headline: "" });
});
