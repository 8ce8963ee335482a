// Brings one activity up to what the provider knows: fetch, decode, assemble, store. Idempotent: the same summary twice
// fetches nothing the second time.

import { missingStreams, neverLess } from "../activities/completeness.ts";
import { activityIdFor, readActivity, type Writer } from "../activities/store.ts";
import type { FeedOrigin } from "../db/schema.ts";
import type { ActivityId } from "../kernel/ids.ts";
import type { ActivitySummary } from "../providers/port.ts";
import { commitActivity, type UpdateResult } from "./commit-activity.ts";
import type { SyncContext } from "./context.ts";
import { fetchHeartRate, fetchTcx } from "./fetch-streams.ts";
import { assembleParts, betterHeartRate, type Parts, readParts, tcxParts, withTcx } from "./parts.ts";
import type { SyncSession } from "./session.ts";
import { withZoneBounds } from "./zone-bounds.ts";

/** Takes in what a list says of an activity. */
export async function updateFromSummary(
  context: SyncContext,
  session: SyncSession,
  writer: Writer,
  listed: ActivitySummary,
  options: { readonly newOrigin: FeedOrigin; readonly attempt: number },
): Promise<UpdateResult> {
  const { link } = session.lease;
  const { database, connectionId } = writer;
  const id = await activityIdFor(database, connectionId, link.provider, listed.sourceActivityId);
  const row = await readActivity(database, id);
  if (row !== null && row.deletedAt === null && row.providerVersion >= listed.version) {
    return { outcome: "unchanged", due: [] };
  }
  const stored = row === null ? null : await readParts(context.env.DOCUMENTS, row);
  const summary = await withZoneBounds(session, listed, stored?.summary ?? null);
  const fetched = await fetchHeartRate(session, summary, options.attempt);
  const heartRate = betterHeartRate(stored?.heartRate ?? null, fetched, summary);
  const parts = await withTcx(session, { summary, heartRate }, stored, options.attempt);
  return await commitActivity(context, session, writer, {
    id,
    row,
    parts,
    origin: row === null || row.sequence === null ? options.newOrigin : "edit",
    lookDone: -1,
  });
}

/** One look at an activity that lacks a stream: one call, or none when settling ends (rule 11). */
export async function lookForLateData(
  context: SyncContext,
  session: SyncSession,
  writer: Writer,
  work: {
    readonly activityId: ActivityId;
    readonly look: number;
    readonly attempt: number;
    readonly mayCall: boolean;
  },
): Promise<UpdateResult> {
  const row = await readActivity(writer.database, work.activityId);
  if (row === null || row.deletedAt !== null) return { outcome: "unchanged", due: [] };
  // The connection has gone over to another provider, and no list of it has named this activity yet.
  if (row.provider !== session.lease.link.provider) return { outcome: "unchanged", due: [] };
  const kept = await readParts(context.env.DOCUMENTS, row);
  if (kept === null) return { outcome: "unchanged", due: [] };
  // The row tells the id that the provider goes by now; the summary was kept under the one of its time.
  const { sourceActivityId, providerVersion: version } = row;
  const stored: Parts = { ...kept, summary: { ...kept.summary, sourceActivityId, version } };
  const parts = work.mayCall ? await lookOnce(session, stored, work) : stored;
  return await commitActivity(context, session, writer, {
    id: row.id,
    row,
    parts,
    origin: row.sequence === null ? row.origin : "late_data",
    lookDone: work.look,
  });
}

/** Asks for the stream that is missing; where both are, in turn, because a TCX holds heart rate too. */
async function lookOnce(
  session: SyncSession,
  stored: Parts,
  work: { readonly look: number; readonly attempt: number },
): Promise<Parts> {
  const { grantedScopes } = session.lease.link;
  const before = assembleParts(stored, grantedScopes).completeness;
  const missing = missingStreams(before, stored.summary, grantedScopes);
  switch (missing[work.look % Math.max(1, missing.length)]) {
    case "heartRate": {
      const fetched = await fetchHeartRate(session, stored.summary, work.attempt);
      return { ...stored, heartRate: betterHeartRate(stored.heartRate, fetched, stored.summary) };
    }
    case "gps": {
      const { sourceActivityId, gpsExpected } = stored.summary;
      const options = { partial: false, gpsExpected, attempt: work.attempt };
      const fetched = await fetchTcx(session, sourceActivityId, options);
      const candidate = { ...stored, ...tcxParts(fetched) };
      const isNoLess = neverLess(before, assembleParts(candidate, grantedScopes).completeness);
      return fetched.kind === "document" && isNoLess ? candidate : stored;
    }
    default:
      return stored;
  }
}
