// Google's scope names and the port's words for them. A user may untick any of them on the consent page, and the answer may name
// more than was asked for (Google Health reference §2.3, §2.4), so they are compared as a set and unknown ones are ignored.

import { type GrantScope, grantScopes } from "../port.ts";

const prefix = "https://www.googleapis.com/auth/googlehealth.";

/** The reading scope for each word (documented). A TCX needs `location` beside `activity`. */
const names: Readonly<Record<GrantScope, string>> = {
  activity: `${prefix}activity_and_fitness.readonly`,
  heartrate: `${prefix}health_metrics_and_measurements.readonly`,
  location: `${prefix}location.readonly`,
  profile: `${prefix}profile.readonly`,
  settings: `${prefix}settings.readonly`,
};

/**
 * What is asked for at consent: what activities are made of, and no more (RFC 9700 §2.3), because every one of Google's health
 * scopes is a restricted one that the application is assessed for (documented).
 */
export const requestedScopes = ["activity", "heartrate", "location"] as const satisfies readonly GrantScope[];

/** The scope parameter of the consent page. */
export const scopeParameter = requestedScopes.map((scope) => names[scope]).join(" ");

/** The scopes that a token answer grants, in the port's order, each once. */
export function parseScopes(text: string): readonly GrantScope[] {
  const granted = new Set(text.split(/\s+/));
  return grantScopes.filter((scope) => granted.has(names[scope]));
}
