// Each state that a connection can be in, as its user sees it: a state in words, its reason, and a button that mends it.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium } from "../../scripts/local/chromium.ts";
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

async function arrive(userId: string): Promise<Visitor> {
  const visitor = await Visitor.arrive(browser, machine.places);
  await visitor.openPortal(await machine.portalLink(userId));
  return visitor;
}

/** What the user has, as FitGlue is told. */
async function connectionsOf(userId: string): Promise<{ id: string; provider: string; status: string }[]> {
  const { connections } = await machine.api.get<{
    connections: { id: string; provider: string; status: string }[];
  }>(`/v1/connections?userId=${userId}`);
  return connections;
}

/** A sync that is asked for while the first look goes on becomes another round of that look, which no page shows. */
async function firstLookIsOver(userId: string): Promise<void> {
  const lastSyncs = async () => {
    const { connections } = await machine.api.get<{ connections: { lastSyncedAt: string | null }[] }>(
      `/v1/connections?userId=${userId}`,
    );
    return connections.map(({ lastSyncedAt }) => lastSyncedAt);
  };
  await expect.poll(lastSyncs, { timeout: 20_000 }).not.toContain(null);
}

describe("a connection", () => {
  it("is connected: it says so, when it last synced, and what can be done", async () => {
    const account = await machine.account("google-health", "Connie");
    const visitor = await arrive("state-active");
    await visitor.connect("Connect Google Health", { id: account });
    await visitor.see("Google Health is connected");
    const { page } = visitor;
    await firstLookIsOver("state-active");
    for (const name of ["Sync now", "Import history"]) {
      await page.getByRole("button", { name }).waitFor();
    }
    for (const name of ["Disconnect", "Erase my data"]) {
      await page.getByRole("link", { name, exact: true }).waitFor();
    }
    await page.getByRole("button", { name: "Sync now" }).click();
    await visitor.see("A sync has been asked for.");
    await page.locator("[data-running]").first().waitFor({ state: "detached" });
    await visitor.see(/of 300 this minute/);
    await visitor.leave();
  });

  it("lacks permissions: it names each and what it costs, and one click asks the provider again", async () => {
    const account = await machine.account("fitbit", "Mick");
    const visitor = await arrive("state-missing");
    await visitor.connect("Connect Fitbit", { id: account }, ["location", "heartrate"]);
    await visitor.see("You left out: Heart rate, Location and GPS.");
    await visitor.see("activities arrive without a route");
    await visitor.connect("Reconnect Fitbit", { id: account });
    await visitor.see("Fitbit is connected");
    expect(await visitor.page.getByText("Missing permissions").count()).toBe(0);
    await visitor.leave();
  });

  it("was refused at the provider: the page says that nothing was connected", async () => {
    const visitor = await arrive("state-denied");
    await visitor.page.getByRole("button", { name: "Connect Google Health" }).click();
    await visitor.page.getByRole("button", { name: "Cancel" }).click();
    await visitor.see("you said no at the provider");
    await visitor.leave();
  });

  it("needs re-authorization: one click to the provider and it goes on under the same id", async () => {
    const account = await machine.account("google-health", "Rea");
    const visitor = await arrive("state-revoked");
    await visitor.connect("Connect Google Health", { id: account });
    await visitor.see("Google Health is connected");
    await firstLookIsOver("state-revoked");
    const before = await connectionsOf("state-revoked");
    // Consent withdrawn in the provider's settings; the next sync learns of it.
    await machine.simulator.post(`/sim/users/${account}/revoke`);
    await visitor.page.getByRole("button", { name: "Sync now" }).click();
    await visitor.see("Needs re-authorization");
    await visitor.page.getByRole("button", { name: "Sync now" }).waitFor({ state: "detached" });
    await visitor.connect("Reconnect Google Health", { id: account });
    await visitor.see("Google Health is connected");
    expect((await connectionsOf("state-revoked")).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await visitor.leave();
  });

  it("was Fitbit's, whose service has ended: it says so, and reconnecting with Google carries it over", async () => {
    const account = await machine.account("fitbit", "Goner");
    const visitor = await arrive("state-gone");
    await visitor.connect("Connect Fitbit", { id: account });
    await visitor.see("Fitbit is connected");
    await firstLookIsOver("state-gone");
    const before = await connectionsOf("state-gone");
    await machine.simulator.put("/sim/faults", [
      { fault: "gone", provider: "fitbit", providerUserId: account },
    ]);
    await visitor.page.getByRole("button", { name: "Sync now" }).click();
    await visitor.see("Fitbit's old service has ended: reconnect with Google");
    const { providerUserId } = await machine.simulator.post<{ providerUserId: string }>("/sim/users", {
      provider: "google-health",
      legacyUserId: account,
    });
    await visitor.connect("Reconnect with Google Health", { id: providerUserId });
    await visitor.see("Google Health is connected");
    const after = await connectionsOf("state-gone");
    expect(after).toMatchObject([{ id: before[0]?.id, provider: "google-health", status: "active" }]);
    await visitor.leave();
  });

  it("ended in another tab while a sync was under way: the page that stayed open shows it by itself", async () => {
    const account = await machine.account("fitbit", "Tab");
    const visitor = await arrive("state-elsewhere");
    const { page } = visitor;
    await visitor.connect("Connect Fitbit", { id: account });
    await visitor.see("Fitbit is connected");
    await firstLookIsOver("state-elsewhere");
    await machine.simulator.put("/sim/faults", [
      { fault: "slow", providerUserId: account, path: "list.json", delaySeconds: 4 },
    ]);
    await page.getByRole("button", { name: "Sync now" }).click();
    await visitor.see("Under way.");
    const [connection] = await connectionsOf("state-elsewhere");
    await machine.api.delete(`/v1/connections/${connection?.id}`);
    await visitor.see("Ended connections");
    expect(await page.locator("[data-running]").count()).toBe(0);
    await visitor.leave();
  });

  it("was disconnected, and its data erased: each asks first, and says what became of it", async () => {
    const account = await machine.account("google-health", "Dis");
    const visitor = await arrive("state-ended");
    const { page } = visitor;
    await visitor.connect("Connect Google Health", { id: account });
    await visitor.see("Google Health is connected");
    await page.getByRole("link", { name: "Disconnect", exact: true }).click();
    await page.getByRole("link", { name: "Keep it" }).click();
    await visitor.see("Connected");
    await page.getByRole("link", { name: "Disconnect", exact: true }).click();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await visitor.see("What was synced stays until you erase it.");
    await page.setViewportSize(phone);
    const eraseLink = await page.getByRole("link", { name: /^Erase my data of/ }).boundingBox();
    expect((eraseLink?.x ?? phone.width) + (eraseLink?.width ?? 0)).toBeLessThanOrEqual(phone.width);
    // An id is read as one word.
    const id = await page.locator("code").first().boundingBox();
    expect(id?.height).toBeLessThan(30);
    await page.setViewportSize(desktop);
    await page.getByRole("link", { name: /^Erase my data/ }).click();
    const erase = page.getByRole("button", { name: "Erase my data" });
    await erase.click();
    // The box has to be ticked first; the browser holds the form back.
    expect(new URL(page.url()).pathname).toMatch(/\/erase$/);
    await page.getByRole("checkbox").check();
    await erase.click();
    await visitor.see("Your data of this connection is being erased");
    await visitor.see(/Disconnected, data erased|erased/);
    await visitor.leave();
  });
});
