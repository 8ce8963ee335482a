// The hash that tells whether an activity has changed (rule 8). It is taken over the canonical activity with the keys of every
// object in order, so that neither the order in which a field was set nor a field that is undefined makes a revision.

import { sha256Hex } from "../kernel/ids.ts";
import type { CanonicalActivity } from "./document.ts";

/** SHA-256 as lower-case hex; equal exactly when the content is. */
export async function contentHash(canonical: CanonicalActivity): Promise<string> {
  return sha256Hex(canonicalJson(canonical));
}

/**
 * JSON with sorted keys and without undefined; arrays keep their order. The list of keys given to `JSON.stringify` is also the
 * order in which it writes them, so the engine's own writer does the work: a ten-hour activity has 36,000 records.
 */
export function canonicalJson(value: unknown): string {
  const keys = new Set<string>();
  collectKeys(value, keys);
  return JSON.stringify(value, [...keys].sort());
}

function collectKeys(value: unknown, keys: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectKeys(item, keys);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, field] of Object.entries(value)) {
      keys.add(key);
      if (typeof field === "object") collectKeys(field, keys);
    }
  }
}
