// Control routes about simulated people: accounts, what their watches record, edits in the cloud, syncs, and the two ways
// in which an account leaves the application.

import { type Context, Hono } from "hono";
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

type Answer = Response | Promise<Response>;

/** Routes on the given state. */
export function controlAccounts(state: State): Hono {
  const app = new Hono();
  const noAccount = (id: string) => jsonResponse(404, { error: `There is no simulated account ${id}.` });
  const noActivity = (id: string) => jsonResponse(404, { error: `There is no such activity: ${id}.` });
  /** Finds the account that the path names. */
  const account =
    (answer: (account: Account, context: Context) => Answer) =>
    async (context: Context): Promise<Response> => {
      const id = context.req.param("id") ?? "";
      const found = accountOf(state, id);
      return found ? answer(found, context) : noAccount(id);
    };
  /** Finds the account and the activity that the path names. */
  const activity = (answer: (account: Account, activity: RecordedActivity, context: Context) => Answer) =>
    account((owner, context) => {
      const id = context.req.param("activityId") ?? "";
      const found = owner.activities.get(id);
      return found ? answer(owner, found, context) : noActivity(id);
    });

  app.get("/sim/users", () =>
    jsonResponse(200, { users: [...state.accounts.values()].map((one) => describe(one)) }),
  );
  app.post("/sim/users", async (context) => {
    const input = await readInput(context.req.raw, accountSchema);
    if (input instanceof Response) return input;
    return jsonResponse(201, { providerUserId: createAccount(state, input).providerUserId });
  });
  app.get("/sim/users/:id", (context) => {
    // A deleted account is still there to be looked at.
    const found = state.accounts.get(context.req.param("id"));
    return found ? jsonResponse(200, describe(found)) : noAccount(context.req.param("id"));
  });

  app.post(
    "/sim/users/:id/activities",
    account(async (owner, context) => {
      const request = context.req.raw;
      if ((request.headers.get("content-type") ?? "").startsWith("application/vnd.garmin.tcx+xml")) {
        return upload(state, owner, request);
      }
      const input = await readInput(request, workoutSchema);
      if (input instanceof Response) return input;
      const fields = fieldsOf(input);
      return refuseFuture(state, fields) ?? created(recordWorkout(state, owner, fields));
    }),
  );
  app.patch(
    "/sim/users/:id/activities/:activityId",
    activity(async (owner, edited, context) => {
      const input = await readInput(context.req.raw, workoutEditSchema);
      if (input instanceof Response) return input;
      const before = datesOf(edited);
      editActivity(state, owner, edited, fieldsOf(input));
      notifyEdit(state, owner, edited, before);
      return jsonResponse(200, { activityId: edited.logId });
    }),
  );
  app.delete(
    "/sim/users/:id/activities/:activityId",
    activity((owner, deleted) => {
      owner.activities.delete(deleted.logId);
      notifyEdit(state, owner, deleted, []);
      return new Response(null, { status: 204 });
    }),
  );
  // The user joins several logs into one: the earliest keeps its id and spans them all, the others are gone.
  app.post(
    "/sim/users/:id/merge",
    account(async (owner, context) => {
      const input = await readInput(context.req.raw, mergeSchema);
      if (input instanceof Response) return input;
      const parts: RecordedActivity[] = [];
      for (const id of new Set(input.activityIds)) {
        const part = owner.activities.get(id);
        if (!part) return noActivity(id);
        parts.push(part);
      }
      const before = parts.flatMap(datesOf);
      const merged = mergeActivities(state, owner, parts);
      notifyEdit(state, owner, merged, before);
      return jsonResponse(200, { activityId: merged.logId });
    }),
  );

  app.post(
    "/sim/users/:id/sync",
    account(async (owner, context) => {
      const input = await readInput(context.req.raw, syncSchema);
      if (input instanceof Response) return input;
      const { brought, notifications } = syncDevice(state, owner, input);
      enqueue(state, notifications);
      return jsonResponse(200, { activityIds: brought, notifications: notifications.length });
    }),
  );
  // Several devices in one push: a batch holds notifications of several users.
  app.post("/sim/sync", async (context) => {
    const input = await readInput(context.req.raw, syncManySchema);
    if (input instanceof Response) return input;
    const owners: Account[] = [];
    for (const id of input.providerUserIds) {
      const owner = accountOf(state, id);
      if (!owner) return noAccount(id);
      owners.push(owner);
    }
    const notifications = owners.flatMap((owner) => syncDevice(state, owner, input).notifications);
    enqueue(state, notifications);
    return jsonResponse(200, { notifications: notifications.length });
  });

  app.post(
    "/sim/users/:id/revoke",
    account((owner) => {
      const notifications = revocationNotifications(state, owner);
      endGrant(state, owner.providerUserId);
      enqueue(state, notifications);
      return jsonResponse(200, { notifications: notifications.length });
    }),
  );
  app.post(
    "/sim/users/:id/delete-account",
    account((owner) => {
      const notifications = deletionNotifications(state, owner);
      endGrant(state, owner.providerUserId);
      owner.deleted = true;
      owner.activities.clear();
      enqueue(state, notifications);
      return jsonResponse(200, { notifications: notifications.length });
    }),
  );
  return app;
}

function created(recorded: RecordedActivity): Response {
  return jsonResponse(201, { activityId: recorded.logId });
}

async function upload(state: State, owner: Account, request: Request): Promise<Response> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > largestFileBytes) {
    return jsonResponse(413, { error: "The file is larger than 128 MiB." });
  }
  const recorded = recordFile(state, owner, bytes, new URL(request.url).searchParams.get("name"));
  if (recorded) return created(recorded);
  return jsonResponse(400, {
    error: "The file holds no time of a trackpoint, lap or activity.",
    where: "body",
  });
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
function refuseFuture(state: State, fields: WorkoutFields): Response | null {
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
