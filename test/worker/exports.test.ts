// Activities as files, from the API: what comes back and to whom, the provider's own file byte for byte, and ten hours of a record a
// second within the isolate.

import { env } from "cloudflare:workers";
import { Decoder, Stream } from "@garmin/fitsdk";
import { beforeAll, describe, expect, it } from "vitest";
import { putObject } from "../../src/activities/documents.ts";
import { exportContentTypes, exportFormats, writeExport } from "../../src/activities/exports/export.ts";
import { gzip } from "../../src/activities/gzip.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  type ProviderName,
  providerNames,
} from "../../src/kernel/ids.ts";
import { TcxDecoder } from "../../src/tcx/decoder.ts";
import { documentOf, recordAt, tenHoursOfRecords } from "../unit/activities/exports/sample.ts";
import { api, keyWith, problemOf, send } from "./request.ts";
import { untilRevision, userWithRun } from "./user-with-runs.ts";
import { recordsOf, World } from "./world.ts";

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sql(query: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(query)
    .bind(...values)
    .run();
}

async function expectNoActivity(path: string): Promise<void> {
  const response = await api(path);
  expect(response.status, path).toBe(404);
  expect(await problemOf(response)).toMatchObject({
    contentType: "application/problem+json",
    code: "not_found",
  });
}

