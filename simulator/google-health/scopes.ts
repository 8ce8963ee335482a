// Google Health's scopes, as the API's description of August 2026 lists them, and which of them a path asks for.

const prefix = "https://www.googleapis.com/auth/googlehealth";

export const activityScope = `${prefix}.activity_and_fitness.readonly`;
export const heartRateScope = `${prefix}.health_metrics_and_measurements.readonly`;
export const locationScope = `${prefix}.location.readonly`;
export const profileScope = `${prefix}.profile.readonly`;
export const settingsScope = `${prefix}.settings.readonly`;
/** For subscribers, and never a user's. */
export const projectScope = "https://www.googleapis.com/auth/cloud-platform";

const readAndWrite = [
  "activity_and_fitness",
  "health_metrics_and_measurements",
  "logged_symptoms",
  "mindfulness",
  "nutrition",
  "profile",
  "reproductive_health",
  "settings",
  "sleep",
];
const readOnly = ["location", "ecg", "irn"];
const known = new Set<string>([
  ...readAndWrite.flatMap((name) => [`${prefix}.${name}.readonly`, `${prefix}.${name}.writeonly`]),
  ...readOnly.map((name) => `${prefix}.${name}.readonly`),
]);

/** The distinct scopes of a space-delimited list, in its order; null when one is unknown. */
export function parseScopes(text: string): string[] | null {
  const scopes = [...new Set(text.split(/\s+/).filter((scope) => scope !== ""))];
  return scopes.every((scope) => known.has(scope)) ? scopes : null;
}

/** Whether getIdentity may be called: any reading scope but location or nutrition alone (API description). */
export function mayIdentify(scopes: readonly string[]): boolean {
  return scopes.some(
    (scope) =>
      scope.endsWith(".readonly") && scope !== locationScope && scope !== `${prefix}.nutrition.readonly`,
  );
}
