// The laps of a session and which records each holds. Laps come from the TCX; without any, one lap covers the session. Records
// are dealt out by time alone, in order, because FitGlue's FIT writer strings all laps' records together as they stand.

import type { TcxLap, TcxSamples } from "../tcx/document.ts";
import type { ActivityRecord, TimeWindow } from "./records.ts";

export interface Lap {
  /** Epoch milliseconds. */
  readonly start: number;
  /** Over 0. Without pauses where the file says so. */
  readonly elapsedSeconds: number;
  readonly distanceMeters: number | null;
  readonly intensity: "active" | "recovery" | null;
  readonly records: readonly ActivityRecord[];
}

/** A lap of a file with the table that its samples are rows of. */
export interface FileLap {
  readonly lap: TcxLap;
  readonly samples: TcxSamples;
}

/**
 * Deals the records out to the laps: each to the last lap that has started, those before the first lap to the first.
 * Laps that start after the session's end, and laps without time and records, are left out.
 * @param records ascending, all within the session
 */
export function dealIntoLaps(
  fileLaps: readonly FileLap[],
  records: readonly ActivityRecord[],
  session: TimeWindow,
  sessionDistanceMeters: number | null,
): readonly Lap[] {
  const started = fileLaps
    .flatMap(({ lap, samples }) => {
      const start = lap.startTimeMilliseconds ?? firstTime(lap, samples);
      // A lap's written start may be a fraction of a second before the activity's.
      return start === null || start > session.end ? [] : [{ lap, start: Math.max(start, session.start) }];
    })
    .sort((one, other) => one.start - other.start);

  const laps: Lap[] = [];
  let next = 0;
  for (const [index, { lap, start }] of started.entries()) {
    const end = started[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    const from = next;
    while (next < records.length && (records[next]?.time ?? end) < end) next += 1;
    const own = records.slice(from, next);
    const lapStart = Math.min(start, own[0]?.time ?? start);
    const elapsedSeconds = secondsOf(lap, lapStart, Math.min(end, session.end), own);
    if (elapsedSeconds === null) continue;
    laps.push({
      start: lapStart,
      elapsedSeconds,
      // A file without positions may write 0 m for a lap of yoga: in a session without distance that means "not measured".
      distanceMeters: sessionDistanceMeters === null && lap.distanceMeters === 0 ? null : lap.distanceMeters,
      intensity: intensityOf(lap.intensity),
      records: own,
    });
  }
  return laps.length > 0 ? laps : [wholeSession(records, session, sessionDistanceMeters)];
}

function wholeSession(
  records: readonly ActivityRecord[],
  session: TimeWindow,
  distanceMeters: number | null,
): Lap {
  const elapsedSeconds = (session.end - session.start) / 1000;
  return { start: session.start, elapsedSeconds, distanceMeters, intensity: null, records };
}

/** The file's own time, else the time until the next lap or the end; null for a lap that holds nothing at all. */
function secondsOf(
  lap: TcxLap,
  start: number,
  end: number,
  records: readonly ActivityRecord[],
): number | null {
  if (lap.totalTimeSeconds !== null && lap.totalTimeSeconds > 0) return lap.totalTimeSeconds;
  if (records.length === 0) return null;
  // A single record in the session's last instant: a lap must last, and a second is what a record stands for.
  return end > start ? (end - start) / 1000 : 1;
}

function firstTime(lap: TcxLap, samples: TcxSamples): number | null {
  return lap.sampleCount > 0 ? (samples.timeMilliseconds[lap.firstSample] ?? null) : null;
}

/** TCX knows `Active` and `Resting`; FitGlue's word for the second is recovery. */
function intensityOf(text: string | null): Lap["intensity"] {
  switch (text?.toLowerCase()) {
    case "active":
      return "active";
    case "resting":
      return "recovery";
    default:
      return null;
  }
}
