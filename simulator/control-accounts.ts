// Control routes about simulated people: accounts, what their watches record, edits in the cloud, syncs, and the two ways
// in which an account leaves the application.

import { Hono } from "hono";
import { createAccount } from "./accounts.ts";
import { recordFile, recordWorkout } from "./activities.ts";
import {
  accountSchema,
  mergeSchema,
  readInput,
  syncManySchema,
  syncSchema,
  type WorkoutInput,
  workoutEditSchema,
  workoutSchema,
} from "./control-input.ts";
import { editActivity, mergeActivities } from "./edits.ts";
import { enqueue } from "./fitbit/deliveries.ts";
import {
  dataNotifications,
  datesOf,
  datesOfSync,
  deletionNotifications,
  revocationNotifications,
} from "./fitbit/notifications.ts";
import { endGrant } from "./fitbit/tokens.ts";
import { type Json, jsonResponse } from "./json.ts";
import type { WorkoutFields } from "./recipe.ts";
import { type Account, accountOf, type Notification, type RecordedActivity, type State } from "./state.ts";
import { fitbitTime, parseTimeWithOffset } from "./time-zone.ts";

const largestFileBytes = 128 * 1024 * 1024;

/** Routes on the given state. */
export function controlAccounts(state: State): Hono {
  const app = new Hono();
  const noAccount = (id: string) => jsonResponse(404, { error: `There is no simulated account ${id}.` });
  const noActivity = (id: string) => jsonResponse(404, { error: `There is no such activity: ${id}.` });

  app.get("/sim/users", () =>
    jsonResponse(200, { users: [...state.accounts.values()].map((account) => describe(account)) }),
  );
  app.post("/sim/users", async (context) => {
    const input = await readInput(context.req.raw, accountSchema);
    if (input instanceof Response) return input;
    return jsonResponse(201, { providerUserId: createAccount(state, input).providerUserId });
  });
  app.get("/sim/users/:id", (context) => {
    const account = state.accounts.get(context.req.param("id"));
    return account ? jsonResponse(200, describe(account)) : noAccount(context.req.param("id"));
  });

  app.post("/sim/users/:id/activities", async (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const request = context.req.raw;
    if ((request.headers.get("content-type") ?? "").startsWith("application/vnd.garmin.tcx+xml")) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.length > largestFileBytes)
        return jsonResponse(413, { error: "The file is larger than 128 MiB." });
      const activity = recordFile(state, account, bytes, new URL(request.url).searchParams.get("name"));
      if (!activity) {
        return jsonResponse(400, {
          error: "The file holds no time of a trackpoint, lap or activity.",
          where: "body",
        });
      }
      return jsonResponse(201, { activityId: activity.logId });
    }
    const input = await readInput(request, workoutSchema);
    if (input instanceof Response) return input;
    const fields = fieldsOf(input);
    const ends = endOf(state, fields);
    if (ends !== null) return ends;
    return jsonResponse(201, { activityId: recordWorkout(state, account, fields).logId });
  });
  app.patch("/sim/users/:id/activities/:activityId", async (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const activity = account.activities.get(context.req.param("activityId"));
    if (!activity) return noActivity(context.req.param("activityId"));
    const input = await readInput(context.req.raw, workoutEditSchema);
    if (input instanceof Response) return input;
    const before = datesOf(activity);
    editActivity(state, account, activity, fieldsOf(input));
    notifyEdit(state, account, activity, before);
    return jsonResponse(200, { activityId: activity.logId });
  });
  app.delete("/sim/users/:id/activities/:activityId", (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const activity = account.activities.get(context.req.param("activityId"));
    if (!activity) return noActivity(context.req.param("activityId"));
    account.activities.delete(activity.logId);
    notifyEdit(state, account, activity, []);
    return new Response(null, { status: 204 });
  });

  // The user joins several logs into one: the earliest keeps its id and spans them all, the others are gone.
  app.post("/sim/users/:id/merge", async (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const input = await readInput(context.req.raw, mergeSchema);
    if (input instanceof Response) return input;
    const parts: RecordedActivity[] = [];
    for (const id of new Set(input.activityIds)) {
      const part = account.activities.get(id);
      if (!part) return noActivity(id);
      parts.push(part);
    }
    const before = parts.flatMap(datesOf);
    const merged = mergeActivities(state, account, parts);
    notifyEdit(state, account, merged, before);
    return jsonResponse(200, { activityId: merged.logId });
  });
  app.post("/sim/users/:id/sync", async (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const input = await readInput(context.req.raw, syncSchema);
    if (input instanceof Response) return input;
    const { brought, notifications } = syncDevice(state, account, input);
    enqueue(state, notifications);
    return jsonResponse(200, { activityIds: brought, notifications: notifications.length });
  });
  // Several devices in one push: a batch holds notifications of several users.
  app.post("/sim/sync", async (context) => {
    const input = await readInput(context.req.raw, syncManySchema);
    if (input instanceof Response) return input;
    const all: Notification[] = [];
    for (const id of input.providerUserIds) {
      const account = accountOf(state, id);
      if (!account) return noAccount(id);
      all.push(...syncDevice(state, account, input).notifications);
    }
    enqueue(state, all);
    return jsonResponse(200, { notifications: all.length });
  });
  app.post("/sim/users/:id/revoke", (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const notifications = revocationNotifications(state, account);
    endGrant(state, account.providerUserId);
    enqueue(state, notifications);
    return jsonResponse(200, { notifications: notifications.length });
  });
  app.post("/sim/users/:id/delete-account", (context) => {
    const account = accountOf(state, context.req.param("id"));
    if (!account) return noAccount(context.req.param("id"));
    const notifications = deletionNotifications(state, account);
    endGrant(state, account.providerUserId);
    account.deleted = true;
    account.activities.clear();
    enqueue(state, notifications);
    return jsonResponse(200, { notifications: notifications.length });
  });
  return app;
}

