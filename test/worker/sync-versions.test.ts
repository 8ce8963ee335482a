// Versions and deletions (rules 8 and 9): an edit is one revision, the same again is none, a failing provider never makes an
// activity less, and only proof deletes. On the real queues, D1, R2 and Durable Objects, against the simulator.

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readSources } from "../../src/activities/documents.ts";
import { readActivity } from "../../src/activities/store.ts";
import { databaseFor } from "../../src/db/databases.ts";
import { type ActivityId, asId, type UserId } from "../../src/kernel/ids.ts";
import { type Change, type NewActivity, recordsOf, World } from "./world.ts";

const world = new World(2);

/** A user with one complete run in the feed. */
async function userWithRun(userId: string, activity: NewActivity = { name: "Run" }) {
  const { providerUserId, connectionId } = await world.connect(userId);
  const activityId = await world.record(providerUserId, activity);
  await world.push(providerUserId);
  const [change] = await world.untilFeed(userId, 1);
  if (change === undefined) throw new Error("the feed is empty");
  await world.quiet(providerUserId);
  return { userId, providerUserId, connectionId, activityId, change };
}

/** A user with `count` runs in the feed, the newest an hour and a half ago. */
async function userWithRuns(userId: string, count: number) {
  const connected = await world.connect(userId);
  // What was recorded after connecting comes by itself; time passes, so that there is room for all of them.
  await world.pass(12 * 3600, connected.providerUserId);
  await world.quiet(connected.providerUserId);
  const activityIds: string[] = [];
  for (let index = 0; index < count; index++) {
    const startTime = new Date(world.now() - (2 + index) * 3_600_000).toISOString().replace(/\.\d+/, "");
    activityIds.push(await world.record(connected.providerUserId, { startTime, durationSeconds: 600 }));
  }
  await world.push(connected.providerUserId);
  await world.untilFeed(userId, count);
  await world.quiet(connected.providerUserId);
  return { ...connected, userId, activityIds };
}

async function theOnlyChange(userId: string): Promise<Change> {
  const changes = await world.feed(userId);
  expect(changes).toHaveLength(1);
  const [change] = changes;
  if (change === undefined) throw new Error("the feed is empty");
  return change;
}

async function untilRevision(userId: string, revision: number): Promise<Change> {
  return await world.until(async () => {
    const change = await theOnlyChange(userId);
    expect(change.activity.revision).toBe(revision);
    return change;
  });
}

const deletions = (changes: readonly Change[]) => changes.filter(({ change }) => change === "delete");

/** Lets every list of one page arrive as `change` makes it. */
function editList(change: (text: string) => string): void {
  world.intercept = async (request) => {
    const response = await world.simulator.fetch(request);
    if (!request.url.includes("/activities/list.json")) return response;
    return new Response(change(await response.text()), response);
  };
}

/** A list's text, cut between its entries. */
const entriesOf = (text: string): string[] => text.split(/(?<=\}),(?=\{"activeDuration")/);

