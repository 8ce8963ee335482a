// Fitbit's scopes ("Scopes", dev.fitbit.com), and the other two spellings that Fitbit itself uses for them: the short
// ones inside an access token and the upper-case ones that introspection prints (both observed).

export const scopeNames = [
  "activity",
  "cardio_fitness",
  "electrocardiogram",
  "heartrate",
  "irregular_rhythm_notifications",
  "location",
  "nutrition",
  "oxygen_saturation",
  "profile",
  "respiratory_rate",
  "settings",
  "sleep",
  "social",
  "temperature",
  "weight",
] as const;

const known = new Set<string>(scopeNames);

/** The distinct known scopes of a space-delimited list, in its order. */
export function parseScopes(text: string): string[] {
  return [...new Set(text.split(/[\s+]+/).filter((scope) => known.has(scope)))];
}

/** `ract rhr rloc …`, as in the payload of a real access token. */
export function tokenScopes(scopes: readonly string[]): string {
  const short: Record<string, string> = {
    activity: "act",
    heartrate: "hr",
    location: "loc",
    nutrition: "nut",
    profile: "pro",
    settings: "set",
    sleep: "sle",
    social: "soc",
    weight: "wei",
  };
  return scopes.map((scope) => `r${short[scope] ?? scope.slice(0, 3)}`).join(" ");
}

/** `{ACTIVITY=READ, HEARTRATE=READ}`: introspection prints a Java map, not RFC 7662's list (observed). */
export function introspectionScopes(scopes: readonly string[]): string {
  return `{${scopes.map((scope) => `${scope.toUpperCase()}=READ`).join(", ")}}`;
}
