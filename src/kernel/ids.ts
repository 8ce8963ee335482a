// Branded identifiers. A brand costs nothing at run time and keeps a user id from landing where an account is meant.
// Ids that we make are random or derived from a hash; ids of a provider are text, because they exceed 2^53.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A FitGlue user's id, `[A-Za-z0-9._~-]{1,128}`. */
export type UserId = Branded<"UserId">;
/** One user's link to one account, `con_…`. */
export type ConnectionId = Branded<"ConnectionId">;
/** One exercise, `act_…`. */
export type ActivityId = Branded<"ActivityId">;
/** The record of one sync, `run_…`. */
export type SyncRunId = Branded<"SyncRunId">;
/** A message that could not be handled, `dead_…`. */
export type DeadLetterId = Branded<"DeadLetterId">;
/** A provider's name for a user: Fitbit's encoded id, Google's health user id. */
export type ProviderUserId = Branded<"ProviderUserId">;
/** A provider's id of an activity, as text. */
export type SourceActivityId = Branded<"SourceActivityId">;
/** `provider:providerUserId`, the name of the account's Durable Object. */
export type AccountName = Branded<"AccountName">;

/** Providers that this project knows by name. */
export const providerNames = ["fitbit", "google-health"] as const;
export type ProviderName = (typeof providerNames)[number];

export const userIdPattern = /^[A-Za-z0-9._~-]{1,128}$/;

/** Marks a string as an id of one kind. The caller has checked it, or made it. */
export function asId<Id extends Branded<string>>(value: string): Id {
  return value as Id;
}

/** The account's name, `provider:providerUserId`. */
export function accountName(provider: ProviderName, providerUserId: ProviderUserId): AccountName {
  return asId<AccountName>(`${provider}:${providerUserId}`);
}

/** The two parts of an account's name, or null when it is none. */
export function parseAccountName(
  name: string,
): { provider: ProviderName; providerUserId: ProviderUserId } | null {
  const separator = name.indexOf(":");
  const provider = providerNames.find((candidate) => candidate === name.slice(0, separator));
  if (provider === undefined || separator === name.length - 1) return null;
  return { provider, providerUserId: asId<ProviderUserId>(name.slice(separator + 1)) };
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32: no i, l, o, u

/** `length` characters of base 32 from random bytes; 26 of them hold 130 bits. */
export function randomText(length = 26): string {
  return encode(crypto.getRandomValues(new Uint8Array(length)));
}

/** `length` characters of base 32 from a SHA-256 over `parts`; the same parts give the same text. */
export async function hashedText(parts: readonly string[], length = 26): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return encode(digest.subarray(0, length));
}

function encode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += alphabet[byte & 31] ?? "";
  return text;
}

/** SHA-256 of `text` as lower-case hex. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
