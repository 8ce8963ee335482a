// A user's heart rate in a window, straight from the provider: with a token and calls that the account's object lends, out of
// the part of the budget that background work leaves alone. It stores nothing.

import { readSources } from "../activities/documents.ts";
import type { Database } from "../db/databases.ts";
import type { connections } from "../db/schema.ts";
import { accountName } from "../kernel/ids.ts";
import { HeartRateCollector } from "../providers/heart-rate-pages.ts";
import type {
  HeartRatePage,
  HeartRateRequest,
  HeartRateResult,
  Provider,
  ProviderResult,
} from "../providers/port.ts";
import { callLent, type LentRefusal, type NoAnswer } from "./lent-call.ts";

type Connection = typeof connections.$inferSelect;

export type WindowAnswer = HeartRateResult | NoAnswer;

export interface HeartRateWindow {
  /** Epoch milliseconds. */
  readonly startTime: number;
  readonly endTime: number;
}

/** What the provider says of a window. `now` in epoch milliseconds. */
export async function fetchHeartRateWindow(
  env: Env,
  source: { readonly database: Database; readonly connection: Connection; readonly provider: Provider },
  window: HeartRateWindow,
  now: number,
): Promise<WindowAnswer> {
  const nearest = await readNearest(env, source.database, source.connection, window);
  return fetchWithPermit(env, source.provider, source.connection, { ...window, ...nearest }, now);
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
): Promise<WindowAnswer> {
  const object = env.ACCOUNT_SYNC.getByName(accountName(connection.provider, connection.providerUserId));
  const collected = new HeartRateCollector();
  let page: string | null = null;
  for (let count = 0; count < pageLimit; count++) {
    const asked: string | null = page;
    const answer: ProviderResult<HeartRatePage> | LentRefusal = await callLent(
      object,
      (context) => provider.fetchHeartRate(context, request, asked),
      now,
    );
    if (answer.ok) {
      collected.add(answer.value.result);
      page = answer.value.nextPage;
      if (page === null) break;
      continue;
    }
    if ("kind" in answer) return answer;
    switch (answer.error.code) {
      case "scope_missing":
        return { kind: "missing", reason: "scope_not_granted" };
      case "rate_limited":
        return { kind: "rate_limited", until: answer.error.retryAt };
      case "provider_gone":
        await object.halt({ reason: "provider_gone", now });
        return { kind: "failed", error: answer.error };
      default:
        return { kind: "failed", error: answer.error };
    }
  }
  return collected.result();
}
