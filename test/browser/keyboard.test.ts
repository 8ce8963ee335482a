// Without a mouse: every control can be reached with Tab and shows that it has the focus, and Enter or the space bar does what a
// click does. The whole way from connecting to a run on the map is walked so.

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

interface Focused {
  /** What it is called: its text, or its label's. */
  readonly name: string;
  readonly tag: string;
  /** Whether the focus is drawn: an outline of some width. */
  readonly isVisible: boolean;
}

class Typist {
  readonly visitor: Visitor;

  constructor(visitor: Visitor) {
    this.visitor = visitor;
  }

  async focused(): Promise<Focused> {
    return await this.visitor.page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return { name: "", tag: "", isVisible: false };
      const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
      const label = labels ? (element.labels?.[0]?.textContent ?? "") : "";
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return {
        name: (element.getAttribute("aria-label") ?? (label || element.textContent || "")).trim(),
        tag: element.tagName.toLowerCase(),
        isVisible: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
      };
    });
  }

  /** Presses Tab until this control has the focus. Every stop on the way must show that it has it. */
  async tabTo(name: string | RegExp, mostStops = 60): Promise<void> {
    const { keyboard } = this.visitor.page;
    const passed: string[] = [];
    for (let stop = 0; stop < mostStops; stop++) {
      await keyboard.press("Tab");
      const focused = await this.focused();
      if (focused.tag === "body") continue;
      passed.push(focused.name);
      const isOurs = this.visitor.page.url().startsWith(machine.places.serviceUrl);
      if (isOurs) expect(focused, "the focus cannot be seen").toMatchObject({ isVisible: true });
      if (typeof name === "string" ? focused.name === name : name.test(focused.name)) return;
    }
    throw new Error(`Tab never came to ${name}, but to: ${passed.join(" | ")}`);
  }

  /** Tabs to a control and presses a key on it. */
  async press(name: string | RegExp, key: "Enter" | "Space" = "Enter"): Promise<void> {
    await this.tabTo(name);
    await this.visitor.page.keyboard.press(key);
  }

  async arriveAt(heading: string | RegExp): Promise<void> {
    await this.visitor.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await this.visitor.page.waitForLoadState();
  }
}

describe("somebody without a mouse", () => {
  it("connects, syncs, and reads a run with its map", async () => {
    const account = await machine.account("google-health", "Keyla");
    const visitor = await Visitor.arrive(browser, machine.places);
    const { page } = visitor;
    const typist = new Typist(visitor);
    await page.goto(await machine.portalLink("keyboard-user"));
    await typist.press("Open");
    await typist.arriveAt("Connections");

    await typist.press("Connect Google Health", "Space");
    await typist.arriveAt("Simulated Google Health");
    await typist.tabTo(/^Account/);
    // A list takes the letters of its entry.
    await page.keyboard.type("Keyla");
    expect(await page.getByLabel("Account").inputValue()).toBe(account);
    await typist.press("Continue");
    await visitor.see("Google Health is connected");

    // The run was recorded just now: a sync brings it without any history being asked for.
    await machine.simulator.post("/sim/clock", { advanceSeconds: 600 });
    await machine.simulator.post(`/sim/users/${account}/activities`, {
      name: "Run",
      durationSeconds: 420,
      gps: true,
      distanceMeters: 1_250,
      laps: 2,
    });
    await machine.simulator.put("/sim/faults", [{ fault: "lose" }]);
    await machine.simulator.post(`/sim/users/${account}/sync`);
    await machine.simulator.put("/sim/faults", []);
    await typist.press("Sync now", "Space");
    await visitor.see("A sync has been asked for.");
    await expect.poll(() => machine.activities("keyboard-user"), { timeout: 20_000 }).toHaveLength(1);

    await typist.press("Activity History");
    await typist.arriveAt("Activity History");
    // The skip link is the first stop, and takes one past the navigation.
    await page.keyboard.press("Tab");
    expect(await typist.focused()).toMatchObject({ name: "Skip to the content", isVisible: true });
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#content");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);
    await typist.press("Run");
    await typist.arriveAt(/^Run/);
    await page.locator(".leaflet-container svg path").first().waitFor();

    // The cursor: arrow keys move it along the run, its values are text, and its mark moves on the map.
    const slider = page.getByRole("slider");
    await slider.waitFor();
    for (let stop = 0; stop < 60; stop++) {
      await page.keyboard.press("Tab");
      if (await slider.evaluate((element) => element === document.activeElement)) break;
    }
    const output = page.locator("output");
    await page.keyboard.press("ArrowRight");
    const first = { text: await output.first().innerText(), marks: await marksOf(visitor) };
    for (let step = 0; step < 12; step++) await page.keyboard.press("ArrowRight");
    await expect.poll(() => output.first().innerText()).not.toBe(first.text);
    await expect.poll(() => marksOf(visitor)).not.toEqual(first.marks);
    await visitor.leave();
  });
});

/** The shapes that are drawn on the map. */
async function marksOf({ page }: Visitor): Promise<(string | null)[]> {
  return await page
    .locator(".leaflet-container svg path")
    .evaluateAll((paths) => paths.map((path) => path.getAttribute("d")));
}
