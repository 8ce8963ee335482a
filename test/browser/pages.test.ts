// What holds on every page that people see: axe-core finds nothing, on a desktop and on a phone, light and dark; nothing
// scrolls sideways on a phone; and no page asks another machine for anything, breaks its policy or writes an error.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium } from "../../scripts/local/chromium.ts";
import { localApiKey } from "../../scripts/local-environment.ts";
import { sidewaysPixels, violationsOf } from "./accessibility.ts";
import { Machine } from "./machine.ts";
import { desktop, phone, Visitor } from "./visitor.ts";

let browser: Browser;
let machine: Machine;
beforeAll(async () => {
  browser = await launchChromium();
  machine = Machine.shared();
});
afterAll(() => browser.close());
beforeEach(() => machine.simulator.put("/sim/faults", []));

/** Looks at the page as it stands, in both colour schemes and at both sizes; answers what is wrong with it. */
async function examine({ page }: Visitor, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const [size, viewport] of Object.entries({ desktop, phone })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const violations = await violationsOf(page, colorScheme === "light" ? "all" : "contrast");
      for (const violation of violations) {
        found.push(`${name}, ${size}, ${colorScheme}: ${violation}`);
      }
    }
    const pixels = await sidewaysPixels(page);
    if (pixels > 0) found.push(`${name}, ${size}: scrolls sideways by ${pixels} px`);
  }
  await page.setViewportSize(desktop);
  return found;
}

async function arrive(userId: string): Promise<Visitor> {
  const visitor = await Visitor.arrive(browser, machine.places);
  await visitor.openPortal(await machine.portalLink(userId));
  return visitor;
}

/** Goes through the addresses of a signed-in user, and looks at each. */
async function examineAll(visitor: Visitor, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await visitor.page.goto(`${machine.places.serviceUrl}${path}`, { waitUntil: "networkidle" });
    found.push(...(await examine(visitor, path)));
  }
  return found;
}

