// One activity's drawing, where only a browser can tell: the cursor stays in every chart at the moment that is told in words,
// and what has nothing to draw has no title for it.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connect } from "../../scripts/demo/connecting.ts";
import { launchChromium } from "../../scripts/local/chromium.ts";
import { Machine } from "./machine.ts";
import { phone, Visitor } from "./visitor.ts";

const machine = Machine.shared();
const userId = "cursor-user";
let browser: Browser;
let run: string;
let swim: string;
beforeAll(async () => {
  browser = await launchChromium();
  [run, swim] = await imported();
}, 60_000);
afterAll(() => browser.close());

/** Where the cursor stands in each chart, as a share of its width, in hundredths; null where it does not show. */
async function cursors(page: Page): Promise<(number | null)[]> {
  return await page.locator(".u-over").evaluateAll((charts) =>
    charts.map((chart) => {
      const cursor = chart.querySelector(".u-cursor-x");
      const line = cursor?.getBoundingClientRect();
      if (line === undefined || line.width === 0) return null;
      const { left, width } = chart.getBoundingClientRect();
      return Math.round(((line.left + line.width / 2 - left) / width) * 100);
    }),
  );
}

describe("the drawing of an activity", () => {
  it("keeps its cursor when the pointer leaves, the page turns dark, and the window grows narrow", async () => {
    const visitor = await Visitor.arrive(browser, machine.places);
    const { page } = visitor;
    await visitor.openPortal(await machine.portalLink(userId));
    await page.goto(`${machine.places.serviceUrl}/portal/activities/${run}`);
    const chart = page.locator(".u-over").first();
    await chart.waitFor();
    // At the start stands its ring alone; the mark of the moment leaves from there.
    await page.locator(".mark-start").waitFor();
    expect(await page.locator(".mark-cursor").count()).toBe(0);
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    if (box === null) throw new Error("no chart is drawn");

    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const inTheMiddle = [50, 50, 50];
    await expect.poll(() => cursors(page)).toEqual(inTheMiddle);
    expect(await page.locator(".mark-cursor").count()).toBe(1);
    const told = await page.locator("#moment-values").innerText();
    await page.mouse.move(2, 2);
    await page.waitForTimeout(100);
    expect(await cursors(page)).toEqual(inTheMiddle);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForTimeout(100);
    expect(await cursors(page)).toEqual(inTheMiddle);
    await page.setViewportSize(phone);
    await expect.poll(async () => (await chart.boundingBox())?.width).toBeLessThan(phone.width);
    await expect.poll(() => cursors(page)).toEqual(inTheMiddle);
    expect(await page.locator("#moment-values").innerText()).toBe(told);
    await visitor.leave();
  });

  it("has no title where there is nothing to draw: a swim of which only its distance is known", async () => {
    const visitor = await Visitor.arrive(browser, machine.places);
    const { page } = visitor;
    await visitor.openPortal(await machine.portalLink(userId));
    await page.goto(`${machine.places.serviceUrl}/portal/activities/${swim}`);
    await visitor.see("No heart rate");
    await page.getByText("Loading…").waitFor({ state: "hidden" });
    expect(await page.getByRole("heading", { level: 2 }).allInnerTexts()).toEqual([
      "What was measured",
      "Downloads",
    ]);
    await visitor.leave();
  });
});

/** The ids of a run that has everything and of a swim of which no more than its distance is known. */
async function imported(): Promise<[run: string, swim: string]> {
  const account = await machine.account("google-health", "Cora");
  const { connectionId } = await connect(machine.api, { userId, providerUserId: account });
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const swim = { name: "Swim", durationSeconds: 1800, gps: false, heartRate: false, distanceMeters: 1500 };
  await machine.train(account, [
    { name: "Run", startTime: daysAgo(1), durationSeconds: 1200, gps: true },
    { ...swim, startTime: daysAgo(2) },
  ]);
  const since = daysAgo(3).slice(0, 10);
  await machine.api.post(`/v1/connections/${connectionId}/backfill`, { since });
  const activities = await vi.waitFor(
    async () => {
      const stored = await machine.activities(userId);
      expect(stored).toHaveLength(2);
      return stored;
    },
    { timeout: 20_000, interval: 200 },
  );
  const idOf = (title: string) => activities.find((activity) => activity.title === title)?.id ?? "";
  return [idOf("Run"), idOf("Swim")];
}
