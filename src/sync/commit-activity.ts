// From parts to the feed: assemble, compare by content, put the objects, write the row. Objects go first, so that a row never
// names what is not there; the row goes under the fence, so that an old holder changes nothing visible.

import { toDocument } from "../activities/assemble.ts";
import { missingStreams } from "../activities/completeness.ts";
import { contentHash } from "../activities/content-hash.ts";
import type { ActivityDocument, FeedActivity } from "../activities/document.ts";
import { putObject } from "../activities/documents.ts";
import { gzip } from "../activities/gzip.ts";
import { isVisible, nextLook, type SettleInput, settlesAt } from "../activities/settle.ts";
import { type ActivityRow, noteVersion, type Writer, writeActivity } from "../activities/store.ts";
import type { FeedOrigin } from "../db/schema.ts";
import type { ActivityId } from "../kernel/ids.ts";
import type { DueEntry } from "./account/account-protocol.ts";
import type { SyncContext } from "./context.ts";
import { assembleParts, type Parts, putParts } from "./parts.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";

export interface UpdateResult {
  readonly outcome: "created" | "updated" | "unchanged";
  /** The next look, if a stream is missing and may still come. */
  readonly due: readonly DueEntry[];
}

/** Writes a revision if the content differs from what stands, and lets a settled activity into the feed. */
export async function commitActivity(
  context: SyncContext,
  session: SyncSession,
  writer: Writer,
  change: {
    readonly id: ActivityId;
    readonly row: ActivityRow | null;
    readonly parts: Parts;
    readonly origin: FeedOrigin;
    /** The number of the look that led here; -1 for what a list said. */
    readonly lookDone: number;
  },
): Promise<UpdateResult> {
  const { id, row, parts } = change;
  const { summary } = parts;
  const { link } = session.lease;
  const now = context.clock.now();
  const canonical = assembleParts(parts, link.grantedScopes);
  const hash = await contentHash(canonical);
  const settle: SettleInput = {
    endTime: summary.startTime + summary.elapsedSeconds * 1000,
    firstSeenAt: row?.firstSeenAt ?? now,
    now,
    settleMinutes: context.configuration.settleMinutes,
    isMissingSomething: missingStreams(canonical.completeness, summary, link.grantedScopes).length > 0,
  };
  const look = nextLook(settle, change.lookDone);
  const due: DueEntry[] =
    look === null ? [] : [{ at: look.at, work: { kind: "late", activityId: id, look: look.look } }];
  const wasInFeed = row !== null && row.sequence !== null;
  const isInFeed = wasInFeed || isVisible(settle);
  const isSame = row !== null && row.deletedAt === null && row.contentHash === hash;
  const owner = { connectionId: link.connectionId, activityId: id };
  const bucket = context.env.DOCUMENTS;

  if (isSame && wasInFeed === isInFeed) {
    if (row.providerVersion < summary.version) {
      const keys = await putParts(bucket, owner, parts);
      const noted = await noteVersion(writer, id, { providerVersion: summary.version, ...keys });
      if (!noted) throw new SyncInterrupted({ kind: "lost" });
    }
    return { outcome: "unchanged", due };
  }

  const revision = row === null ? 1 : wasInFeed ? row.revision + 1 : Math.max(1, row.revision);
  const document = toDocument(canonical, {
    id,
    revision,
    userId: link.userId,
    connectionId: link.connectionId,
    provider: link.provider,
    sourceActivityId: summary.sourceActivityId,
    device: summary.device,
    updatedAt: new Date(now).toISOString(),
  });
  const documentKey = await putObject(bucket, "documents", owner, await gzip(JSON.stringify(document)));
  const keys = await putParts(bucket, owner, parts);
  const written = await writeActivity(
    writer,
    {
      ...owner,
      id,
      userId: link.userId,
      provider: link.provider,
      sourceActivityId: summary.sourceActivityId,
      providerVersion: summary.version,
      revision,
      contentHash: hash,
      startTime: summary.startTime,
      endTime: settle.endTime,
      entry: JSON.stringify(feedEntryOf(document)),
      documentKey,
      ...keys,
      gpsSamples: canonical.completeness.gps.samples,
      heartRateSamples: canonical.completeness.heartRate.samples,
      firstSeenAt: settle.firstSeenAt,
      settlesAt: isInFeed ? null : settlesAt(settle),
      origin: change.origin,
      updatedAt: now,
      deletedAt: null,
      sequenceBefore: row?.sequence ?? null,
    },
    isInFeed,
  );
  if (!written) throw new SyncInterrupted({ kind: "lost" });
  return { outcome: wasInFeed ? "updated" : "created", due };
}

/** The document without its records, as the feed shows it. */
function feedEntryOf(document: ActivityDocument): FeedActivity {
  const { standardizedActivity: _records, ...entry } = document;
  return entry;
}
