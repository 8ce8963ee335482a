// The files of an activity in the portal: which ones its page offers, and that nobody gets another user's.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { exportContentTypes, exportFormats } from "../../src/activities/exports/export.ts";
import { providerNames } from "../../src/kernel/ids.ts";
import { openPortal, type PortalClient } from "./portal-session.ts";
import { api } from "./request.ts";
import { userWithRun } from "./user-with-runs.ts";
import { World } from "./world.ts";

/** The addresses that an activity's page offers as files. */
async function offered(portal: PortalClient, id: string): Promise<string[]> {
  const { text } = await portal.get(`/portal/activities/${id}`);
  const section = text.slice(text.indexOf('id="downloads"'));
  return [...section.matchAll(/href="(\/portal\/activities\/[^"]+)"/g)].map(([, path]) => path ?? "");
}

describe.each(providerNames)("the files of an activity from %s", (provider) => {
  const world = new World(57, provider);

  it("are all on its page, each as the API has it, under its name and with a tag", async () => {
    const user = `${provider}-downloads`;
    const { change } = await userWithRun(world, user, { name: "Run", laps: 2 });
    const { id } = change.activity;
    const portal = await openPortal(world, user);
    const path = `/portal/activities/${id}`;
    expect(await offered(portal, id)).toEqual([
      `${path}/document.json`,
      `${path}/original.tcx`,
      ...exportFormats.map((format) => `${path}/export.${format}`),
    ]);
    const cookie = [...portal.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    for (const format of exportFormats) {
      const file = await world.fetch(`${path}/export.${format}`, { headers: { cookie } });
      expect(file.status).toBe(200);
      expect(file.headers.get("content-type")).toBe(exportContentTypes[format]);
      expect(file.headers.get("content-disposition")).toMatch(
        new RegExp(`^attachment; filename="\\d{4}-\\d\\d-\\d\\d-${id}\\.${format}"$`),
      );
      const asTheApiHasIt = await api(`/v1/activities/${id}.${format}`);
      expect(new Uint8Array(await file.arrayBuffer())).toEqual(
        new Uint8Array(await asTheApiHasIt.arrayBuffer()),
      );
      const etag = file.headers.get("etag") ?? "";
      const again = await portal.get(`${path}/export.${format}`, { "if-none-match": etag });
      expect([again.status, again.text]).toEqual([304, ""]);
    }
    expect((await portal.get(`${path}/export.csv`)).status).toBe(404);
    const ours = await portal.get(`${path}/export.tcx`);
    const original = await portal.get(`${path}/original.tcx`);
    const day = change.activity.startTime.slice(0, 10);
    expect([ours, original].map(({ headers }) => headers.get("content-disposition"))).toEqual([
      `attachment; filename="${day}-${id}.tcx"`,
      `attachment; filename="${day}-${id}.original.tcx"`,
    ]);
  });

  it("are there while it settles, for whoever looks what has come so far", async () => {
    const user = `${provider}-settling`;
    const { change } = await userWithRun(world, user);
    await env.DB.prepare("UPDATE activities SET sequence = NULL WHERE id = ?1")
      .bind(change.activity.id)
      .run();
    const portal = await openPortal(world, user);
    const file = await portal.get(`/portal/activities/${change.activity.id}/export.gpx`);
    expect(file.status).toBe(200);
    expect(file.text).toContain("<trkpt ");
  });

  it("have none that is nothing but a route where there is no route", async () => {
    const user = `${provider}-indoors`;
    const { change } = await userWithRun(world, user, { name: "Yoga", gps: false });
    const { id } = change.activity;
    const portal = await openPortal(world, user);
    const formats = (await offered(portal, id)).flatMap((path) => path.split("/export.")[1] ?? []);
    expect(formats).toEqual(["tcx", "fit"]);
    // An address that somebody kept is a file all the same.
    const file = await portal.get(`/portal/activities/${id}/export.gpx`);
    expect(file.text).toContain("<desc>This activity has no route.</desc>");
  });

  it("have no FIT where the activity began before there are times in FIT", async () => {
    const user = `${provider}-long-ago`;
    const { change } = await userWithRun(world, user);
    const { id } = change.activity;
    await env.DB.prepare("UPDATE activities SET start_time = ?2 WHERE id = ?1")
      .bind(id, Date.parse("1997-05-01T08:00:00Z"))
      .run();
    const portal = await openPortal(world, user);
    const formats = (await offered(portal, id)).flatMap((path) => path.split("/export.")[1] ?? []);
    expect(formats).toEqual(["tcx", "gpx", "geojson"]);
    expect((await portal.get(`/portal/activities/${id}/export.fit`)).status).toBe(404);
  });

  it("are nobody else's, and nobody's without a session", async () => {
    const id = (await world.feed(`${provider}-downloads`))[0]?.activity.id ?? "";
    const stranger = await openPortal(world, `${provider}-stranger-to-files`);
    for (const format of exportFormats) {
      const path = `/portal/activities/${id}/export.${format}`;
      const foreign = await stranger.get(path);
      const unknown = await stranger.get(`/portal/activities/act_none/export.${format}`);
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(foreign.text).toBe(unknown.text);
      expect((await world.fetch(path)).status).toBe(401);
    }
  });

  it("are gone with the activity", async () => {
    const user = `${provider}-deleting`;
    const { change, providerUserId, activityId } = await userWithRun(world, user);
    await world.remove(providerUserId, activityId);
    await world.until(async () => expect((await world.feed(user))[0]?.change).toBe("delete"));
    const portal = await openPortal(world, user);
    for (const format of exportFormats) {
      const file = await portal.get(`/portal/activities/${change.activity.id}/export.${format}`);
      expect(file.status).toBe(404);
    }
  });
});