describe("an edited activity", () => {
  it("is one new revision, marked as an edit and not as the first", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("edits-title");
    expect(change).toMatchObject({ origin: "live", firstRevision: true, activity: { revision: 1 } });
    await world.edit(providerUserId, activityId, { name: "Morning run" });
    const edited = await untilRevision(userId, 2);
    expect(edited).toMatchObject({
      change: "upsert",
      origin: "edit",
      firstRevision: false,
      activity: { id: change.activity.id, title: "Morning run" },
    });
    expect(await world.document(edited.activity.id)).toMatchObject({ revision: 2, title: "Morning run" });
    await world.quiet(providerUserId);
    expect((await theOnlyChange(userId)).activity.revision).toBe(2);
  });

  it("that was edited back and forth with the same outcome is no revision", async () => {
    const { userId, providerUserId, connectionId, activityId } = await userWithRun("edits-nothing");
    await world.edit(providerUserId, activityId, {});
    await world.until(async () => {
      expect(await world.calls(providerUserId, ".tcx")).toHaveLength(2);
    });
    await world.quiet(providerUserId);
    expect(await theOnlyChange(userId)).toMatchObject({ firstRevision: true, activity: { revision: 1 } });
    expect((await world.runs(connectionId))[0]?.counts).toMatchObject({ created: 0, updated: 0 });

    // The newer version was taken note of: the next push fetches nothing.
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect(await world.calls(providerUserId, ".tcx")).toHaveLength(2);
  });

  it("pushed again without a change costs one list and is no revision", async () => {
    const { userId, providerUserId } = await userWithRun("pushed-again");
    const before = (await world.calls(providerUserId)).length;
    await world.push(providerUserId);
    await world.until(async () => {
      expect((await world.calls(providerUserId)).length).toBeGreaterThan(before);
    });
    await world.quiet(providerUserId);
    const fresh = (await world.calls(providerUserId)).slice(before);
    expect(fresh.map((call) => call.path.split("?")[0])).toEqual(["/1/user/-/activities/list.json"]);
    expect((await theOnlyChange(userId)).activity.revision).toBe(1);
  });

  it("moved to another time takes the heart rate of that time, not of the old one", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("moved-activity");
    const moved = new Date(Date.parse(change.activity.startTime) - 4 * 3_600_000).toISOString();
    await world.edit(providerUserId, activityId, {
      startTime: moved,
      heartRateUntilSeconds: 900,
      gps: false,
    });
    const edited = await untilRevision(userId, 2);
    const beats = recordsOf(await world.document(edited.activity.id)).filter((record) => record.heartRate);
    expect(beats.length).toBeGreaterThan(100);
    for (const { timestamp } of beats) {
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.parse(moved) + 900_000);
    }
  });
});

describe("an activity that its user moves out of what a list reaches", () => {
  it("is asked for by name and told at its new time, not deleted", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("moved-away");
    const moved = new Date(Date.parse(change.activity.startTime) - 20 * 24 * 3_600_000).toISOString();
    await world.edit(providerUserId, activityId, { startTime: moved });
    const edited = await untilRevision(userId, 2);
    expect(Date.parse(edited.activity.startTime)).toBe(Date.parse(moved));
    expect(edited.origin).toBe("edit");
  });
});

