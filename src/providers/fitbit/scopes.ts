// Fitbit's scope names, which happen to be the port's own words. Their order is arbitrary and a user may untick any of
// them on the consent page (Fitbit reference §1.2, §1.4), so they are compared as a set; names that nobody asked for are ignored.

import { type GrantScope, grantScopes } from "../port.ts";

/** What is asked for at consent: settings for devices, profile for the time zone. */
export const requestedScopes: readonly GrantScope[] = [
  "activity",
  "heartrate",
  "location",
  "profile",
  "settings",
];

/** The scopes that a token answer grants, in the port's order, each once. */
export function parseScopes(text: string): readonly GrantScope[] {
  const granted = new Set(text.split(/\s+/));
  return grantScopes.filter((scope) => granted.has(scope));
}
