// A browser that runs no script: everything but map and charts works, and a page on which something is under way asks for
// itself again.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../scripts/local/chromium.ts";
import { Machine } from "./machine.ts";
import { Visitor } from "./visitor.ts";

let browser: Browser;
let machine: Machine;
beforeAll(async () => {
  browser = await launchChromium();
  machine = Machine.shared();
});
afterAll(() => browser.close());

describe("without JavaScript", () => {
  it("one connects, imports history, sees it finish, and reads a run with its laps", async () => {
    const account = await machine.account("fitbit", "Noa Script", [
      { name: "Run", startTime: "2026-11-10T09:00:00Z", durationSeconds: 1500, gps: true, laps: 3 },
    ]);
    const visitor = await Visitor.arrive(browser, machine.places, { javaScriptEnabled: false });
    const { page } = visitor;
    await visitor.openPortal(await machine.portalLink("no-script-user"));
    await visitor.connect("Connect Fitbit", { id: account });
    await visitor.see("Fitbit is connected");
    await machine.simulator.put("/sim/faults", [{ fault: "slow", path: ".tcx", delaySeconds: 3 }]);
    await page.getByRole("button", { name: "Import history" }).click();
    await visitor.see("Import of history");
    // Nobody reloads: the page itself says that it wants to be asked for again.
    const loaded = page.waitForEvent("load");
    await loaded;
    await page.locator("[data-running]").first().waitFor({ state: "detached" });
    await machine.simulator.put("/sim/faults", []);

    await page.getByRole("link", { name: "Activity History" }).click();
    await visitor.see("1 activity new");
    await page.getByLabel("Show").first().selectOption("activities");
    await page.getByRole("button", { name: "Show" }).click();
    expect(new URL(page.url()).searchParams.get("state")).toBe("activities");
    await page.getByRole("main").getByRole("link", { name: /^Run/ }).click();
    await page.getByRole("heading", { name: /^Run/, level: 1 }).waitFor();
    expect(await page.getByRole("table").getByRole("row").count()).toBeGreaterThanOrEqual(4);
    await visitor.see(/JavaScript/);
    for (const [name, extension] of [
      [/original file.*TCX/, "tcx"],
      [/programs.*TCX/, "tcx"],
      [/GPX/, "gpx"],
      [/GeoJSON/, "geojson"],
      [/FIT/, "fit"],
    ] as const) {
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name }).click();
      expect((await download).suggestedFilename()).toMatch(new RegExp(`\\.${extension}$`));
    }

    await page.getByRole("button", { name: "Sign out" }).click();
    await visitor.see("You are signed out");
    await visitor.leave();
  });
});
