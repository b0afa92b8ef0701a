// Everything has its place: nothing overlaps, nothing is cut, whatever the window and the number of nodes.

import { assert, noSidewaysScroll, pageTest } from "./harness.mjs";
import { act, button, dialog, drag, forward, onNode, openDialog, overlaps, PAUSED, pauseAtStart, press, spoken, select, setReplicas, settled, SIZES, sized, tab } from "./page.mjs";

const TABS = ["Lesson", "Controls", "Timeline", "Details"];

/** Controls of which a part lies under something else or outside of what can be scrolled to; in words. */
const covered = (page) =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll("button, select, input, [role=slider]")].filter((control) => control.checkVisibility({ visibilityProperty: true }));
    const bad = [];
    for (const control of controls) {
      control.scrollIntoView({ block: "nearest", inline: "nearest" });
      const { left, top, width, height } = control.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      const label = hit?.closest("label");
      if (hit && (control.contains(hit) || hit.contains(control) || label?.contains(control))) continue;
      bad.push(`${control.getAttribute("aria-label") || control.innerText || control.id} is under ${hit?.getAttribute("class") ?? hit?.tagName}`);
    }
    return bad;
  });

/** Words that go beyond the card, client or verdict that they stand in. */
const cutText = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("[data-node], [data-client], .verdict, .pill")].flatMap((frame) => {
      const edge = frame.getBoundingClientRect();
      const walker = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) {
        const text = walker.currentNode;
        if (!text.textContent.trim() || text.parentElement.closest(".unseen")) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const box = range.getBoundingClientRect();
        if (box.width > 0 && (box.right > edge.right + 0.5 || box.left < edge.left - 0.5 || box.bottom > edge.bottom + 0.5)) found.push(`“${text.textContent}” in ${frame.className}`);
      }
      return found;
    }),
  );

for (const size of SIZES) {
  const name = `${size.width}×${size.height}`;

  for (const count of [1, 2, 5, 9]) {
    pageTest(`${count} replicas at ${name}: nothing overlaps, nothing sticks out`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
      if (size.phone) await tab(page, "Controls");
      await setReplicas(page, count);
      await forward(page, 2_000);
      assert.equal(await page.locator("[data-node]").count(), count + 1);
      assert.deepEqual(await overlaps(page), []);
      await noSidewaysScroll(page);
      // The last card can be reached even if the stage must be scrolled.
      await page.locator("[data-node]").last().scrollIntoViewIfNeeded();
      await page.locator("[data-node]").last().click();
    });
  }

  pageTest(`every control can be reached and pressed at ${name}`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await forward(page, 500);
    for (const panel of size.phone ? TABS : ["all"]) {
      if (panel !== "all") await tab(page, panel);
      await settled(page);
      assert.deepEqual(await covered(page), [], panel);
    }
    await page.locator('[data-node="B"]').click();
    await settled(page);
    assert.deepEqual(await covered(page), [], "with B selected");
  });

  pageTest(`text on cards is not cut at ${name}`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await forward(page, 500);
    if (size.phone) await tab(page, "Controls");
    await drag(page, "Lag to every replica", "10000 ms");
    await setReplicas(page, 4);
    await forward(page, 4_000);
    await select(page, "link", "A-C");
    await act(page, "Cut both ways");
    await onNode(page, "B", "Pause");
    await forward(page, 100);
    assert.deepEqual(await cutText(page), []);
  });

  pageTest(`dialogs fit at ${name}`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    for (const title of ["Share", "Scenarios", "Help", "Partition…"]) {
      if (size.phone && title === "Partition…") await tab(page, "Controls");
      await openDialog(page, title);
      const { x, width, y, height } = await dialog(page).boundingBox();
      assert(x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height, `${title}: ${x} ${y} ${width} ${height}`);
      const inner = await dialog(page).evaluate((element) => [element.scrollWidth, element.clientWidth]);
      assert(inner[0] <= inner[1], `${title} scrolls sideways: ${inner}`);
      await button(dialog(page), "Close").click();
      await dialog(page).waitFor({ state: "detached" });
    }
  });
}

for (const size of SIZES.filter(({ phone }) => phone)) {
  pageTest(`no sideways scroll in any tab at ${size.width} px`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await forward(page, 1_000);
    for (const name of TABS) {
      await tab(page, name);
      await noSidewaysScroll(page);
    }
    for (const [kind, name] of [["node", "B"], ["client", "Ana"], ["link", "A-C"]]) {
      await select(page, kind, name);
      await noSidewaysScroll(page);
    }
    await onNode(page, "A", "Crash");
    await forward(page, 1_000);
    await noSidewaysScroll(page);
  });

  pageTest(`on a phone a tap selects and opens the details, ${size.width} px`, { ...PAUSED, ...sized(size) }, async ({ page }) => {
    await page.locator('[data-node="C"]').tap();
    await button(page.getByRole("region", { name: "Details" }), "Crash").tap();
    await settled(page);
    assert.match(await spoken(page.locator('[data-node="C"]')), /down/);
    await tab(page, "Timeline");
    assert(await page.locator("#timeline").isVisible());
    assert(await page.locator("#clock").isVisible());
  });
}

pageTest("controls do not move when something happens", PAUSED, async ({ page }) => {
  const places = () =>
    page.locator(".transport .buttons button, .transport select, .settings input, header button").evaluateAll((all) =>
      all.map((element) => {
        const { x, y, width } = element.getBoundingClientRect();
        return `${element.getAttribute("aria-label") || element.id || element.innerText}: ${Math.round(x)} ${Math.round(y)} ${Math.round(width)}`;
      }),
    );
  const before = await places();
  await forward(page, 1_000);
  await button(page, "Ben reads x at C").click();
  await forward(page, 1_000);
  await press(page, "c");
  await drag(page, "Lag to every replica", "2000 ms");
  await press(page, "ArrowLeft", 3);
  await act(page, "One replica more");
  await forward(page, 3_000);
  assert.deepEqual(await places(), before);
});

pageTest("the sign that there is more below covers nothing", { ...PAUSED, ...sized(SIZES[1]) }, async ({ page }) => {
  await setReplicas(page, 9);
  const sign = await page.evaluate(() => {
    const stage = document.querySelector(".stage.scrolls");
    const { content, height, width, backgroundColor } = getComputedStyle(stage, "::after");
    stage.scrollTop = stage.scrollHeight;
    const lowest = Math.max(...[...stage.querySelectorAll(".card")].map((card) => card.getBoundingClientRect().bottom));
    const free = stage.getBoundingClientRect().bottom - lowest;
    return { content, free, height: parseFloat(height), isWide: parseFloat(width) === stage.clientWidth, backgroundColor };
  });
  assert.match(sign.content, /more/);
  assert(sign.isWide, "it is an edge of the stage, not a mark on it");
  assert.match(sign.backgroundColor, /^rgb\(/, "nothing shines through");
  assert(sign.free >= sign.height, `the last node ends ${sign.free} px above the edge`);
});

pageTest("the window can be resized while it plays", async ({ page }) => {
  await page.waitForFunction(() => parseFloat(document.querySelector("#clock").textContent) > 0.1);
  for (const size of [...SIZES, SIZES[0]]) {
    await page.setViewportSize({ width: size.width, height: size.height });
    await settled(page);
    await noSidewaysScroll(page);
  }
  await pauseAtStart(page);
  await forward(page, 900);
  assert.deepEqual(await overlaps(page), []);
});