describe.each(providerNames)("a run from %s as a file", (provider: ProviderName) => {
  const world = new World(53, provider);
  /** The hash of the file that the provider served last. */
  let served = "";
  let id = "";

  beforeAll(async () => {
    world.intercept = (request) => {
      if (!request.url.includes(world.paths.tcx)) return null;
      return world.simulator.fetch(request).then(async (response) => {
        served = await hashOf(await response.clone().arrayBuffer());
        return response;
      });
    };
    const activity = { name: "Morgenlauf", durationSeconds: 1800, laps: 3 };
    id = (await userWithRun(world, `${provider}-exports`, activity)).change.activity.id;
  });

  it.each(exportFormats)(
    "%s has its type, the name to save it by, and a tag that saves asking again",
    async (format) => {
      const path = `/v1/activities/${id}.${format}`;
      const response = await api(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(exportContentTypes[format]);
      expect(response.headers.get("content-disposition")).toMatch(
        new RegExp(`^attachment; filename="\\d{4}-\\d\\d-\\d\\d-${id}\\.${format}"$`),
      );
      expect(response.headers.get("cache-control")).toBe("private, no-cache");
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10_000);

      const etag = response.headers.get("etag") ?? "";
      const again = await api(path, { headers: { "if-none-match": etag } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect(again.headers.get("etag")).toBe(etag);
      const other = exportFormats.find((name) => name !== format) ?? format;
      const otherFile = await api(`/v1/activities/${id}.${other}`, { headers: { "if-none-match": etag } });
      expect(otherFile.status).toBe(200);
      await otherFile.body?.cancel();
    },
  );

  it("holds the document's seconds, laps and title", async () => {
    const document = await world.document(id);
    const records = recordsOf(document);
    const tcx = await (await api(`/v1/activities/${id}.tcx`)).text();
    const decoder = new TcxDecoder();
    decoder.push(new TextEncoder().encode(tcx));
    const [activity] = decoder.end().activities;
    expect([...(activity?.samples.timeMilliseconds ?? [])]).toEqual(
      records.map(({ timestamp }) => Date.parse(timestamp)),
    );
    expect(activity?.laps).toHaveLength(3);
    expect(tcx).toContain("<Notes>Morgenlauf</Notes>");

    const gpx = await (await api(`/v1/activities/${id}.gpx`)).text();
    const route = records.filter(({ positionLat }) => positionLat !== undefined);
    expect(gpx.match(/<trkpt /g)).toHaveLength(route.length);
    expect(gpx.match(/<trkseg>/g)).toHaveLength(3);

    const geoJson = await (await api(`/v1/activities/${id}.geojson`)).json<{
      features: {
        geometry: { type: string; coordinates: number[][] };
        properties: { coordTimes: string[] };
      }[];
    }>();
    expect(geoJson.features[0]?.geometry.type).toBe("LineString");
    expect(geoJson.features[0]?.properties.coordTimes).toEqual(route.map(({ timestamp }) => timestamp));

    const fit = await (await api(`/v1/activities/${id}.fit`)).arrayBuffer();
    const reader = new Decoder(Stream.fromArrayBuffer(fit));
    expect(reader.checkIntegrity()).toBe(true);
    const { messages, errors } = reader.read();
    expect(errors).toEqual([]);
    expect(messages.recordMesgs).toHaveLength(records.length);
    expect(messages.lapMesgs).toHaveLength(3);
  });

  it("is, where the original is asked for, what the provider served, byte for byte", async () => {
    const path = `/v1/activities/${id}.tcx?original=true`;
    const plain = await api(path);
    expect(plain.status).toBe(200);
    expect(plain.headers.get("content-type")).toBe(exportContentTypes.tcx);
    expect(plain.headers.get("content-disposition")).toContain(`${id}.original.tcx"`);
    expect(await hashOf(await plain.arrayBuffer())).toBe(served);
    const zipped = await api(path, { headers: { "accept-encoding": "gzip" } });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    const again = await api(path, { headers: { "if-none-match": plain.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);

    const ours = await api(`/v1/activities/${id}.tcx?original=false`);
    expect(ours.headers.get("etag")).not.toBe(plain.headers.get("etag"));
    expect(await hashOf(await ours.arrayBuffer())).not.toBe(served);
  });

  it("is saved under the day on which the activity began, in UTC", async () => {
    await sql("UPDATE activities SET start_time = ?2 WHERE id = ?1", id, Date.parse("2026-02-28T23:59:59Z"));
    const names = [];
    for (const file of [...exportFormats, "tcx?original=true"]) {
      const response = await api(`/v1/activities/${id}.${file}`, { method: "HEAD" });
      names.push(response.headers.get("content-disposition"));
    }
    expect(names).toEqual(
      // The original has a name of its own, so that the two do not overwrite each other.
      ["tcx", "gpx", "geojson", "fit", "original.tcx"].map(
        (extension) => `attachment; filename="2026-02-28-${id}.${extension}"`,
      ),
    );
  });

  it("is written anew for whoever has the revision before an edit", async () => {
    const user = `${provider}-edits`;
    const { change, providerUserId, activityId } = await userWithRun(world, user);
    const path = (format: string) => `/v1/activities/${change.activity.id}.${format}`;
    const before = new Map<string, string>();
    for (const format of exportFormats) {
      const response = await api(path(format), { method: "HEAD" });
      before.set(format, response.headers.get("etag") ?? "");
    }
    await world.edit(providerUserId, activityId, { name: "Evening run", displayName: "Evening run" });
    await untilRevision(world, user, 2);
    for (const format of exportFormats) {
      const old = before.get(format) ?? "";
      const response = await api(path(format), { headers: { "if-none-match": old } });
      expect(response.status, format).toBe(200);
      expect(response.headers.get("etag"), format).not.toBe(old);
      const text = await response.text();
      if (format !== "fit") expect(text).toContain("Evening run");
    }
  });

  it("has another tag for another document, though the revision's number be the same", async () => {
    const { change } = await userWithRun(world, `${provider}-restored`);
    const path = `/v1/activities/${change.activity.id}.gpx`;
    const tagOf = async () => (await api(path, { method: "HEAD" })).headers.get("etag");
    const before = await tagOf();
    expect(await tagOf()).toBe(before);
    await sql(
      "UPDATE activities SET document_key = (SELECT document_key FROM activities WHERE id = ?2) WHERE id = ?1",
      change.activity.id,
      id,
    );
    expect(await tagOf()).not.toBe(before);
  });

  it("answers HEAD as GET, and neither reads nor writes a file for it", async () => {
    const { change, connectionId } = await userWithRun(world, `${provider}-head`);
    const activity = change.activity.id;
    const get = await api(`/v1/activities/${activity}.fit`);
    const head = await api(`/v1/activities/${activity}.fit`, { method: "HEAD" });
    await get.body?.cancel();
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const name of ["etag", "content-type", "content-disposition", "cache-control"])
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
    // Nobody could write a file of this.
    const owner = { connectionId: asId<ConnectionId>(connectionId), activityId: asId<ActivityId>(activity) };
    const broken = await putObject(env.DOCUMENTS, "documents", owner, await gzip("no document"));
    await sql("UPDATE activities SET document_key = ?2 WHERE id = ?1", activity, broken);
    for (const format of exportFormats) {
      const response = await api(`/v1/activities/${activity}.${format}`, { method: "HEAD" });
      expect(response.status, format).toBe(200);
    }
    await sql("UPDATE activities SET document_key = 'documents/gone' WHERE id = ?1", activity);
    for (const format of exportFormats) {
      const response = await api(`/v1/activities/${activity}.${format}`, { method: "HEAD" });
      expect(response.status, format).toBe(404);
    }
  });

  it("is no FIT, and says why, where the activity began before there are times in FIT", async () => {
    const { change } = await userWithRun(world, `${provider}-long-ago`);
    const { id: old } = change.activity;
    await sql("UPDATE activities SET start_time = ?2 WHERE id = ?1", old, Date.parse("1997-05-01T08:00:00Z"));
    const fit = await api(`/v1/activities/${old}.fit`);
    expect(fit.status).toBe(404);
    expect(await problemOf(fit)).toMatchObject({
      code: "not_found",
      detail: "FIT has times from July 1998 to February 2126 only; the other formats have this activity.",
    });
    const gpx = await api(`/v1/activities/${old}.gpx`);
    expect(gpx.status).toBe(200);
    await gpx.body?.cancel();
  });

  it("is refused with the field where `original` is no word for it, or asked of a format that no provider sends", async () => {
    const queries = [
      "tcx?original=maybe",
      "tcx?original=",
      "tcx?original=true&original=false",
      "tcx?original=true&original=true",
      "gpx?original=true",
    ];
    for (const path of queries.map((query) => `${id}.${query}`)) {
      const response = await api(`/v1/activities/${path}`);
      expect(response.status, path).toBe(400);
      expect(await problemOf(response)).toMatchObject({ code: "invalid_request", field: "query.original" });
    }
  });

  it("needs the scope `read`", async () => {
    const { key, changed } = await keyWith("connect", "operate");
    for (const format of exportFormats) {
      const response = await api(`/v1/activities/${id}.${format}`, { key }, changed);
      expect(response.status).toBe(403);
      expect(await problemOf(response)).toMatchObject({ code: "insufficient_scope" });
    }
  });

  it("is not there under an unknown id or format", async () => {
    for (const format of exportFormats) await expectNoActivity(`/v1/activities/act_none.${format}`);
    for (const name of [`${id}.csv`, `${id}.`, ".tcx", `${id}.TCX`, `${id}.tcx.gz`, `x${id}.tcx`]) {
      await expectNoActivity(`/v1/activities/${name}`);
    }
  });

  it("says that there is no original where the provider sent none, and has the others still", async () => {
    const { change } = await userWithRun(world, `${provider}-without-file`);
    await sql("UPDATE activities SET tcx_key = NULL WHERE id = ?1", change.activity.id);
    const response = await api(`/v1/activities/${change.activity.id}.tcx?original=true`);
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({
      code: "not_found",
      detail: "The provider has sent no TCX of this activity.",
    });
    const ours = await api(`/v1/activities/${change.activity.id}.tcx`);
    expect(ours.status).toBe(200);
    await ours.body?.cancel();
  });

  it("is not there while the activity settles", async () => {
    const { change } = await userWithRun(world, `${provider}-settles`);
    await sql("UPDATE activities SET sequence = NULL WHERE id = ?1", change.activity.id);
    for (const format of exportFormats)
      await expectNoActivity(`/v1/activities/${change.activity.id}.${format}`);
    await expectNoActivity(`/v1/activities/${change.activity.id}.tcx?original=true`);
  });

  it("is gone with the activity", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun(world, `${provider}-deletes`);
    await world.remove(providerUserId, activityId);
    await world.until(async () => {
      expect((await world.feed(userId))[0]?.change).toBe("delete");
    });
    for (const format of exportFormats)
      await expectNoActivity(`/v1/activities/${change.activity.id}.${format}`);
    await expectNoActivity(`/v1/activities/${change.activity.id}.tcx?original=true`);
  });

  it("is not there when its document went a moment ago", async () => {
    const { change } = await userWithRun(world, `${provider}-erased`);
    await sql("UPDATE activities SET document_key = 'documents/gone' WHERE id = ?1", change.activity.id);
    for (const format of exportFormats)
      await expectNoActivity(`/v1/activities/${change.activity.id}.${format}`);
  });
});

describe("the API's description of the files", () => {
  const places = [
    { positionLat: 52.5, positionLong: 13.4, altitude: 34.2, distance: 0, heartRate: 96 },
    { positionLat: 52.50002, positionLong: 13.40003, altitude: 34.3, distance: 3, heartRate: 97 },
  ];
  const twoSeconds = documentOf({
    laps: [places.map((place, second) => recordAt(second, place))],
    lapDistance: 3,
    fields: { title: "Morning run", calories: 1 },
  });

  interface Operation {
    readonly parameters: readonly {
      readonly name: string;
      readonly in: string;
      readonly description?: string;
    }[];
    readonly responses: Readonly<
      Record<string, { content?: Record<string, { schema: { description?: string }; example?: string }> }>
    >;
  }

  it.each(exportFormats)(
    "%s: the tag to send back, `original`, and what a file looks like",
    async (format) => {
      const { paths } = await (await send("/openapi.json")).json<{
        paths: Record<string, { get: Operation }>;
      }>();
      const { parameters, responses } = paths[`/v1/activities/{id}.${format}`]?.get ?? {
        parameters: [],
        responses: {},
      };
      expect(parameters.map((parameter) => `${parameter.in} ${parameter.name}`).sort()).toEqual([
        "header if-none-match",
        "path id",
        "query original",
      ]);
      const content = responses[200]?.content?.[exportContentTypes[format]];
      if (format === "fit") expect(content?.schema.description).toContain("FIT");
      else expect(content?.example).toBe(await new Response(await writeExport(twoSeconds, format)).text());
    },
  );
});

describe("ten hours at a record a second", () => {
  const world = new World(54);
  const records = tenHoursOfRecords();
  let id = "";

  beforeAll(async () => {
    const { change, connectionId } = await userWithRun(world, "ultra");
    id = change.activity.id;
    const owner = { connectionId: asId<ConnectionId>(connectionId), activityId: asId<ActivityId>(id) };
    const gzipped = await gzip(JSON.stringify(documentOf({ laps: [records] })));
    const key = await putObject(env.DOCUMENTS, "documents", owner, gzipped);
    await sql("UPDATE activities SET document_key = ?2 WHERE id = ?1", id, key);
  });

  it.each([
    ["tcx", /<Trackpoint>/g],
    ["gpx", /<trkpt /g],
    ["geojson", /\d\],?(?=[[\]])/g],
  ] as const)("is a whole %s, in chunks of some 64 KiB", async (format, point) => {
    const response = await api(`/v1/activities/${id}.${format}`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let longest = 0;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      longest = Math.max(longest, next.value.length);
      text += next.value;
    }
    expect(text.match(point)).toHaveLength(records.length);
    expect(longest).toBeLessThan(70_000);
  });

  it("is a whole FIT of less than a megabyte", async () => {
    const bytes = await (await api(`/v1/activities/${id}.fit`)).arrayBuffer();
    expect(bytes.byteLength).toBeLessThan(1_000_000);
    const decoder = new Decoder(Stream.fromArrayBuffer(bytes));
    expect(decoder.checkIntegrity()).toBe(true);
    expect(decoder.read().messages.recordMesgs).toHaveLength(records.length);
  });
});
