// axe-core over a page as it stands. It is put in over the debugging protocol, which the page's content security policy does
// not govern, so the page is examined with its policy in force.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe-core finds wrong, as `rule: element: why`; empty when there is nothing.
 * @param rules `all`, those of "best practice" too; or contrast alone, for a second colour scheme of the same page.
 */
export async function violationsOf(page: Page, rules: "all" | "contrast"): Promise<string[]> {
  const runOnly = rules === "all" ? null : ["color-contrast", "link-in-text-block"];
  // Nothing is fetched for it.
  const options = { preload: false, resultTypes: ["violations"], ...(runOnly === null ? {} : { runOnly }) };
  const session = await page.context().newCDPSession(page);
  try {
    await session.send("Runtime.evaluate", { expression: axeSource });
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression: `axe.run(document, ${JSON.stringify(options)}).then((results) => JSON.stringify(results.violations))`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`axe-core did not run: ${exceptionDetails.text}`);
    const violations = JSON.parse(String(result.value)) as AxeResults["violations"];
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary ?? ""}`),
    );
  } finally {
    await session.detach();
  }
}

/** By how many pixels the page scrolls sideways; what scrolls inside a frame of its own does not count. */
export async function sidewaysPixels(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}
