// Finding an API key. It is compared by its SHA-256 against every configured one in constant time, so that neither the number
// of keys nor a good guess shows.

import type { ApiKey } from "./configuration.ts";
import { sha256Hex } from "./ids.ts";

/** The configured key that `given` is, or null. */
export async function findApiKey(keys: readonly ApiKey[], given: string): Promise<ApiKey | null> {
  const encoder = new TextEncoder();
  const digest = encoder.encode(await sha256Hex(given));
  let found: ApiKey | null = null;
  for (const key of keys) {
    if (crypto.subtle.timingSafeEqual(digest, encoder.encode(key.sha256))) found = key;
  }
  return found;
}
