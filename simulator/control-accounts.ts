// Control routes about simulated people: accounts, what their watches record, edits in the cloud, syncs, and the two ways
// in which an account leaves the application.

import { type Context, Hono } from "hono";
import { createAccount, createGoogleAccount } from "./accounts.ts";
import { activityOf, idAt, recordCopy, recordFile, recordWorkout } from "./activities.ts";
import {
  type AccountInput,
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
import { type Json, jsonResponse } from "./json.ts";
import { type Providers, type Span, type SyncEvent, spanOf } from "./provider.ts";
import type { WorkoutFields } from "./recipe.ts";
import {
  type Account,
  accountAt,
  accountOf,
  accountsOfPerson,
  type ProviderName,
  type RecordedActivity,
  type State,
} from "./state.ts";
import { fitbitTime, parseTimeWithOffset } from "./time-zone.ts";

const largestFileBytes = 128 * 1024 * 1024;

type Answer = Response | Promise<Response>;

/** Routes on the given state. */
export function controlAccounts(state: State, providers: Providers): Hono {
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
      const found = activityOf(owner, id);
      return found ? answer(owner, found, context) : noActivity(id);
    });

  app.get("/sim/users", () =>
    jsonResponse(200, { users: [...state.accounts.values()].map((one) => describe(one)) }),
  );
  app.post("/sim/users", async (context) => {
    const input = await readInput(context.req.raw, accountSchema);
    if (input instanceof Response) return input;
    const created = newAccount(state, input);
    return created instanceof Response
      ? created
      : jsonResponse(201, { providerUserId: created.providerUserId });
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
      if (input.copyOf !== undefined) {
        const original = activityOf(owner, input.copyOf);
        if (!original) return noActivity(input.copyOf);
        return created(owner, recordCopy(state, owner, original, fields, input.copyShiftMilliseconds ?? 0));
      }
      return refuseFuture(state, fields) ?? created(owner, recordWorkout(state, owner, fields));
    }),
  );
  app.patch(
    "/sim/users/:id/activities/:activityId",
    activity(async (owner, edited, context) => {
      const input = await readInput(context.req.raw, workoutEditSchema);
      if (input instanceof Response) return input;
      const before = [spanOf(edited)];
      editActivity(state, owner, edited, fieldsOf(input));
      tellChange(owner, edited, before, []);
      return jsonResponse(200, { activityId: idAt(owner, edited) });
    }),
  );
  app.delete(
    "/sim/users/:id/activities/:activityId",
    activity((owner, deleted) => {
      owner.activities.delete(deleted.logId);
      for (const one of accountsOfPerson(state, owner)) providers[one.provider].events.removed(one, deleted);
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
        const part = activityOf(owner, id);
        if (!part) return noActivity(id);
        parts.push(part);
      }
      const before = parts.map(spanOf);
      const merged = mergeActivities(state, owner, parts);
      const gone = parts.filter((part) => part !== merged);
      tellChange(owner, merged, before, gone);
      return jsonResponse(200, { activityId: idAt(owner, merged) });
    }),
  );

  app.post(
    "/sim/users/:id/sync",
    account(async (owner, context) => {
      const input = await readInput(context.req.raw, syncSchema);
      if (input instanceof Response) return input;
      const events = syncDevice(state, owner, input);
      return jsonResponse(200, {
        activityIds: events[0]?.brought.map((activity) => idAt(owner, activity)) ?? [],
        notifications: tellSync(events),
      });
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
    return jsonResponse(200, {
      notifications: tellSync(owners.flatMap((owner) => syncDevice(state, owner, input))),
    });
  });

  app.post(
    "/sim/users/:id/revoke",
    account((owner) =>
      jsonResponse(200, { notifications: providers[owner.provider].events.consentWithdrawn(owner) }),
    ),
  );
  app.post(
    "/sim/users/:id/delete-account",
    account((owner) => {
      const notifications = providers[owner.provider].events.accountDeleted(owner);
      owner.deleted = true;
      // Not emptied: the same person's account at the other provider keeps what it has.
      owner.activities = new Map();
      return jsonResponse(200, { notifications });
    }),
  );

  /** An edit in the cloud is told at once, by every provider that has the activity. */
  const tellChange = (
    owner: Account,
    edited: RecordedActivity,
    before: readonly Span[],
    gone: readonly RecordedActivity[],
  ): void => {
    for (const one of accountsOfPerson(state, owner)) {
      providers[one.provider].events.changed(one, edited, before, gone);
    }
  };
  const tellSync = (events: readonly SyncEvent[]): number => {
    const names: readonly ProviderName[] = ["fitbit", "google-health"];
    return names.reduce((told, name) => {
      const own = events.filter((event) => event.account.provider === name);
      return told + (own.length > 0 ? providers[name].events.synced(own) : 0);
    }, 0);
  };
  return app;
}

