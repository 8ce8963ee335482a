// A map has a ground only where `MAP_TILE_URL` names a server for it; then its tiles are loaded and nothing else is.

import { createServer, type Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../scripts/demo/connecting.ts";
import { launchChromium } from "../../scripts/local/chromium.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { Service } from "../e2e/service.ts";
import { Machine } from "./machine.ts";
import { Visitor } from "./visitor.ts";

/** One grey pixel. */
const tile = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

let browser: Browser;
let service: Service;
let tiles: Server;
let tilesUrl: string;
const asked: string[] = [];

beforeAll(async () => {
  const port = await findFreePort();
  tilesUrl = `http://127.0.0.1:${port}`;
  tiles = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "content-type": "image/png" }).end(tile);
  });
  await new Promise<void>((resolve) => tiles.listen(port, "127.0.0.1", resolve));
  service = await Service.start({
    environment: { MAP_TILE_URL: `${tilesUrl}/{z}/{x}/{y}.png`, MAP_TILE_ATTRIBUTION: "Grey Pixel Maps" },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  tiles?.close();
});

describe("a tile server", () => {
  it("gives the map its ground, and its maker is named", async () => {
    const machine = new Machine({ serviceUrl: service.url, simulatorUrl: service.simulatorUrl });
    const account = await machine.account("google-health", "Mappa");
    const { connectionId } = await connect(machine.api, { userId: "map-user", providerUserId: account });
    const startTime = new Date(Date.now() - 86_400_000).toISOString();
    await machine.train(account, [{ name: "Run", startTime, durationSeconds: 1200, gps: true }]);
    await machine.api.post(`/v1/connections/${connectionId}/backfill`, { since: startTime.slice(0, 10) });
    await expect.poll(() => machine.activities("map-user"), { timeout: 20_000 }).toHaveLength(1);
    const [activity] = await machine.activities("map-user");

    const visitor = await Visitor.arrive(browser, machine.places, { allowedOrigins: [tilesUrl] });
    await visitor.openPortal(await machine.portalLink("map-user"));
    await visitor.page.goto(`${service.url}/portal/activities/${activity?.id}`);
    await visitor.page.locator(".leaflet-tile-loaded").first().waitFor();
    await visitor.see("Grey Pixel Maps");
    expect(asked.length).toBeGreaterThan(0);
    for (const path of asked) expect(path).toMatch(/^\/\d+\/\d+\/\d+\.png$/);
    await visitor.leave();
  });
});
