// The parts that an activity is assembled from: what was just fetched, and what was kept from before. What was had is never
// given up for an answer that holds less: a provider that fails is not a route that vanished (rule 8).

import { assembleActivity, type TcxInput } from "../activities/assemble.ts";
import { neverLess } from "../activities/completeness.ts";
import type { CanonicalActivity } from "../activities/document.ts";
import { type ActivitySources, openObject, putObject, readSources } from "../activities/documents.ts";
import { gzip } from "../activities/gzip.ts";
import type { ActivityRow } from "../activities/store.ts";
import type { ActivityId, ConnectionId } from "../kernel/ids.ts";
import type { ActivitySummary, GrantScope, HeartRateResult } from "../providers/port.ts";
import { decodeTcx } from "../tcx/decoder.ts";
import type { TcxActivity } from "../tcx/document.ts";
import { type FetchedTcx, fetchTcx } from "./fetch-streams.ts";
import type { SyncSession } from "./session.ts";

export interface Parts {
  readonly summary: ActivitySummary;
  readonly tcx: TcxInput;
  /** Where the TCX is kept, or its bytes still to be put there; null when there is none. */
  readonly tcxObject: { readonly key: string } | { readonly gzipped: Uint8Array<ArrayBuffer> } | null;
  readonly heartRate: HeartRateResult;
}

export function assembleParts(parts: Parts, grantedScopes: readonly GrantScope[]): CanonicalActivity {
  return assembleActivity({
    summary: parts.summary,
    tcx: parts.tcx,
    heartRate: parts.heartRate,
    grantedScopes,
  });
}

/** The parts of the stored document; null when their objects are gone. */
export async function readParts(bucket: R2Bucket, row: ActivityRow): Promise<Parts | null> {
  const sources = await readSources(bucket, row.sourcesKey);
  if (sources === null) return null;
  const { summary, heartRate, tcx } = sources;
  if (tcx.kind === "missing") return { summary, heartRate, tcx, tcxObject: null };
  const body = await openObject(bucket, tcx.key);
  if (body === null) return null;
  const { activities } = await decodeTcx(body);
  return {
    summary,
    heartRate,
    tcx: { kind: "decoded", activities, oneMinuteOnly: tcx.partial },
    tcxObject: { key: tcx.key },
  };
}

/** Puts the TCX, if it is new, and the rest of what the document was made of; answers the keys. */
export async function putParts(
  bucket: R2Bucket,
  owner: { connectionId: ConnectionId; activityId: ActivityId },
  parts: Parts,
): Promise<{ sourcesKey: string; tcxKey: string | null }> {
  const tcxKey = await keyOfTcx(bucket, owner, parts.tcxObject);
  const sources: ActivitySources = {
    version: 1,
    summary: parts.summary,
    heartRate: parts.heartRate,
    tcx:
      tcxKey === null || parts.tcx.kind === "missing"
        ? { kind: "missing", reason: parts.tcx.kind === "missing" ? parts.tcx.reason : "provider_has_none" }
        : { kind: "document", key: tcxKey, partial: parts.tcx.oneMinuteOnly === true },
  };
  const sourcesKey = await putObject(bucket, "sources", owner, await gzip(JSON.stringify(sources)));
  return { sourcesKey, tcxKey };
}

async function keyOfTcx(
  bucket: R2Bucket,
  owner: { connectionId: ConnectionId; activityId: ActivityId },
  tcxObject: Parts["tcxObject"],
): Promise<string | null> {
  if (tcxObject === null) return null;
  return "key" in tcxObject ? tcxObject.key : await putObject(bucket, "tcx", owner, tcxObject.gzipped);
}

/** The parts with the TCX that the provider gives now, or the one from before when it has less to give. */
export async function withTcx(
  session: SyncSession,
  fresh: Pick<Parts, "summary" | "heartRate">,
  stored: Parts | null,
  attempt: number,
): Promise<Parts> {
  const { summary, heartRate } = fresh;
  const id = summary.sourceActivityId;
  const { gpsExpected } = summary;
  let fetched = await fetchTcx(session, id, { partial: false, gpsExpected, attempt });
  // Where intraday heart rate is refused, one point a minute is what there is (Fitbit: includePartialTCX).
  const isRefused = heartRate.kind === "missing" && heartRate.reason === "provider_refused";
  if (isRefused && summary.heartRateExpected && countHeartRates(fetched) === 0) {
    const partial = await fetchTcx(session, id, { partial: true, gpsExpected, attempt });
    if (countHeartRates(partial) > 0) fetched = partial;
  }
  const had = stored?.tcx.kind === "decoded" && countSamples(stored.tcx.activities) > 0;
  const has = fetched.kind === "document" && countSamples(fetched.document.activities) > 0;
  const next: Parts = { ...fresh, ...tcxParts(fetched) };
  if (stored === null || !had) return next;
  const kept: Parts = { ...stored, ...fresh };
  if (!has) return kept;
  // A file with less is believed only where the user has moved or cut the activity.
  const isSameTime =
    stored.summary.startTime === summary.startTime &&
    stored.summary.elapsedSeconds === summary.elapsedSeconds;
  const { grantedScopes } = session.lease.link;
  const completeness = (parts: Parts) => assembleParts(parts, grantedScopes).completeness;
  return isSameTime && !neverLess(completeness(kept), completeness(next)) ? kept : next;
}

/** A fetched TCX as parts. */
export function tcxParts(fetched: FetchedTcx): Pick<Parts, "tcx" | "tcxObject"> {
  if (fetched.kind === "missing") return { tcx: fetched, tcxObject: null };
  const { activities } = fetched.document;
  return {
    tcx: { kind: "decoded", activities, oneMinuteOnly: fetched.partial },
    tcxObject: { gzipped: fetched.gzipped },
  };
}

/**
 * Samples are not given up for an answer with fewer. Only those of the activity's time count: its user may have moved it,
 * and what was measured at the old time says nothing about the new one.
 */
export function betterHeartRate(
  before: HeartRateResult | null,
  now: HeartRateResult,
  { startTime, elapsedSeconds }: Pick<ActivitySummary, "startTime" | "elapsedSeconds">,
): HeartRateResult {
  if (before?.kind !== "samples") return now;
  const endTime = startTime + elapsedSeconds * 1000;
  // Samples are stamped to the second, so the ones that the window starts and ends in count as within it.
  const isWithin = (time: number) => time > startTime - 1000 && time < endTime + 1000;
  const had = before.samples.filter(({ time }) => isWithin(time)).length;
  if (now.kind === "missing") return had > 0 ? before : now;
  return now.samples.length >= had ? now : before;
}

function countHeartRates(fetched: FetchedTcx): number {
  if (fetched.kind === "missing") return 0;
  return fetched.document.activities.reduce((sum, activity) => sum + activity.counts.heartRates, 0);
}

function countSamples(activities: readonly TcxActivity[]): number {
  return activities.reduce((sum, activity) => sum + activity.samples.count, 0);
}
