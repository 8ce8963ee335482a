// The heart rate of a user's stored activities in a window, of whatever connection: as the provider gave it second by second, or
// as it stands in the activity where that came in its TCX alone.

import type { ActivityDocument } from "../activities/document.ts";
import { openObject, readSources } from "../activities/documents.ts";
import type { ConnectionId, UserId } from "../kernel/ids.ts";
import type { HeartRateSample } from "../providers/port.ts";
import type { HeartRateWindow } from "./heart-rate-window.ts";

export interface StoredHeartRate {
  /** In no order; there may be several of one instant. */
  readonly samples: readonly HeartRateSample[];
  /** Times of activities whose heart rate is complete, ascending by start. */
  readonly covered: readonly HeartRateWindow[];
  readonly timeBasis: "utc" | "inferred";
}

interface StoredRow {
  readonly startTime: number;
  readonly endTime: number;
  readonly sourcesKey: string;
  readonly documentKey: string | null;
  readonly state: string | null;
}

/** An activity that began longer before the window than this does not reach into it. */
const longestActivityMilliseconds = 86_400_000;
const activitiesAtMost = 20;

/** What is stored around a window. The activities of `connectionId` come first: where two devices were worn, theirs counts. */
export async function readStoredHeartRate(
  env: Env,
  client: D1Database,
  owner: { readonly userId: UserId; readonly connectionId: ConnectionId },
  window: HeartRateWindow,
): Promise<StoredHeartRate> {
  const { results } = await client
    .prepare(
      `SELECT start_time AS startTime, end_time AS endTime, sources_key AS sourcesKey, document_key AS documentKey,
         json_extract(entry, '$.completeness.heartRate.state') AS state
       FROM activities
       WHERE connection_id IN (SELECT id FROM connections WHERE user_id = ?1)
         AND start_time > ?3 - ?5 AND start_time <= ?4 AND end_time >= ?3
         AND deleted_at IS NULL AND sources_key IS NOT NULL
       ORDER BY connection_id = ?2 DESC, start_time LIMIT ?6`,
    )
    .bind(
      owner.userId,
      owner.connectionId,
      window.startTime,
      window.endTime,
      longestActivityMilliseconds,
      activitiesAtMost,
    )
    .all<StoredRow>();
  const samples: HeartRateSample[] = [];
  const covered: HeartRateWindow[] = [];
  let timeBasis: "utc" | "inferred" = "utc";
  for (const row of results) {
    const heartRate = await readHeartRate(env.DOCUMENTS, row);
    if (heartRate === null) continue;
    for (const sample of heartRate.samples) {
      if (!covered.some((span) => isWithin(span, sample.time))) samples.push(sample);
    }
    if (heartRate.timeBasis === "inferred") timeBasis = "inferred";
    if (row.state === "complete") covered.push({ startTime: row.startTime, endTime: row.endTime });
  }
  covered.sort((one, other) => one.startTime - other.startTime);
  return { samples, covered, timeBasis };
}

function isWithin({ startTime, endTime }: HeartRateWindow, time: number): boolean {
  return time >= startTime && time <= endTime;
}

async function readHeartRate(
  bucket: R2Bucket,
  row: StoredRow,
): Promise<Pick<StoredHeartRate, "samples" | "timeBasis"> | null> {
  const heartRate = (await readSources(bucket, row.sourcesKey))?.heartRate;
  if (heartRate?.kind === "samples") return heartRate;
  // Nothing to read the whole document for.
  if (row.documentKey === null || row.state === null || row.state === "absent") return null;
  const stored = await openObject(bucket, row.documentKey);
  if (stored === null) return null;
  // Written by us, in this shape, by every version so far. Times in a TCX carry their offset.
  const document = (await new Response(stored).json()) as ActivityDocument;
  const samples = document.standardizedActivity.sessions[0].laps.flatMap((lap) =>
    (lap.records ?? []).flatMap(({ timestamp, heartRate: bpm }) =>
      bpm === undefined ? [] : [{ time: Date.parse(timestamp), bpm }],
    ),
  );
  return { samples, timeBasis: "utc" };
}