/** The device hands over what it recorded; gives the ids and what the subscribers are to be told. */
function syncDevice(
  state: State,
  account: Account,
  input: { dates?: string[] | undefined; collections?: string[] | undefined },
): { brought: string[]; notifications: Notification[] } {
  const now = state.clock.now();
  const brought = [...account.activities.values()].filter((activity) => activity.visibleAtMs === null);
  for (const activity of brought) {
    activity.visibleAtMs = now;
    activity.lastModifiedMs = Math.max(activity.lastModifiedMs, now);
  }
  const dates = input.dates ?? datesOfSync(state, account, brought);
  account.lastSyncAtMs = now;
  return {
    brought: brought.map((activity) => activity.logId),
    notifications: dataNotifications(state, account, input.collections ?? ["activities"], dates),
  };
}

/** An edit in the cloud is told at once; one of an activity that only the device has is told by the sync. */
function notifyEdit(
  state: State,
  account: Account,
  activity: RecordedActivity,
  before: readonly string[],
): void {
  if (activity.visibleAtMs === null) return;
  const dates = [...new Set([...before, ...datesOf(activity)])].sort();
  enqueue(state, dataNotifications(state, account, ["activities"], dates));
}

function fieldsOf(input: WorkoutInput): WorkoutFields {
  const { startTime, ...rest } = input;
  return {
    ...rest,
    start: startTime === undefined ? undefined : (parseTimeWithOffset(startTime) ?? undefined),
  };
}

/** A device cannot have recorded what is still to come. */
function endOf(state: State, fields: WorkoutFields): Response | null {
  const startMs = fields.start?.timeMs;
  if (startMs === undefined) return null;
  const endMs = startMs + (fields.durationSeconds ?? 1800) * 1000;
  if (endMs <= state.clock.now() + 60_000) return null;
  return jsonResponse(400, {
    error: `startTime: the workout would end at ${new Date(endMs).toISOString()}, but the simulated clock is at ${new Date(state.clock.now()).toISOString()}.`,
    where: "startTime",
  });
}

function describe(account: Account): Json {
  return {
    providerUserId: account.providerUserId,
    provider: account.provider,
    displayName: account.displayName,
    timezone: account.timezone,
    age: account.age,
    device: account.device.name,
    deleted: account.deleted,
    activities: [...account.activities.values()].map((activity) => ({
      activityId: activity.logId,
      name: activity.recipe.type.name,
      startTime: fitbitTime(activity.recipe.startTimeMs, activity.recipe.utcOffsetSeconds),
      durationSeconds: activity.recipe.durationSeconds,
      synced: activity.visibleAtMs !== null,
    })),
  };
}
