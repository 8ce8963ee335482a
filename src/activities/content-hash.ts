// The hash that tells whether an activity has changed (rule 8). It is taken over the canonical activity with the keys of every
// object in order, so that neither the order in which a field was set nor a field that is undefined makes a revision.

import { sha256Hex } from "../kernel/ids.ts";
import type { CanonicalActivity } from "./document.ts";

/** SHA-256 as lower-case hex; equal exactly when the content is. */
export async function contentHash(canonical: CanonicalActivity): Promise<string> {
  return sha256Hex(canonicalJson(canonical));
}

/** JSON with sorted keys and without undefined; arrays keep their order. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