describe("every page is for everybody", () => {
  it("before anything is connected", async () => {
    const visitor = await Visitor.arrive(browser, machine.places);
    const { page } = visitor;
    const link = await machine.portalLink("pages-empty");
    await page.goto(link);
    const found = await examine(visitor, "the portal link's page");
    await visitor.openPortal(link);
    found.push(...(await examineAll(visitor, ["/portal/connections", "/portal/history", "/"])));
    await page.goto(link);
    found.push(...(await examine(visitor, "a used portal link")));
    await page.goto(`${machine.places.serviceUrl}/portal/activities/act_nothing`);
    found.push(...(await examine(visitor, "an address with nothing there")));
    await page.goto(`${machine.places.serviceUrl}/portal/connections`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await visitor.see("You are signed out");
    found.push(...(await examine(visitor, "signed out")));
    await page.goto(`${machine.places.serviceUrl}/portal/connections`);
    found.push(...(await examine(visitor, "not signed in")));
    expect(found).toEqual([]);
    await visitor.leave();
  });

  it.each([
    ["of FitGlue's usual length", "Zk3vQ9hYpTb7LmXr2WcN8sDfGa41"],
    ["as long as the API allows", "W".repeat(128)],
  ])("for a user whose id is %s", async (_length, userId) => {
    const visitor = await arrive(userId);
    expect(await examineAll(visitor, ["/portal/connections", "/portal/history"])).toEqual([]);
    await visitor.leave();
  });

  it("with connections, activities of every kind, and what goes wrong with them", async () => {
    const userId = "pages-full";
    const visitor = await arrive(userId);
    const { page } = visitor;
    const google = await machine.account("google-health", "Gail");
    await visitor.connect("Connect Google Health", { id: google });
    await visitor.see("Google Health is connected");
    const found = await examine(visitor, "connected");
    const fitbit = await machine.account("fitbit", "Fritz");
    await visitor.connect("Connect Fitbit", { id: fitbit }, ["settings"]);
    await visitor.see("You left out");
    found.push(...(await examine(visitor, "connected without everything")));

    const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    await machine.train(google, [
      { name: "Run", startTime: ago(10), durationSeconds: 1800, gps: true, laps: 4 },
      { name: "Weights", startTime: ago(8), durationSeconds: 1500 },
      { name: "Walk", startTime: ago(6), durationSeconds: 900, gps: true, heartRate: false },
      {
        name: `An unusually long name that somebody gave to a swim in a lake: ${"far-and-wide-".repeat(8)}`,
        startTime: ago(4),
        durationSeconds: 1200,
        distanceMeters: 800,
      },
    ]);
    const googleCard = page.getByRole("region", { name: "Google Health", exact: true });
    await googleCard.getByRole("button", { name: "Import history" }).click();
    await visitor.see("The import has been asked for.");
    found.push(...(await examine(visitor, "an import under way")));
    await expect.poll(() => machine.activities(userId), { timeout: 20_000 }).toHaveLength(4);
    const activities = await machine.activities(userId);
    const lapped = activities.find(({ title }) => title === "Run");
    await page.goto(`${machine.places.serviceUrl}/portal/activities/${lapped?.id}`);
    await page.setViewportSize(phone);
    found.push(...(await beyondTheEdge(visitor, "Table of laps")));
    expect(await linesOf(visitor, ".zones thead")).toBeLessThanOrEqual(2);
    const ids = await machine.api.get<{ connections: { id: string }[] }>(`/v1/connections?userId=${userId}`);
    found.push(
      ...(await examineAll(visitor, [
        "/portal/connections",
        "/portal/history",
        ...activities.map(({ id }) => `/portal/activities/${id}`),
        ...ids.connections
          .slice(0, 1)
          .flatMap(({ id }) => [`/portal/connections/${id}/disconnect`, `/portal/connections/${id}/erase`]),
      ])),
    );
    await machine.simulator.put("/sim/faults", [
      { fault: "gone", provider: "fitbit", providerUserId: fitbit },
    ]);
    await machine.simulator.post(`/sim/users/${google}/revoke`);
    await page.goto(`${machine.places.serviceUrl}/portal/connections`);
    // Both find out by a sync: Fitbit's is asked for here, Google's by the push that the end of consent causes.
    const fitbitCard = page.getByRole("region", { name: "Fitbit", exact: true });
    await fitbitCard.getByRole("button", { name: "Sync now" }).click();
    await expect.poll(() => statusesOf(userId), { timeout: 20_000 }).not.toContain("active");
    await page.goto(`${machine.places.serviceUrl}/portal/connections`);
    await visitor.see("Needs re-authorization");
    await visitor.see("Fitbit's old service has ended");
    found.push(...(await examine(visitor, "connections that need mending")));
    // A filter that finds something, and one that does not.
    found.push(
      ...(await examineAll(
        visitor,
        ["attention", "under-way"].map((state) => `/portal/history?state=${state}`),
      )),
    );
    expect(found).toEqual([]);
    await visitor.leave();
  });
});

describe("the description of the API is for everybody too", () => {
  it("on a desktop, and on a phone without scrolling sideways", async () => {
    const visitor = await Visitor.arrive(browser, machine.places);
    await visitor.page.goto(`${machine.places.serviceUrl}/docs`);
    // The longest page by far, and one kind of thing all over: one look at its rules is enough.
    expect(await violationsOf(visitor.page, "all")).toEqual([]);
    await visitor.page.setViewportSize(phone);
    expect(await sidewaysPixels(visitor.page)).toBe(0);
    await visitor.leave();
  });
});

describe("the operator's pages are for everybody too", () => {
  it("sign-in, a refused key, and the page itself", async () => {
    const visitor = await Visitor.arrive(browser, machine.places);
    const { page } = visitor;
    await page.goto(`${machine.places.serviceUrl}/portal/operator`);
    await page.getByLabel("API key").fill("not-a-key-of-this-service");
    const found = await examine(visitor, "the operator's sign-in");
    await page.getByRole("button", { name: "Sign in" }).click();
    await visitor.see("This service does not know that key.");
    found.push(...(await examine(visitor, "a refused key")));
    await page.getByLabel("API key").fill(localApiKey);
    await page.getByLabel("API key").press("Enter");
    await visitor.see("Syncs of the last 24 hours");
    found.push(...(await examine(visitor, "the operator's page")));
    expect(found).toEqual([]);
    await visitor.leave();
  });
});

describe("the pages of connecting are for everybody", () => {
  it("from the link to what came of it: denied, not enough, taken, connected, used, expired", async () => {
    const { api, simulator, places } = machine;
    const visitor = await Visitor.arrive(browser, places);
    const { page } = visitor;
    const found: string[] = [];
    const account = await machine.account("google-health", "Connie Link");
    /** Follows a new connect link of this user through the consent page. */
    const follow = async (userId: string, answer: string, without: readonly string[] = []) => {
      await page.goto(await machine.connectLink(userId, "google-health"));
      if (userId === "link-denied")
        found.push(...(await examine(visitor, "the page that asks whether to connect")));
      await page.getByRole("button", { name: "Connect Google Health" }).click();
      await page.getByLabel("Account").selectOption(account);
      for (const word of without) await page.getByRole("checkbox", { name: word }).uncheck();
      await page.getByRole("button", { name: answer }).click();
      await page.getByRole("heading", { level: 1 }).waitFor();
      found.push(...(await examine(visitor, `${userId}: ${await page.title()}`)));
      return await page.title();
    };
    expect(await follow("link-denied", "Cancel")).toBe("Google Health was not connected");
    const ending = await follow("link-useless", "Continue", ["activity_and_fitness", "health_metrics"]);
    expect(ending).toMatch(/was not connected|shares no activities/);
    expect(await follow("link-partial", "Continue", ["location"])).toBe("Google Health is connected");
    expect(await follow("link-held", "Continue")).toBe("This Google Health account is taken");
    expect((await api.get<{ connections: [] }>("/v1/connections?userId=link-held")).connections).toEqual([]);
    await page.goto(`${places.serviceUrl}/oauth/google-health/callback?state=made-up&code=made-up`);
    found.push(...(await examine(visitor, "a callback of nothing")));

    const used = await machine.connectLink("link-used", "fitbit");
    await page.goto(used);
    await page.getByRole("button", { name: "Connect Fitbit" }).click();
    await page.goto(used);
    expect(await page.title()).toBe("This link does not work");
    found.push(...(await examine(visitor, "a used connect link")));
    const links = [await machine.connectLink("link-late", "fitbit"), await machine.portalLink("link-late")];
    await simulator.post("/sim/clock", { advanceSeconds: 11 * 60 });
    for (const link of links) {
      await page.goto(link);
      expect(await page.title()).toBe("This link has expired");
      found.push(...(await examine(visitor, "an expired link")));
    }
    expect(found).toEqual([]);
    await visitor.leave();
  });
});

/** The cells of a table that lie, in whole or in part, beyond the edge of the page or of what scrolls. */
async function beyondTheEdge({ page }: Visitor, name: string): Promise<string[]> {
  return await page.getByRole("region", { name, exact: true }).evaluate((region) => {
    const edge = Math.min(region.getBoundingClientRect().right, window.innerWidth);
    return [...region.querySelectorAll("th, td")]
      .filter((cell) => cell.getBoundingClientRect().right > edge + 1)
      .map((cell) => `${cell.textContent} is out of sight`);
  });
}

/** How many lines of text an element is high. */
async function linesOf({ page }: Visitor, selector: string): Promise<number> {
  return await page.locator(selector).evaluate((element) => {
    const { lineHeight } = getComputedStyle(element);
    return Math.floor(element.getBoundingClientRect().height / Number.parseFloat(lineHeight));
  });
}

async function statusesOf(userId: string): Promise<string[]> {
  const { connections } = await machine.api.get<{ connections: { status: string }[] }>(
    `/v1/connections?userId=${userId}`,
  );
  return connections.map(({ status }) => status);
}
