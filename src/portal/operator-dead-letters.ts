// The dead letters that wait for somebody, newest first and a page at a time, over all databases. The message itself is not
// read: what it holds is nobody's business here, and replaying sends it as it is.

import { type SQL, sql } from "drizzle-orm";
import { allDatabases } from "../db/databases.ts";
import type { ConnectionId, DeadLetterId } from "../kernel/ids.ts";
import type { DeadLetterPlace } from "./operator-place.ts";

export const deadLettersPerPage = 20;

export interface WaitingDeadLetter {
  readonly id: DeadLetterId;
  readonly connectionId: ConnectionId | null;
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  readonly attempts: number;
  readonly errorCode: string;
  readonly errorMessage: string;
}

export interface DeadLetterPage {
  readonly rows: readonly WaitingDeadLetter[];
  /** Null on the last page. */
  readonly next: DeadLetterPlace | null;
}

/** One page below a place, or from the newest where that is null. */
export async function readDeadLetters(env: Env, below: DeadLetterPlace | null): Promise<DeadLetterPage> {
  const found = await Promise.all(
    allDatabases(env).map((database) => database.all<WaitingDeadLetter>(deadLetterStatement(below))),
  );
  const rows = found.flat().sort(newestFirst);
  const page = rows.slice(0, deadLettersPerPage);
  return { rows: page, next: rows.length > page.length ? (page.at(-1) ?? null) : null };
}

/** The statement of one page. The time alone is a range of the index; the id decides among rows of the same moment. */
export function deadLetterStatement(below: DeadLetterPlace | null): SQL {
  const range =
    below === null
      ? sql``
      : sql`AND failed_at <= ${below.failedAt} AND NOT (failed_at = ${below.failedAt} AND id >= ${below.id})`;
  return sql`SELECT id, connection_id AS connectionId, kind, failed_at AS failedAt, attempts,
    error_code AS errorCode, error_message AS errorMessage FROM dead_letters
    WHERE replayed_at IS NULL ${range} ORDER BY failed_at DESC, id DESC LIMIT ${deadLettersPerPage + 1}`;
}

function newestFirst(left: WaitingDeadLetter, right: WaitingDeadLetter): number {
  return right.failedAt - left.failedAt || (left.id < right.id ? 1 : -1);
}