/** The account, or why there cannot be one. */
function newAccount(state: State, input: AccountInput): Account | Response {
  const { provider = "fitbit", legacyUserId, ...wanted } = input;
  const refuse = (where: string, why: string) => jsonResponse(400, { error: `${where}: ${why}`, where });
  if (provider === "fitbit") {
    if (legacyUserId !== undefined) return refuse("legacyUserId", "only a google-health account has one");
    return createAccount(state, wanted);
  }
  if (!state.google) return refuse("provider", "the Google side is off: give createSimulator `google`");
  if (legacyUserId === undefined) return createGoogleAccount(state, wanted, null);
  const legacy = accountAt(state, "fitbit", legacyUserId);
  if (!legacy) return refuse("legacyUserId", "there is no such Fitbit account");
  if (accountsOfPerson(state, legacy).length > 1) {
    return refuse("legacyUserId", "this person has a google-health account already");
  }
  return createGoogleAccount(state, wanted, legacy);
}

function created(owner: Account, recorded: RecordedActivity): Response {
  return jsonResponse(201, { activityId: idAt(owner, recorded) });
}

async function upload(state: State, owner: Account, request: Request): Promise<Response> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > largestFileBytes) {
    return jsonResponse(413, { error: "The file is larger than 128 MiB." });
  }
  const recorded = recordFile(state, owner, bytes, new URL(request.url).searchParams.get("name"));
  if (recorded) return created(owner, recorded);
  return jsonResponse(400, {
    error: "The file holds no time of a trackpoint, lap or activity.",
    where: "body",
  });
}

/** The device hands over what it recorded to each cloud that its wearer has; this account's event is the first. */
function syncDevice(
  state: State,
  account: Account,
  input: { dates?: string[] | undefined; collections?: string[] | undefined },
): SyncEvent[] {
  const now = state.clock.now();
  const { lastSyncAtMs } = account;
  const brought = [...account.activities.values()].filter((activity) => activity.visibleAtMs === null);
  for (const activity of brought) {
    activity.visibleAtMs = now;
    activity.lastModifiedMs = Math.max(activity.lastModifiedMs, now);
  }
  const accounts = accountsOfPerson(state, account);
  for (const one of accounts) one.lastSyncAtMs = now;
  const { dates, collections } = input;
  return accounts.map((one) => ({ account: one, brought, lastSyncAtMs, dates, collections }));
}

function fieldsOf(input: WorkoutInput): WorkoutFields {
  const { startTime, copyOf: _copyOf, copyShiftMilliseconds: _shift, ...rest } = input;
  return {
    ...rest,
    start: startTime === undefined ? undefined : (parseTimeWithOffset(startTime) ?? undefined),
  };
}

/** A device cannot have recorded what is still to come. */
function refuseFuture(state: State, fields: WorkoutFields): Response | null {
  const startMs = fields.start?.timeMs;
  if (startMs === undefined) return null;
  const endMs = startMs + (fields.inProgress ? 0 : (fields.durationSeconds ?? 1800) * 1000);
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
    ...(account.legacyUserId === null ? {} : { legacyUserId: account.legacyUserId }),
    displayName: account.displayName,
    timezone: account.timezone,
    age: account.age,
    device: account.device.name,
    deleted: account.deleted,
    activities: [...account.activities.values()].map((activity) => ({
      activityId: idAt(account, activity),
      name: activity.recipe.type.name,
      startTime: fitbitTime(activity.recipe.startTimeMs, activity.recipe.utcOffsetSeconds),
      durationSeconds: activity.recipe.durationSeconds,
      synced: activity.visibleAtMs !== null,
    })),
  };
}
