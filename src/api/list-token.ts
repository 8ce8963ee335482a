// Page tokens of the lists that go from new to old (sync runs, dead letters): the last row that was shown, the database it
// stood in, and the filter. Unsigned like the feed's, and for the same reason: it opens nothing.

import { z } from "zod";
import { toBase64Url } from "../kernel/encryption.ts";
import { ProblemError } from "../kernel/problem.ts";

/** Where a list goes on: below this row of this database. */
export interface ListPlace {
  readonly databaseIndex: number;
  /** Epoch milliseconds of the last row shown, and its id for rows of the same moment. */
  readonly time: number;
  readonly id: string;
}

const shape = z.strictObject({
  v: z.literal(1),
  f: z.string(),
  d: z.int().min(0),
  t: z.int().min(0),
  i: z.string(),
});

export function encodeListToken(place: ListPlace, filter: string): string {
  const token: z.infer<typeof shape> = {
    v: 1,
    f: filter,
    d: place.databaseIndex,
    t: place.time,
    i: place.id,
  };
  return toBase64Url(new TextEncoder().encode(JSON.stringify(token)));
}

/** The place of a token, null without one. Throws `invalid_page_token` for one that is malformed or of another filter. */
export function decodeListToken(token: string | undefined, filter: string): ListPlace | null {
  if (token === undefined) return null;
  const parsed = shape.safeParse(parseJson(token));
  if (!parsed.success || parsed.data.f !== filter) {
    throw new ProblemError("invalid_page_token", "The page token does not belong to this list.", {
      field: "query.pageToken",
    });
  }
  return { databaseIndex: parsed.data.d, time: parsed.data.t, id: parsed.data.i };
}

/**
 * Reads one page of a list over several databases, one after the other. `read` answers up to `limit` rows below a place
 * of one database (from its top where that is null), newest first.
 */
export async function readPage<Row extends { readonly id: string }>(
  request: {
    readonly databases: number;
    readonly place: ListPlace | null;
    readonly limit: number;
    readonly timeOf: (row: Row) => number;
  },
  read: (databaseIndex: number, below: ListPlace | null, limit: number) => Promise<readonly Row[]>,
): Promise<{ rows: Row[]; next: ListPlace | null }> {
  const rows: Row[] = [];
  let last: ListPlace | null = null;
  for (let index = request.place?.databaseIndex ?? 0; index < request.databases; index++) {
    const below = request.place?.databaseIndex === index ? request.place : null;
    const room = request.limit - rows.length;
    const found = await read(index, below, room + 1);
    for (const row of found.slice(0, room)) {
      rows.push(row);
      last = { databaseIndex: index, time: request.timeOf(row), id: row.id };
    }
    if (found.length > room) return { rows, next: last };
  }
  return { rows, next: null };
}

function parseJson(token: string): unknown {
  try {
    return JSON.parse(atob(token.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}
