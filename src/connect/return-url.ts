// Where a user goes after connecting. Only an allow-listed origin is accepted, compared as an origin and not as a prefix,
// and it is checked when the link is made: an open redirect would hand FitGlue's users to anyone (RFC 9700 §4.11).

/** What became of an attempt, as the `status` parameter that the return address receives. */
export type ConnectOutcome = "connected" | "denied" | "held" | "failed";

/** The address, normalised, or null when it may not be returned to. */
export function allowedReturnUrl(address: string, origins: readonly string[]): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return null;
  return origins.includes(url.origin) ? url.href : null;
}

/** The return address with what became of it; `connectionId` only where there is one. */
export function withOutcome(
  address: string,
  outcome: ConnectOutcome,
  connectionId: string | null = null,
): string {
  const url = new URL(address);
  url.searchParams.set("status", outcome);
  if (connectionId !== null) url.searchParams.set("connectionId", connectionId);
  return url.href;
}