describe("a provider that fails when it is asked again", () => {
  it.for([
    ["a refused TCX", { fault: "tcx_400", path: ".tcx" }, 1],
    ["an empty TCX", { fault: "tcx_empty", path: ".tcx" }, 1],
    ["a TCX that answers 500 at every attempt", { fault: "500", path: ".tcx" }, 3],
    ["a TCX that is cut at every attempt", { fault: "cut", path: ".tcx" }, 3],
    ["a TCX whose connection breaks", { fault: "cut_connection", path: ".tcx" }, 3],
    ["refused heart rate", { fault: "intraday_403" }, 1],
    ["heart rate that answers 500", { fault: "500", path: "/heart/date" }, 3],
    ["heart rate without its series", { fault: "intraday_missing" }, 1],
  ] as const)("makes no activity less: %s", async ([name, fault, attempts]) => {
    const userId = `fails-${name.replaceAll(" ", "-")}`;
    // A file of a route holds heart rate too; without one, the heart rate by second is all there is.
    const isOfHeartRate = name.includes("heart rate");
    const activity = isOfHeartRate ? { name: "Treadmill", gps: false } : { name: "Run" };
    const { providerUserId, activityId, change } = await userWithRun(userId, activity);
    const before = await world.document(change.activity.id);
    await world.faults({ ...fault, providerUserId }, { fault: "lose", providerUserId });
    await world.edit(providerUserId, activityId, { name: "Evening run" });
    await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, attempts);
    await world.faults();

    // The title is new and the streams are those from before, to the last record.
    const edited = await untilRevision(userId, 2);
    expect(edited.activity).toMatchObject({
      title: "Evening run",
      completeness: change.activity.completeness,
    });
    expect(recordsOf(await world.document(edited.activity.id))).toEqual(recordsOf(before));
  });

  it("makes no activity less: a file with half of its points", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("half-a-file");
    const before = await world.document(change.activity.id);
    world.intercept = async (request) => {
      const response = await world.simulator.fetch(request);
      if (!request.url.includes(`${activityId}.tcx`)) return response;
      const parts = (await response.text()).split(/(?=<Trackpoint>)/);
      const half = parts.slice(0, Math.floor(parts.length / 2));
      return new Response([...half, parts.at(-1)].join(""), response);
    };
    try {
      await world.edit(providerUserId, activityId, { name: "Evening run" });
      await untilRevision(userId, 2);
    } finally {
      world.intercept = () => null;
    }
    expect(recordsOf(await world.document(change.activity.id))).toEqual(recordsOf(before));
  });

  it("gives less where its user has cut the activity", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("cut-activity");
    await world.edit(providerUserId, activityId, { durationSeconds: 600 });
    const edited = await untilRevision(userId, 2);
    expect(edited.activity).toMatchObject({
      elapsedSeconds: 600,
      completeness: { gps: { state: "complete" }, heartRate: { state: "complete" } },
    });
    const last = recordsOf(await world.document(change.activity.id)).at(-1)?.timestamp ?? "";
    expect(Date.parse(last)).toBeLessThanOrEqual(Date.parse(change.activity.startTime) + 600_000);
  });

  it("is asked again before the activity goes on with what it had", async () => {
    const { userId, providerUserId, activityId } = await userWithRun("fails-once");
    await world.faults({ fault: "500", path: ".tcx", providerUserId }, { fault: "lose", providerUserId });
    await world.edit(providerUserId, activityId, { name: "Evening run" });
    const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 1);
    await world.faults();
    expect(verdict).toMatchObject({ kind: "retry", delaySeconds: 10 });
    expect((await theOnlyChange(userId)).activity.revision).toBe(1);
  });

  it("cannot bring back an older version that a late message still carries", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("old-version");
    const row = await readActivity(
      databaseFor(env, asId<UserId>(userId)),
      asId<ActivityId>(change.activity.id),
    );
    const old = (await readSources(env.DOCUMENTS, row?.sourcesKey ?? null))?.summary;
    if (old === undefined) throw new Error("the activity has no sources");
    await world.edit(providerUserId, activityId, { name: "Newer title" });
    await untilRevision(userId, 2);
    await world.quiet(providerUserId);
    const verdict = await world.deliver(providerUserId, {
      kind: "sync",
      trigger: "notification",
      found: {
        summaries: [old],
        adoptions: [],
        missing: [],
        underWayUntil: null,
        stored: 1,
        calls: 0,
        listed: 1,
        listStartedAt: world.now(),
      },
    });
    expect(verdict).toEqual({ kind: "done" });
    expect(await theOnlyChange(userId)).toMatchObject({ activity: { revision: 2, title: "Newer title" } });
  });
});

