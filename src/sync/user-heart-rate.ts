// A user's heart rate in a window, from what is stored first: an activity whose heart rate is complete needs no call. What
// no such activity covers is asked of the provider, in one request from the first gap to the last.

import { databaseFor } from "../db/databases.ts";
import type { Configuration } from "../kernel/configuration.ts";
import type { UserId } from "../kernel/ids.ts";
import type { ProviderError } from "../providers/errors.ts";
import type { HeartRateSample, MissingReason } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { fetchHeartRateWindow, type HeartRateWindow } from "./heart-rate-window.ts";
import { readStoredHeartRate } from "./stored-heart-rate.ts";
import { findUsersConnection } from "./users-connection.ts";

export type UserHeartRate =
  | {
      readonly kind: "samples";
      /** Ascending by time, one an instant. */
      readonly samples: readonly HeartRateSample[];
      /** `inferred`: the provider gave local times, and the offset is the nearest activity's. */
      readonly timeBasis: "utc" | "inferred";
      readonly from: "stored" | "provider" | "both";
      /** Nothing can be added to them any more: their connection has ended. */
      readonly isFinal: boolean;
    }
  | { readonly kind: "missing"; readonly reason: MissingReason }
  /** This user has connected nothing. */
  | { readonly kind: "no_connection" }
  /** The connection's user has to do something. */
  | { readonly kind: "not_active" }
  | { readonly kind: "rate_limited"; readonly until: number }
  | { readonly kind: "failed"; readonly error: ProviderError };

/** A hole this small is not asked about: what lies on either side speaks for it. */
const smallestHoleMilliseconds = 10_000;
/** Samples up to this far outside a window come too: its first and last instants lie between two samples. */
const marginMilliseconds = 10_000;
/** What a provider answers at once. */
const longestRequestMilliseconds = 86_400_000;

/**
 * The heart rate of a window of at most 24 h, with up to 10 s more on either side where there are samples. `window` and `now`
 * in epoch milliseconds. Answers what is stored, if anything is, where the provider has nothing to add.
 */
export async function readUserHeartRate(
  env: Env,
  configuration: Configuration,
  userId: UserId,
  window: HeartRateWindow,
  now: number,
): Promise<UserHeartRate> {
  const database = databaseFor(env, userId);
  const connection = await findUsersConnection(database, userId);
  if (connection === null) return { kind: "no_connection" };
  const owner = { userId, connectionId: connection.id };
  const stored = await readStoredHeartRate(env, database.$client, owner, window);
  const near = stored.samples.filter(({ time }) => isNear(window, time));
  const storedAnswer: UserHeartRate = {
    kind: "samples",
    samples: inOrder(near),
    timeBasis: stored.timeBasis,
    from: "stored",
    isFinal: false,
  };
  const hole = largestSpanOf(holesOf(window, stored.covered));
  if (hole === null) return storedAnswer;
  const ended: UserHeartRate =
    near.length === 0 ? { kind: "not_active" } : { ...storedAnswer, isFinal: true };
  if (connection.status !== "active" || !configuration.providers.includes(connection.provider)) return ended;
  const provider = providerFor(configuration, connection.provider);
  const request = withMargin(hole, Math.max(now, hole.endTime));
  const answer = await fetchHeartRateWindow(env, { database, connection, provider }, request, now);
  switch (answer.kind) {
    case "samples": {
      const within = answer.samples.filter(({ time }) => isNear(window, time));
      return {
        ...storedAnswer,
        samples: inOrder([...near, ...within]),
        timeBasis: answer.timeBasis === "inferred" ? "inferred" : stored.timeBasis,
        from: near.length === 0 ? "provider" : "both",
      };
    }
    case "missing":
      return near.length === 0 ? answer : storedAnswer;
    case "not_active":
      return ended;
    // What is stored is not all that there is: whoever asks may try again.
    case "rate_limited":
    case "failed":
      return answer;
    default:
      return answer satisfies never;
  }
}

function isNear({ startTime, endTime }: HeartRateWindow, time: number): boolean {
  return time >= startTime - marginMilliseconds && time <= endTime + marginMilliseconds;
}

/** The window with its margins, as far as they fit into one request; nothing later than `latest` is asked about. */
function withMargin({ startTime, endTime }: HeartRateWindow, latest: number): HeartRateWindow {
  const spare = Math.floor((longestRequestMilliseconds - (endTime - startTime)) / 2);
  const margin = Math.max(0, Math.min(marginMilliseconds, spare));
  return { startTime: startTime - margin, endTime: Math.min(endTime + margin, latest) };
}

/** What of a window no interval covers. `covered` ascending by start. */
function holesOf(window: HeartRateWindow, covered: readonly HeartRateWindow[]): HeartRateWindow[] {
  const holes: HeartRateWindow[] = [];
  let reached = window.startTime;
  for (const { startTime, endTime } of covered) {
    if (startTime > reached) holes.push({ startTime: reached, endTime: Math.min(startTime, window.endTime) });
    reached = Math.max(reached, endTime);
  }
  if (reached < window.endTime) holes.push({ startTime: reached, endTime: window.endTime });
  return holes.filter((hole) => hole.endTime - hole.startTime > smallestHoleMilliseconds);
}

/** From the first hole's beginning to the last one's end: one request costs less than several. */
function largestSpanOf(holes: readonly HeartRateWindow[]): HeartRateWindow | null {
  const first = holes[0];
  const last = holes.at(-1);
  return first === undefined || last === undefined
    ? null
    : { startTime: first.startTime, endTime: last.endTime };
}

/** Ascending, and of two in one instant the first that was given. */
function inOrder(samples: readonly HeartRateSample[]): HeartRateSample[] {
  const byTime = new Map<number, HeartRateSample>();
  for (const sample of samples) if (!byTime.has(sample.time)) byTime.set(sample.time, sample);
  return [...byTime.values()].sort((one, other) => one.time - other.time);
}
