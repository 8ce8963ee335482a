// What is due for one account, and when: the only source of the object's alarm (rule 4). An entry is a piece of work under
// a key; the same key again replaces it, so that the last push of a row is the only one that costs a later look.

import type { Work } from "../messages.ts";
import type { DueEntry } from "./account-protocol.ts";

/** The key under which a piece of work stands: one of each kind, but one late look an activity and one slice a backfill. */
export function dueKey(work: Work): string {
  switch (work.kind) {
    case "sync":
      return work.runId === undefined ? "sync" : `sync:${work.runId}`;
    case "look":
      return "look";
    case "late":
      return `late:${work.activityId}`;
    case "backfill":
      return `backfill:${work.runId}`;
    case "interval":
      return `interval:${work.start}-${work.end}`;
    case "deletions":
      return work.interval === undefined
        ? "deletions"
        : `deletions:${work.interval.start}-${work.interval.end}`;
    case "revocation":
    case "subscribe":
      return work.kind;
    case "leave":
      return `leave:${work.connectionId}`;
    case "erase":
      return `erase:${work.connectionId}`;
    default:
      return work satisfies never;
  }
}

/** The lease's deadline stands in the same table under this key; its work is what recovers from a dead holder. */
export const leaseKey = "lease";

export interface DueRow {
  readonly key: string;
  readonly at: number;
  readonly work: Work;
}

export class DueTable {
  readonly #storage: SqlStorage;

  constructor(storage: SqlStorage) {
    this.#storage = storage;
    this.create();
  }

  create(): void {
    this.#storage.exec(
      // Without a rowid the key is the table, and an entry is one row written instead of two.
      "CREATE TABLE IF NOT EXISTS due (key TEXT PRIMARY KEY, at INTEGER NOT NULL, work TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  set(key: string, entry: DueEntry): void {
    this.#storage.exec(
      "INSERT INTO due (key, at, work) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET at = ?2, work = ?3",
      key,
      entry.at,
      JSON.stringify(entry.work),
    );
  }

  /** Sets the entry unless one with the same key is due earlier. */
  setEarliest(key: string, entry: DueEntry): void {
    this.#storage.exec(
      "INSERT INTO due (key, at, work) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET at = ?2, work = ?3 WHERE at > ?2",
      key,
      entry.at,
      JSON.stringify(entry.work),
    );
  }

  drop(key: string): void {
    this.#storage.exec("DELETE FROM due WHERE key = ?", key);
  }

  /** Drops an entry only if it is still the one that was read: work made meanwhile under the same key stays. */
  dropIfUnchanged(row: DueRow): void {
    this.#storage.exec("DELETE FROM due WHERE key = ? AND at = ?", row.key, row.at);
  }

  clear(): void {
    this.#storage.exec("DELETE FROM due");
  }

  /** Drops every entry but those whose key starts with `prefix`. */
  clearAllBut(prefix: string): void {
    this.#storage.exec("DELETE FROM due WHERE substr(key, 1, length(?1)) <> ?1", prefix);
  }

  /** Entries due by `now`, earliest first. */
  dueBy(now: number): DueRow[] {
    return this.#storage
      .exec<{ key: string; at: number; work: string }>(
        "SELECT key, at, work FROM due WHERE at <= ? ORDER BY at, key",
        now,
      )
      .toArray()
      .map((row) => ({ key: row.key, at: row.at, work: JSON.parse(row.work) as Work }));
  }

  /** Every entry. */
  all(): DueRow[] {
    return this.dueBy(Number.MAX_SAFE_INTEGER);
  }

  /** When the earliest entry is due, or null. */
  earliest(): number | null {
    return this.#storage.exec<{ at: number | null }>("SELECT min(at) AS at FROM due").one().at;
  }

  /** Brings what waits under a key that starts with `prefix` forward to `at`. */
  bringForward(prefix: string, at: number): void {
    this.#storage.exec(
      "UPDATE due SET at = ?2 WHERE substr(key, 1, length(?1)) = ?1 AND at > ?2",
      prefix,
      at,
    );
  }
}
