// `npm run screenshots`: the five main pages as docs/screenshots/*.png, from a service that is started for it and ended after
// it. The person, their workouts and what happens to them are the same with every run; only dates and ids move on.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { HttpClient } from "./demo/http-client.ts";
import { launchChromium, requireChromium } from "./local/chromium.ts";
import { removeState, startLocalStack } from "./local/local-stack.ts";
import { findFreePort } from "./local/ports.ts";
import { createSamplePerson, samplePersonName } from "./local/sample-person.ts";
import { localApiKey } from "./local-environment.ts";
import { projectDirectory } from "./wrangler.ts";

const directory = join(projectDirectory, "docs/screenshots");
const width = 1280;
const largestBytes = 250_000;
/** For a page whose end is what it is opened for. */
const wholePage = Number.POSITIVE_INFINITY;
const userId = "sample-user";

async function main(): Promise<void> {
  requireChromium();
  const stateName = `screenshots-${process.pid}`;
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const stack = await startLocalStack({
    port: await findFreePort(),
    simulatorPort: await findFreePort(),
    stateName,
    keep: false,
    developerVariables: null,
    providers: "simulator",
    signal: stopping.signal,
    onLine: () => {},
  });
  let browser: Browser | null = null;
  try {
    await createSamplePerson(new HttpClient(stack.simulatorUrl ?? ""), Date.now());
    browser = await launchChromium();
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      deviceScaleFactor: 1,
      colorScheme: "light",
      reducedMotion: "reduce",
      locale: "en-GB",
    });
    mkdirSync(directory, { recursive: true });
    await takeAll(page, stack.url);
  } finally {
    await browser?.close();
    await stack.stop();
    removeState(stateName);
  }
}

/** Walks through the pages as the sample user, then as the operator. */
async function takeAll(page: Page, url: string): Promise<void> {
  const api = new HttpClient(url, localApiKey);
  const connectLink = await api.post<{ url: string }>("/v1/connect-links", { userId, displayName: "Alex" });
  await page.goto(connectLink.url);
  await take(page, "connect");

  const portalLink = await api.post<{ url: string }>("/v1/portal-links", { userId });
  await page.goto(portalLink.url);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("button", { name: "Connect Google Health" }).click();
  const choice = page.getByLabel("Account");
  const option = choice.locator("option", { hasText: samplePersonName });
  await choice.selectOption((await option.getAttribute("value")) ?? "");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Import history" }).click();
  await page.locator("[data-running]").first().waitFor({ state: "detached", timeout: 60_000 });
  await page.goto(`${url}/portal/connections`);
  await take(page, "connections");

  await page.getByRole("link", { name: "Activity History" }).click();
  await page.getByRole("heading", { name: "Activity History", level: 1 }).waitFor();
  await take(page, "history", 1100);

  await page.getByRole("main").getByRole("link", { name: "Run", exact: true }).first().click();
  await page.locator(".leaflet-container svg path").first().waitFor();
  await page.getByRole("slider").fill("1200");
  await take(page, "activity", 1500);

  await page.goto(`${url}/portal/operator`);
  await page.getByLabel("API key").fill(localApiKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 2 }).first().waitFor();
  await take(page, "operator", wholePage);
}

/**
 * Writes the page as a picture, from its top to its end or to `mostPixels`.
 * @throws an error when the picture is larger than a page of documentation should load.
 */
async function take(page: Page, name: string, mostPixels = 900): Promise<void> {
  const content = await page.evaluate(() => {
    window.scrollTo(0, 0);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    const last = document.querySelector("main")?.lastElementChild?.getBoundingClientRect().bottom ?? 0;
    return Math.ceil(last) + 32;
  });
  await page.mouse.move(0, 0);
  const path = join(directory, `${name}.png`);
  const height = Math.min(content, mostPixels);
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height } });
  const { size } = statSync(path);
  console.log(`docs/screenshots/${name}.png  ${width} × ${height}, ${Math.round(size / 1000)} kB`);
  if (size > largestBytes) throw new Error(`${name}.png has ${size} bytes, more than ${largestBytes}.`);
}

await main();
