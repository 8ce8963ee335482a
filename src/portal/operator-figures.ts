// The figures of the operator's page: what they are, how far each is counted, and how they add up.

import type { ConnectionStatus, SyncRunStatus, SyncTrigger } from "../db/schema.ts";
import type { ConnectionId, ProviderName, SyncRunId } from "../kernel/ids.ts";

/** Rows that a count looks at; one more than this means "more than this". For each database. */
export const countLimit = 10_000;
/** Runs of the last day that are added up, the newest ones. For each database. */
export const runLimit = 20_000;

/** Runs of one outcome and one reason, with the calls that they spent together. */
export interface RunGroup {
  readonly status: SyncRunStatus;
  readonly trigger: SyncTrigger;
  readonly runs: number;
  readonly calls: number;
}

export interface FailedRun {
  readonly id: SyncRunId;
  readonly connectionId: ConnectionId;
  readonly trigger: SyncTrigger;
  readonly startedAt: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

export interface OpenRun {
  readonly id: SyncRunId;
  readonly connectionId: ConnectionId;
  readonly status: "queued" | "running";
  readonly trigger: SyncTrigger;
  readonly startedAt: number;
}

/** Counts go up to `countLimit` + 1 in each database; times are epoch milliseconds. */
export interface OperatorOverview {
  readonly connectionsByStatus: Readonly<Record<ConnectionStatus, number>>;
  /** Those that were not disconnected. */
  readonly connectionsByProvider: Readonly<Record<ProviderName, number>>;
  readonly lastDay: readonly RunGroup[];
  /** Whether the last day had more runs than are in `lastDay`. */
  readonly isLastDayCut: boolean;
  /** Of the last day, newest first. */
  readonly failures: readonly FailedRun[];
  readonly openRuns: number;
  readonly oldestOpenRun: OpenRun | null;
  readonly deadLetters: number;
  readonly oldestDeadLetterAt: number | null;
}

export interface RunSum {
  readonly runs: number;
  readonly failed: number;
  readonly calls: number;
}

/** Adds up the groups that `isWanted` picks. */
export function sumRuns(
  groups: readonly RunGroup[],
  isWanted: (group: RunGroup) => boolean = () => true,
): RunSum {
  const sum = { runs: 0, failed: 0, calls: 0 };
  for (const group of groups.filter(isWanted)) {
    sum.runs += group.runs;
    sum.failed += group.status === "failed" ? group.runs : 0;
    sum.calls += group.calls;
  }
  return sum;
}
