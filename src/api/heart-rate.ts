// `GET /v1/users/{userId}/heart-rate`: the heart rate of a window of at most 24 hours, straight from the provider, with a
// token and a call that the account's object lends. It stores nothing.

import { createRoute, z } from "@hono/zod-openapi";
import { sql } from "drizzle-orm";
import { measureStream } from "../activities/completeness.ts";
import type { StreamCompleteness } from "../activities/document.ts";
import { readSources } from "../activities/documents.ts";
import type { Connection } from "../connect/disconnect.ts";
import { requireActive } from "../connect/find-connection.ts";
import { type Database, databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import { readClock } from "../kernel/clock.ts";
import { accountName, asId, type UserId } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import type { ProviderError } from "../providers/errors.ts";
import { HeartRateCollector } from "../providers/heart-rate-pages.ts";
import type {
  HeartRatePage,
  HeartRateRequest,
  HeartRateResult,
  HeartRateSample,
  Provider,
  ProviderResult,
} from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import type { AccountSync } from "../sync/account/account-sync.ts";
import { streamCompletenessSchema } from "./activity-schema.ts";
import { requireScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";
import { timeOutput, timeText } from "./schemas.ts";

const windowAtMost = 24 * 3_600_000;

const instant = z.iso.datetime({ offset: true, error: "an RFC 3339 date-time with its offset" });

const route = createRoute({
  method: "get",
  path: "/users/{userId}/heart-rate",
  summary: "A user's heart rate in a window",
  description: "At most 24 hours, second by second where the provider has it. Scope `read`.",
  tags: ["Heart rate"],
  middleware: requireScope("read"),
  request: {
    params: z.object({ userId: z.string() }),
    query: z.object({ start: instant, end: instant }),
  },
  responses: {
    200: {
      description: "The samples, in order; gaps are gaps",
      content: {
        "application/json": {
          schema: z
            .object({
              samples: z.array(z.object({ time: timeOutput, bpm: z.int() })),
              timeBasis: z.enum(["utc", "inferred"]).openapi({
                description:
                  "`inferred`: the provider gave local times, and the offset is the nearest activity's.",
              }),
              completeness: streamCompletenessSchema,
            })
            .openapi("HeartRate"),
        },
      },
    },
    ...problems(
      "invalid_request",
      "window_too_large",
      "not_found",
      "connection_not_active",
      "rate_limited",
      "provider_failed",
    ),
  },
});

export const heartRateRoutes = apiRouter().openapi(route, async (c) => {
  const query = c.req.valid("query");
  const window = { startTime: Date.parse(query.start), endTime: Date.parse(query.end) };
  if (window.endTime <= window.startTime) {
    throw new ProblemError("invalid_request", "The end must come after the start.", { field: "query.end" });
  }
  if (window.endTime - window.startTime > windowAtMost) {
    throw new ProblemError("window_too_large", "A window may hold 24 hours.", { field: "query.end" });
  }
  const userId = asId<UserId>(c.req.valid("param").userId);
  const database = databaseFor(c.env, userId);
  const connection = await findOwn(database, userId);
  requireActive(connection);
  const provider = providerFor(c.var.configuration, connection.provider);
  const now = await readClock(c.var.configuration);
  if (window.startTime > now) {
    throw new ProblemError("invalid_request", "The window lies in the future.", { field: "query.start" });
  }
  const nearest = await readNearest(c.env, database, connection, window);
  const answer = await fetchWithPermit(c.env, provider, connection, { ...window, ...nearest }, now);
  // An adapter may answer with more than was asked.
  const samples =
    answer.kind === "samples"
      ? answer.samples.filter(({ time }) => time >= window.startTime && time <= window.endTime)
      : [];
  return c.json(
    {
      samples: samples.map(({ time, bpm }) => ({ time: timeText(time), bpm })),
      timeBasis: answer.kind === "samples" ? answer.timeBasis : "utc",
      completeness: completenessOf(answer, samples, window),
    },
    200,
  );
});

/** An empty set means that nobody wore the device; why a part is missing is not known. */
function completenessOf(
  answer: HeartRateResult,
  samples: readonly HeartRateSample[],
  { startTime, endTime }: { readonly startTime: number; readonly endTime: number },
): StreamCompleteness {
  // Samples that all lie outside the window say that the device was worn, and nothing about the window.
  const isElsewhere = answer.kind === "samples" && answer.samples.length > 0 && samples.length === 0;
  const empty = isElsewhere ? "provider_has_none" : samples.length === 0 ? "not_worn" : undefined;
  const reason = answer.kind === "missing" ? answer.reason : empty;
  return measureStream(
    samples.map(({ time }) => time),
    { start: startTime, end: endTime, activeSeconds: (endTime - startTime) / 1000 },
    reason,
  );
}

/** The user's connection: the one that has not ended, if there is one. */
async function findOwn(database: Database, userId: UserId): Promise<Connection> {
  const [connection] = await database
    .select()
    .from(connections)
    .where(sql`${connections.userId} = ${userId}`)
    .orderBy(
      sql`${connections.status} = 'active' DESC, ${connections.status} = 'disconnected', ${connections.connectedAt} DESC`,
    )
    .limit(1);
  if (connection === undefined) throw new ProblemError("not_found", "This user has no connection.");
  return connection;
}

/** A window whose edges lie this near to an activity's is that activity's, and its average tells UTC from local time. */
const sameEdgeMilliseconds = 120_000;

/**
 * What the activity nearest to a window teaches about times: its offset, whether the provider had to be read in local time
 * for it, and its average if the window is its own. Without one it is UTC, at offset 0.
 */
async function readNearest(
  env: Env,
  database: Database,
  connection: Connection,
  { startTime, endTime }: { readonly startTime: number; readonly endTime: number },
): Promise<Omit<HeartRateRequest, "startTime" | "endTime">> {
  const nearest = await database.$client
    .prepare(
      `SELECT json_extract(entry, '$.utcOffsetSeconds') AS utcOffsetSeconds, sources_key AS sourcesKey FROM (
         SELECT * FROM (SELECT entry, start_time, sources_key FROM activities
           WHERE connection_id = ?1 AND start_time <= ?2 AND entry IS NOT NULL ORDER BY start_time DESC LIMIT 1)
         UNION ALL
         SELECT * FROM (SELECT entry, start_time, sources_key FROM activities
           WHERE connection_id = ?1 AND start_time > ?2 AND entry IS NOT NULL ORDER BY start_time LIMIT 1)
       ) ORDER BY abs(start_time - ?2) LIMIT 1`,
    )
    .bind(connection.id, startTime)
    .first<{ utcOffsetSeconds: number | null; sourcesKey: string | null }>();
  const sources = await readSources(env.DOCUMENTS, nearest?.sourcesKey ?? null);
  const summary = sources?.summary;
  const isItsOwn =
    summary !== undefined &&
    Math.abs(summary.startTime - startTime) <= sameEdgeMilliseconds &&
    Math.abs(summary.startTime + summary.elapsedSeconds * 1000 - endTime) <= sameEdgeMilliseconds;
  return {
    utcOffsetSeconds: nearest?.utcOffsetSeconds ?? 0,
    averageHeartRate: isItsOwn ? summary.averageHeartRate : null,
    timeBasisWhenUnclear: sources?.heartRate.kind === "samples" ? sources.heartRate.timeBasis : "utc",
  };
}

/** Pages of one window, as in a sync; a permit that is refused any further call ends it with what there is. */
const pageLimit = 200;

/** Every page of the window with a token that the account's object lends, and once more with a new token if it was refused. */
async function fetchWithPermit(
  env: Env,
  provider: Provider,
  connection: Connection,
  request: HeartRateRequest,
  now: number,
): Promise<HeartRateResult> {
  const object = env.ACCOUNT_SYNC.getByName(accountName(connection.provider, connection.providerUserId));
  const collected = new HeartRateCollector();
  let page: string | null = null;
  for (let count = 0; count < pageLimit; count++) {
    const answer: ProviderResult<HeartRatePage> = await fetchPage(object, provider, request, page, now);
    if (answer.ok) {
      collected.add(answer.value.result);
      page = answer.value.nextPage;
      if (page === null) break;
      continue;
    }
    switch (answer.error.code) {
      case "scope_missing":
        return { kind: "missing", reason: "scope_not_granted" };
      case "rate_limited":
        throw rateLimited(answer.error.retryAt, now);
      case "provider_gone":
        await object.halt({ reason: "provider_gone", now });
        throw providerFailed(answer.error);
      default:
        throw providerFailed(answer.error);
    }
  }
  return collected.result();
}

/** One page, under a permit of its own. */
async function fetchPage(
  object: DurableObjectStub<AccountSync>,
  provider: Provider,
  request: HeartRateRequest,
  page: string | null,
  now: number,
): Promise<ProviderResult<HeartRatePage>> {
  const permit = await object.permit({ calls: 2, priority: "fresh", now });
  switch (permit.status) {
    case "permitted":
      break;
    case "no_budget":
      throw rateLimited(permit.until, now);
    case "failed":
      throw providerFailed(permit.error);
    case "halted":
    case "unknown_account":
      throw new ProblemError(
        "connection_not_active",
        "The connection is not active; the user has to reconnect.",
      );
    default:
      throw new Error(permit satisfies never);
  }
  let spent = 1;
  let answer = await provider.fetchHeartRate({ accessToken: permit.accessToken, now }, request, page);
  if (!answer.ok && answer.error.code === "unauthorized" && permit.calls > 1) {
    const renewed = await object.renew({ rejectedToken: permit.accessToken, now });
    if (renewed.status === "renewed") {
      spent = 2;
      answer = await provider.fetchHeartRate({ accessToken: renewed.accessToken, now }, request, page);
    }
  }
  await object.settle({
    report: { spent, rate: answer.rate, limitedUntil: limitOf(answer) },
    granted: permit.calls,
    now,
  });
  return answer;
}

function limitOf(answer: ProviderResult<HeartRatePage>): number | null {
  return !answer.ok && answer.error.code === "rate_limited" ? answer.error.retryAt : null;
}

function rateLimited(until: number, now: number): ProblemError {
  const retryAfterSeconds = Math.max(1, Math.ceil((until - now) / 1000));
  return new ProblemError("rate_limited", "The account's calls are spent until its window rolls.", {
    headers: { "retry-after": String(retryAfterSeconds) },
  });
}

function providerFailed(error: ProviderError): ProblemError {
  return new ProblemError("provider_failed", error.message);
}
