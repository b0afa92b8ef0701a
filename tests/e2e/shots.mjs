// Pictures of the built page, to be looked at: every scene, at three sizes, light and dark, into ./shots/.
// `./dev shots` takes all of them; `./dev shots first 390` those whose file name has every one of the words.

import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, openPage, site } from "./harness.mjs";

/**
 * A scene is a name and the steps that lead to it from a page that has just been opened.
 * Beside `steps` it may set any option of `openPage`, such as `fragment` or `storage`.
 */
const SCENES = {
  first: { steps: async (page) => page.waitForTimeout(2500) },
};

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844, phone: true },
];

const folder = resolve(dirname(fileURLToPath(import.meta.url)), "../../shots");
const words = process.argv.slice(2);
const browser = await launch();
const host = await site();
let faulty = 0;
let taken = 0;

mkdirSync(folder, { recursive: true });
for (const [name, { steps, ...options }] of Object.entries(SCENES)) {
  for (const { phone, ...viewport } of SIZES) {
    for (const colorScheme of ["light", "dark"]) {
      const file = `${name}-${viewport.width}x${viewport.height}-${colorScheme}.png`;
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
