// Distance along the way. Fitbit's TCX sometimes starts again at 0 in the middle of a file (Fitbit reference §4.1, from code),
// while FitGlue wants metres from the start, which never shrink. A restart is added up only where the sum agrees with the distance
// that the provider states for the whole; otherwise the values that would shrink are left out. No value is made up in between.

import type { ActivityRecord } from "./records.ts";

/** A repaired total may be off by this share of the stated distance, or by this many metres on a short way. */
const tolerance = { share: 0.05, meters: 50 };
/** A fall to less than this share of what was reached is a restart; less of a fall is the noise of a position. */
const restartShare = 0.1;

/** The records with distances that never shrink. `statedMeters` is the provider's total, null where there is none. */
export function withCumulativeDistance(
  records: readonly ActivityRecord[],
  statedMeters: number | null,
): readonly ActivityRecord[] {
  const raw = records.map((record) => record.distanceMeters);
  const added = addRestarts(raw);
  const useSum = added.restarts > 0 && statedMeters !== null && agrees(added.total, statedMeters);
  const distances = leaveOutShrinking(useSum ? added.distances : raw);
  return records.map((record, index) => {
    const distance = distances[index];
    if (distance === record.distanceMeters) return record;
    const { distanceMeters: _, ...rest } = record;
    return distance === undefined ? rest : { ...rest, distanceMeters: distance };
  });
}

type Distances = readonly (number | undefined)[];

function addRestarts(raw: Distances): { distances: Distances; restarts: number; total: number } {
  let before = 0;
  let last = 0;
  let restarts = 0;
  const distances = raw.map((value) => {
    if (value === undefined) return undefined;
    if (value < last * restartShare) {
      before += last;
      restarts += 1;
    }
    last = value;
    return before + value;
  });
  return { distances, restarts, total: before + last };
}

function leaveOutShrinking(raw: Distances): Distances {
  let farthest = 0;
  return raw.map((value) => {
    if (value === undefined || value < farthest) return undefined;
    farthest = value;
    return value;
  });
}

function agrees(total: number, stated: number): boolean {
  return Math.abs(total - stated) <= Math.max(tolerance.meters, stated * tolerance.share);
}