describe("an activity that its user deleted", () => {
  it("becomes a tombstone after the provider, asked for it by name, answered 404", async () => {
    const { userId, providerUserId, connectionId, activityId, change } = await userWithRun("deletes");
    await world.remove(providerUserId, activityId);
    const tombstone = await untilRevision(userId, 2);
    expect(tombstone).toEqual({
      change: "delete",
      activity: { id: change.activity.id, userId, revision: 2, deletedAt: expect.any(String) },
    });
    const asked = await world.calls(providerUserId, `/activities/${activityId}.json`);
    expect(asked.map((call) => call.status)).toEqual([404]);
    await world.api(`/v1/activities/${change.activity.id}`, { status: 404 });
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]).toMatchObject({
        status: "succeeded",
        counts: { created: 0, updated: 0, deleted: 1 },
      });
    });

    // The same list again says nothing new.
    await world.push(providerUserId);
    await world.quiet(providerUserId);
    expect((await theOnlyChange(userId)).activity.revision).toBe(2);
  });

  it("and that comes back is a further revision under the same id", async () => {
    const { userId, providerUserId, activityId, change } = await userWithRun("comes-back");
    // The provider forgets it for a while, as seen from here.
    let hidden = true;
    world.intercept = async (request) => {
      if (!hidden) return await world.simulator.fetch(request);
      if (request.url.includes(`/activities/${activityId}.json`)) {
        return Response.json({ errors: [{ errorType: "not_found", message: "gone" }] }, { status: 404 });
      }
      const response = await world.simulator.fetch(request);
      if (!request.url.includes("/activities/list.json")) return response;
      return Response.json({ activities: [], pagination: { next: "" } });
    };
    try {
      await world.push(providerUserId);
      expect((await untilRevision(userId, 2)).change).toBe("delete");
      hidden = false;
      await world.quiet(providerUserId);
      await world.push(providerUserId);
      const back = await untilRevision(userId, 3);
      expect(back).toMatchObject({
        change: "upsert",
        firstRevision: false,
        activity: { id: change.activity.id, title: "Run" },
      });
      expect(recordsOf(await world.document(change.activity.id)).length).toBeGreaterThan(1000);
    } finally {
      world.intercept = () => null;
    }
  });

  it("is deleted by a second list where the provider says neither yes nor no", async () => {
    const { userId, providerUserId, activityId } = await userWithRun("deletes-without-answer");
    world.intercept = async (request) =>
      request.url.includes(`/activities/${activityId}.json`)
        ? Response.json({ errors: [{ errorType: "validation", message: "no" }] }, { status: 400 })
        : await world.simulator.fetch(request);
    try {
      await world.remove(providerUserId, activityId);
      await world.quiet(providerUserId);
      expect((await theOnlyChange(userId)).change).toBe("upsert");
      await world.pass(4 * 60, providerUserId);
      await world.quiet(providerUserId);
      expect((await theOnlyChange(userId)).change).toBe("upsert");
      await world.pass(61, providerUserId);
      expect((await untilRevision(userId, 2)).change).toBe("delete");
    } finally {
      world.intercept = () => null;
    }
  });

  it("is not deleted while the provider cannot answer for it, and is as soon as it can", async () => {
    const { userId, providerUserId, activityId } = await userWithRun("deletes-in-trouble");
    await world.faults(
      { fault: "503", path: `/activities/${activityId}.json`, providerUserId },
      { fault: "lose", providerUserId },
    );
    await world.remove(providerUserId, activityId);
    const verdict = await world.deliver(providerUserId, { kind: "look", trigger: "retry" });
    expect(verdict).toMatchObject({ kind: "retry", code: "provider_unavailable" });
    expect((await theOnlyChange(userId)).change).toBe("upsert");
    await world.faults();
    await world.deliver(providerUserId, { kind: "look", trigger: "retry" }, 2);
    expect((await theOnlyChange(userId)).change).toBe("delete");
  });
});

describe("a list that is not what it should be", () => {
  it.for([
    ["empty", { fault: "list_empty" }],
    ["without its entries", { fault: "list_without_key" }],
    ["cut in the middle", { fault: "cut", path: "/activities/list.json" }],
    ["broken off", { fault: "cut_connection", path: "/activities/list.json" }],
    ["a web page", { fault: "html", path: "/activities/list.json" }],
  ] as const)("deletes nothing: %s", async ([name, fault]) => {
    const userId = `list-${name.replaceAll(" ", "-")}`;
    const { providerUserId } = await userWithRun(userId);
    const lists = await world.listCalls(providerUserId);
    await world.faults({ ...fault, providerUserId, count: 1 });
    await world.push(providerUserId);
    await world.until(async () => {
      expect(await world.listCalls(providerUserId)).toBeGreaterThan(lists);
    });
    await world.quiet(providerUserId);
    expect(await theOnlyChange(userId)).toMatchObject({ change: "upsert", activity: { revision: 1 } });
  });

  it("deletes nothing: shifted between its pages", async () => {
    const { userId, providerUserId, activityIds } = await userWithRuns("list-shifted", 4);
    // Pages of two: between the first and the second one row goes, so that the third activity is on neither.
    const shifted = activityIds.toReversed();
    editList((text) => {
      const entries = entriesOf(text);
      expect(entries).toHaveLength(4);
      return entries.filter((entry) => !entry.includes(`"logId":${shifted[2]}`)).join(",");
    });
    try {
      const gets = (await world.calls(providerUserId, `/activities/${shifted[2]}.json`)).length;
      await world.push(providerUserId);
      await world.until(async () => {
        const asked = await world.calls(providerUserId, `/activities/${shifted[2]}.json`);
        expect(asked.slice(gets).map((call) => call.status)).toEqual([200]);
      });
      await world.quiet(providerUserId);
    } finally {
      world.intercept = () => null;
    }
    expect(deletions(await world.feed(userId))).toEqual([]);
  });

  it("loses only the entry that cannot be read, and takes that one for neither new nor deleted", async () => {
    const { userId, providerUserId, activityIds } = await userWithRuns("unreadable", 3);
    const unreadable = activityIds[0] ?? "";
    const fresh = await world.record(providerUserId, { name: "Walk", durationSeconds: 300 });
    editList((text) =>
      entriesOf(text)
        .map((entry) =>
          entry.includes(`"logId":${unreadable}`)
            ? entry.replace(/"startTime":"[^"]*"/, '"startTime":"this morning"')
            : entry,
        )
        .join(","),
    );
    try {
      await world.push(providerUserId);
      const changes = await world.untilFeed(userId, 4);
      expect(changes.map((change) => change.activity.sourceActivityId)).toContain(fresh);
      await world.quiet(providerUserId);
      expect(await world.calls(providerUserId, `/activities/${unreadable}.json`)).toEqual([]);
    } finally {
      world.intercept = () => null;
    }
    expect(deletions(await world.feed(userId))).toEqual([]);
  });
});

