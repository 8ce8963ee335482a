// A reader's place in the feed, as the token that they keep: one position for each database, and the filter under which
// it was made. Unsigned, because it opens nothing: a made-up token only skips or repeats changes that its reader may read anyway.

import { z } from "zod";
import { toBase64Url } from "../kernel/encryption.ts";
import type { UserId } from "../kernel/ids.ts";

/** Where a reader is: the newest sequence number they have, by database; a database that is missing has not been read. */
export interface FeedPlace {
  readonly userId: UserId | null;
  readonly positions: readonly number[];
}

const position = z.int().min(0);
/** Version 1. `u`: the filter, `p`: the positions. */
const tokenShape = z.strictObject({
  v: z.literal(1),
  u: z.string().nullable(),
  p: z.array(position).min(1).max(64),
});

const longestToken = 2_000;

/** The token of a place. */
export function encodePageToken(place: FeedPlace): string {
  const token: z.infer<typeof tokenShape> = { v: 1, u: place.userId, p: [...place.positions] };
  return toBase64Url(new TextEncoder().encode(JSON.stringify(token)));
}

/**
 * The positions of a token, one for each of `databases`. `null` when the token is malformed, of an unknown version, made
 * under another filter, or knows more databases than there are. A database that was added since starts at its beginning.
 */
export function decodePageToken(
  token: string,
  filter: UserId | null,
  databases: number,
): readonly number[] | null {
  if (token.length > longestToken || !/^[A-Za-z0-9_-]+$/.test(token)) return null;
  const parsed = tokenShape.safeParse(parseJson(token));
  if (!parsed.success || parsed.data.u !== filter || parsed.data.p.length > databases) return null;
  return Array.from({ length: databases }, (_, index) => parsed.data.p[index] ?? 0);
}

function parseJson(token: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(token.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
