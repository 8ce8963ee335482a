// The page of one activity, as its user, somebody else, and a browser without JavaScript see it.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { providerNames } from "../../src/kernel/ids.ts";
import { openPortal } from "./portal-session.ts";
import { World, workerUrl } from "./world.ts";

describe.each(providerNames)("an activity from %s in the portal", (provider) => {
  const world = new World(41, provider);

  it("has its figures, zones, laps and files, and nothing in it needs JavaScript but the drawing", async () => {
    const user = `${provider}-runner`;
    const { providerUserId } = await world.connect(user);
    await world.record(providerUserId, { name: "Run", durationSeconds: 1800, laps: 3 });
    await world.push(providerUserId);
    const [change] = await world.untilFeed(user, 1);
    const id = change?.activity.id ?? "";
    const portal = await openPortal(world, user);

    const page = await portal.get(`/portal/activities/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain("<h1>Run</h1>");
    expect(page.text).toMatch(/<dt>Duration<\/dt><dd>30:00/);
    expect(page.text).toMatch(/<dt>Distance<\/dt><dd>[\d.]+ km/);
    expect(page.text).toMatch(/<dt>Average pace<\/dt><dd>\d+:\d\d min\/km/);
    expect(page.text).toMatch(/<dt>Heart rate<\/dt><dd>\d+ bpm on average/);
    expect(page.text).toContain("the time of where it was recorded");
    expect(page.text).toContain("Heart rate zones");
    expect(page.text).toContain("The route is complete.");
    expect(page.text).toContain("The heart rate is complete.");
    const laps = page.text.slice(page.text.indexOf('id="laps"'), page.text.indexOf('id="holdings"'));
    expect(laps.match(/<th scope="row"/g)).toHaveLength(3);
    expect(page.text).toMatch(/<noscript><p[^>]*>The map and the charts need JavaScript/);

    // No script, style or address of anybody else's.
    expect(page.text).not.toMatch(
      / style=|<script(?! type="module" src="\/assets\/)|(src|href)="(https?:)?\/\//,
    );
    expect(page.headers.get("content-security-policy")).toContain("img-src 'self' data:;");
    expect(page.headers.get("cache-control")).toBe("no-store");

    const tcx = await portal.get(`/portal/activities/${id}/original.tcx`);
    expect(tcx.status).toBe(200);
    expect(tcx.text).toContain("<TrainingCenterDatabase");
    expect(tcx.headers.get("content-type")).toBe("application/vnd.garmin.tcx+xml");
    expect(tcx.headers.get("content-disposition")).toMatch(
      new RegExp(`^attachment; filename="\\d{4}-\\d\\d-\\d\\d-${id}\\.original\\.tcx"$`),
    );
  });

  it("hands on the very document that FitGlue gets, once", async () => {
    const user = `${provider}-runner`;
    const id = (await world.feed(user))[0]?.activity.id ?? "";
    const portal = await openPortal(world, user);
    const path = `/portal/activities/${id}/document.json`;
    const document = await portal.get(path);
    expect(document.status).toBe(200);
    expect(document.headers.get("content-type")).toBe("application/json");
    expect(JSON.parse(document.text)).toEqual(await world.document(id));
    const again = await portal.get(path, { "if-none-match": document.headers.get("etag") ?? "" });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("takes its map's ground from the server that is set, and lets the page load images from that one only", async () => {
    const user = `${provider}-runner`;
    const id = (await world.feed(user))[0]?.activity.id ?? "";
    const portal = await openPortal(world, user);
    const url = `${workerUrl}/portal/activities/${id}`;
    const withTiles = {
      ...env,
      MAP_TILE_URL: "https://{s}.tiles.example.org/{z}/{x}/{y}.png",
      MAP_TILE_ATTRIBUTION: "© Mappers <b> (https://maps.example.org/terms)",
    };
    const cookie = [...portal.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const page = await createApp().fetch(new Request(url, { headers: { cookie } }), withTiles);
    const text = await page.text();
    expect(page.status, text).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain(
      "img-src 'self' data: https://*.tiles.example.org;",
    );
    expect(text).toContain('data-tiles="https://{s}.tiles.example.org/{z}/{x}/{y}.png"');
    expect(text).toContain(
      'Map: © Mappers &lt;b&gt; (<a href="https://maps.example.org/terms">maps.example.org/terms</a>)',
    );
  });

  it("is nobody else's: another user sees what is seen of an id that never was", async () => {
    const id = (await world.feed(`${provider}-runner`))[0]?.activity.id ?? "";
    const stranger = await openPortal(world, `${provider}-stranger`);
    for (const part of ["", "/document.json", "/original.tcx"]) {
      const [foreign, unknown] = [
        await stranger.get(`/portal/activities/${id}${part}`),
        await stranger.get(`/portal/activities/act_none${part}`),
      ];
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(foreign.text).toBe(unknown.text);
    }
    const nobody = await world.fetch(`/portal/activities/${id}/document.json`);
    expect(nobody.status).toBe(401);
    expect(await nobody.text()).not.toContain("standardizedActivity");
  });

  it("says why heart rate is missing, and offers no file where there is none", async () => {
    const user = `${provider}-without`;
    const { providerUserId } = await world.connect(user);
    // Long over when it is seen first: nobody waits for what it lacks.
    await world.pass(6 * 3600, providerUserId);
    const startTime = new Date(world.now() - 4 * 3_600_000).toISOString();
    await world.record(providerUserId, { name: "Yoga", gps: false, heartRate: false, startTime });
    await world.push(providerUserId);
    const id = (await world.untilFeed(user, 1))[0]?.activity.id ?? "";
    await env.DB.prepare("UPDATE activities SET tcx_key = NULL WHERE id = ?1").bind(id).run();
    const portal = await openPortal(world, user);
    const page = await portal.get(`/portal/activities/${id}`);
    expect(page.text).toContain("No route: this activity was recorded without GPS, as workouts indoors are.");
    expect(page.text).toContain("No heart rate: your provider has no sample for this time.");
    expect(page.text).not.toContain("original.tcx");
    expect(page.text).not.toContain("<noscript>");
    expect((await portal.get(`/portal/activities/${id}/original.tcx`)).status).toBe(404);
  });

  it("tells that it is not in FitGlue yet, and until when, while something may still arrive", async () => {
    const user = `${provider}-settling`;
    const { providerUserId } = await world.connect(user);
    await world.faults({ fault: "late_heart_rate", providerUserId, delaySeconds: 3600 });
    await world.record(providerUserId, { name: "Run" });
    await world.push(providerUserId);
    const row = await world.until(async () => {
      const found = await env.DB.prepare(
        "SELECT id FROM activities WHERE user_id = ?1 AND document_key IS NOT NULL",
      )
        .bind(user)
        .first<{ id: string }>();
      expect(found).not.toBeNull();
      return found;
    });
    const portal = await openPortal(world, user);
    const page = await portal.get(`/portal/activities/${row?.id}`);
    expect(page.text).toMatch(
      /This activity is not in FitGlue yet\.<\/strong> Its heart rate may still arrive\./,
    );
    expect(page.text).toContain("No heart rate yet.");
    expect(page.text).not.toContain("The device was not worn");
    expect(page.text).toMatch(/or as it is at \d\d:\d\d \(UTC[^)]*\), in 1\d minutes\./);
    await world.faults();
    await world.pass(16 * 60, providerUserId);
    await world.untilFeed(user, 1);
    const settled = (await portal.get(`/portal/activities/${row?.id}`)).text;
    expect(settled).not.toContain("not in FitGlue yet");
    expect(settled).not.toContain("No heart rate yet.");
  });

  it("once deleted has a page that says so, and no data", async () => {
    const user = `${provider}-deleting`;
    const { providerUserId, connectionId } = await world.connect(user);
    await world.record(providerUserId, { name: "Secret run" });
    await world.push(providerUserId);
    const id = (await world.untilFeed(user, 1))[0]?.activity.id ?? "";
    const portal = await openPortal(world, user);
    expect((await portal.get(`/portal/activities/${id}`)).text).toContain("Secret run");
    await world.api(`/v1/connections/${connectionId}?erase=true`, { method: "DELETE" });
    const page = await portal.get(`/portal/activities/${id}`);
    expect(page.status).toBe(404);
    expect(page.text).toContain("<h1>This activity was deleted</h1>");
    expect(page.text).not.toMatch(/Secret run|<dl/);
    for (const part of ["/document.json", "/original.tcx"]) {
      expect((await portal.get(`/portal/activities/${id}${part}`)).status).toBe(404);
    }
  });
});
