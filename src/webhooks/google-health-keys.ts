// Google's public keys, which rotate every 30 days (reference §6.6, documented): good for an hour in an isolate's memory, then
// asked of D1, which all isolates share, and fetched at most once a minute by all of them together. When the key server does
// not answer, the keys that are there stay good for 7 days. Requests share results and never promises: a promise of one request
// does not settle in another.

import { describeException, log } from "../kernel/log.ts";
import { readBoundedStream } from "./body.ts";
import {
  attemptIntervalMilliseconds,
  claimAttempt,
  type KeySet,
  readKeySet,
  storeKeySet,
} from "./key-sets.ts";
import { readTinkKeyset, type VerifyingKey } from "./tink-keyset.ts";

const hour = 3_600_000;
const freshMilliseconds = hour;
const staleMilliseconds = 7 * 24 * hour;
const fetchTimeoutMilliseconds = 5_000;
const setLimitBytes = 64 * 1024;
/** How often, and how long apart, the set of an isolate that is fetching at this moment is looked for. */
const looks = 4;
const lookMilliseconds = 250;

export type KeyFinding =
  /** All keys with that id. */
  | { readonly status: "found"; readonly keys: readonly VerifyingKey[] }
  /** There are keys, and none has that id. */
  | { readonly status: "unknown_key" }
  /** There are no keys at all, or none younger than 7 days. */
  | { readonly status: "unavailable" };

interface HeldKeys {
  readonly address: string;
  readonly keys: readonly VerifyingKey[];
  readonly fetchedAt: number;
}

/** One isolate's keys. */
export class GoogleHealthKeys {
  #held: HeldKeys | null = null;
  /** When this isolate last asked D1 although it held keys; forged ids make it ask once a minute. */
  #askedAt = Number.NEGATIVE_INFINITY;

  /**
   * The keys with an id. Never throws: what cannot be reached is logged and `unavailable`.
   * @param address where the set is published.
   * @param now epoch milliseconds.
   */
  async find(env: Env, address: string, keyId: number, now: number): Promise<KeyFinding> {
    const held = this.#usable(address, now);
    if (held === null || (!isEnough(held, keyId, now) && this.#mayAsk(now))) {
      this.#askedAt = now;
      await this.#ask(env, address, keyId, now);
    }
    const usable = this.#usable(address, now);
    if (usable === null) return { status: "unavailable" };
    const keys = usable.keys.filter((key) => key.keyId === keyId);
    return keys.length === 0 ? { status: "unknown_key" } : { status: "found", keys };
  }

  #usable(address: string, now: number): HeldKeys | null {
    const held = this.#held;
    return held?.address === address && isWithin(held.fetchedAt, staleMilliseconds, now) ? held : null;
  }

  #mayAsk(now: number): boolean {
    return !isWithin(this.#askedAt, attemptIntervalMilliseconds, now);
  }

  /** Takes what another isolate has fetched, or fetches. */
  async #ask(env: Env, address: string, keyId: number, now: number): Promise<void> {
    try {
      await this.#takeStored(env, address, now);
      if (isEnough(this.#usable(address, now), keyId, now)) return;
      if (await claimAttempt(env, address, now)) {
        const body = await fetchKeySet(address);
        if (body === null) return;
        await this.#take(address, { body, fetchedAt: now });
        await storeKeySet(env, address, { body, fetchedAt: now });
        return;
      }
      // Another isolate has this minute's fetch, and perhaps waits for its answer at this moment.
      for (let look = 0; look < looks && !hasKey(this.#usable(address, now), keyId); look++) {
        await new Promise((done) => setTimeout(done, lookMilliseconds));
        const attemptedAt = await this.#takeStored(env, address, now);
        if (!isWithin(attemptedAt, fetchTimeoutMilliseconds, now)) return;
      }
    } catch (exception) {
      log("error", "webhook.keys_unavailable", describeException(exception));
    }
  }

  /** Takes the set in D1 if it is newer than what is held. Answers when a fetch was last attempted. */
  async #takeStored(env: Env, address: string, now: number): Promise<number> {
    const row = await readKeySet(env, address);
    const held = this.#usable(address, now);
    if (row !== null && row.set !== null && (held === null || row.set.fetchedAt > held.fetchedAt)) {
      await this.#take(address, row.set);
    }
    return row?.attemptedAt ?? Number.NEGATIVE_INFINITY;
  }

  async #take(address: string, set: KeySet): Promise<void> {
    const keys = await readTinkKeyset(set.body);
    if (keys !== null) this.#held = { address, keys, fetchedAt: set.fetchedAt };
  }
}

function hasKey(held: HeldKeys | null, keyId: number): boolean {
  return held?.keys.some((key) => key.keyId === keyId) ?? false;
}

function isEnough(held: HeldKeys | null, keyId: number, now: number): boolean {
  return held !== null && isWithin(held.fetchedAt, freshMilliseconds, now) && hasKey(held, keyId);
}

/** Whether `at` lies less than `milliseconds` back. A time far ahead does not: the clock has been set back since. */
function isWithin(at: number, milliseconds: number, now: number): boolean {
  return now - at < milliseconds && at - now < attemptIntervalMilliseconds;
}

/** The published set as text, or null when it cannot be had or is none. */
async function fetchKeySet(address: string): Promise<string | null> {
  try {
    const response = await fetch(address, {
      // Another address than the configured one does not say whose keys they are.
      redirect: "manual",
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(fetchTimeoutMilliseconds),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      log("warn", "webhook.keys_unavailable", { code: "status", status: response.status });
      return null;
    }
    const body = await readBoundedStream(response.body, setLimitBytes);
    if (body.status === "too_large") {
      log("warn", "webhook.keys_unavailable", { code: "too_large" });
      return null;
    }
    const text = new TextDecoder().decode(body.bytes);
    if ((await readTinkKeyset(text)) !== null) return text;
    log("warn", "webhook.keys_unavailable", { code: "unreadable", bytes: body.bytes.length });
    return null;
  } catch (exception) {
    log("warn", "webhook.keys_unavailable", describeException(exception));
    return null;
  }
}
