// The first minutes of somebody who has just started the service, in a real browser, from the link that the terminal showed to
// the route of a run. Nothing is arranged behind the pages but a slow provider, so that there is time to watch.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { launchChromium } from "../../scripts/local/chromium.ts";
import { samplePersonName, sampleWorkouts } from "../../scripts/local/sample-person.ts";
import { Machine } from "./machine.ts";
import { Visitor } from "./visitor.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** The link that `npm start` printed. It works once, and within 10 minutes of the start: this story goes first. */
function printedLink(): string {
  const [, link = ""] = /^Portal +open (\S+)$/m.exec(inject("startOutput")) ?? [];
  expect(link).toMatch(/\/portal\/open\/[0-9a-z]+$/);
  return link;
}

describe("the first run", () => {
  it("leads from the printed link to the route of a run that was imported", async () => {
    const { places, simulator } = Machine.shared();
    await simulator.put("/sim/faults", [{ fault: "slow", path: "exportExerciseTcx", delaySeconds: 1 }]);
    const visitor = await Visitor.arrive(browser, places);
    const { page } = visitor;
    await visitor.openPortal(printedLink());
    await visitor.see("Nothing is connected.");

    await visitor.connect("Connect Google Health", { label: samplePersonName });
    await visitor.see("Google Health is connected");
    expect(new URL(page.url()).pathname).toBe("/portal/connections");
    await visitor.see("Connected", 1_000);

    // The field for the first day offers the last 30 days, and all of the sample person's workouts are in them.
    await page.getByRole("button", { name: "Import history" }).click();
    await visitor.see("The import has been asked for.");
    const progress = page.locator("[data-running]", { hasText: "Import of history" });
    await progress.waitFor();
    // What shows is kept by the server, so that a reload changes nothing about it.
    await page.reload();
    await visitor.see("Import of history", 5_000);
    // Nobody reloads from here on: the page finds out by itself that the import is over.
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await progress.waitFor({ state: "detached" });
    await simulator.put("/sim/faults", []);
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);

    await page.getByRole("link", { name: "Activity History" }).click();
    await page.getByRole("heading", { name: "Activity History", level: 1 }).waitFor();
    const main = page.getByRole("main");
    for (const { recorded } of sampleWorkouts) {
      await main
        .getByRole("link", { name: new RegExp(`^${recorded.name}`) })
        .first()
        .waitFor();
    }
    await visitor.see(/No heart rate/);
    await visitor.see(`${sampleWorkouts.length} activities new`);

    // The newest run has everything: route, heart rate, laps.
    await main.getByRole("link", { name: /^Run/ }).first().click();
    await page.getByRole("heading", { name: /^Run/, level: 1 }).waitFor();
    await page.locator(".leaflet-container svg path").first().waitFor();
    expect(await page.locator(".uplot").count()).toBeGreaterThanOrEqual(2);
    expect(await page.getByRole("row").count()).toBeGreaterThan(5);
    await visitor.leave();
  });
});