describe("many activities that vanish at once", () => {
  it("are written down first, asked for again after an hour, and then deleted", async () => {
    const { userId, providerUserId, connectionId, activityIds } = await userWithRuns("four-deleted", 5);
    await world.faults({ fault: "lose", providerUserId });
    for (const activityId of activityIds.slice(0, 4)) await world.remove(providerUserId, activityId);
    await world.faults();
    await world.push(providerUserId);
    const run = await world.until(async () => {
      const [newest] = await world.runs(connectionId);
      expect(newest?.status).toBe("partial");
      return newest;
    });
    expect(run).toMatchObject({ error: { code: "deletions_suspected" }, counts: { deleted: 0 } });
    await world.pass(59 * 60, providerUserId);
    await world.quiet(providerUserId);
    expect(deletions(await world.feed(userId))).toEqual([]);
    expect(await world.calls(providerUserId, `/activities/${activityIds[0]}.json`)).toEqual([]);

    await world.pass(61, providerUserId);
    await world.until(async () => {
      expect(deletions(await world.feed(userId))).toHaveLength(4);
    });
    const left = (await world.feed(userId)).filter(({ change }) => change === "upsert");
    expect(left.map((change) => change.activity.sourceActivityId)).toEqual([activityIds[4]]);
  });

  it("are asked for an hour after the first list, however often the device syncs meanwhile", async () => {
    const { userId, providerUserId, activityIds } = await userWithRuns("four-and-pushes", 5);
    await world.faults({ fault: "lose", providerUserId });
    for (const activityId of activityIds.slice(0, 4)) await world.remove(providerUserId, activityId);
    await world.faults();
    for (let push = 0; push < 3; push++) {
      await world.push(providerUserId);
      await world.quiet(providerUserId);
      await world.pass(25 * 60, providerUserId);
      await world.quiet(providerUserId);
    }
    await world.until(async () => {
      expect(deletions(await world.feed(userId))).toHaveLength(4);
    });
  });

  it("and are all there again an hour later were never gone", async () => {
    const { userId, providerUserId, connectionId } = await userWithRuns("four-hidden", 4);
    await world.faults({ fault: "list_empty", providerUserId, count: 1 });
    await world.push(providerUserId);
    await world.until(async () => {
      expect((await world.runs(connectionId))[0]?.error?.code).toBe("deletions_suspected");
    });
    await world.quiet(providerUserId);
    await world.pass(3601, providerUserId);
    await world.quiet(providerUserId);
    const changes = await world.feed(userId);
    expect(changes.map((change) => [change.change, change.activity.revision])).toEqual(
      Array.from({ length: 4 }, () => ["upsert", 1]),
    );
  });
});
