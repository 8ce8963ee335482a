// What measured a record: platform, device, application. It stands with exercises and with heart-rate samples alike, in one
// shape, and is all there is to tell two sources of one workout apart (Google Health reference §3.3, §5.1).

import { z } from "zod";
import { lenient, text } from "./json.ts";

export const dataSourceShape = z.object({
  recordingMethod: lenient(text),
  platform: lenient(text),
  device: lenient(z.object({ formFactor: lenient(text), displayName: lenient(text) })),
  application: lenient(
    z.object({ packageName: lenient(text), webClientId: lenient(text), googleWebClientId: lenient(text) }),
  ),
});

export type DataSource = z.infer<typeof dataSourceShape>;

/** The platform of Fitbit's and Google's own devices. */
export const ownPlatform = "FITBIT";

/**
 * One word for a source, equal for two records of the same one; undefined where nothing is known of it. How it was recorded is
 * left out: a watch measures the heart passively in an exercise that was started on it.
 */
export function sourceKey(source: DataSource | undefined): string | undefined {
  const { platform, device, application } = source ?? {};
  const app = application?.packageName ?? application?.webClientId ?? application?.googleWebClientId;
  const parts = [platform, device?.displayName, app];
  return parts.some((part) => part !== undefined)
    ? JSON.stringify(parts.map((part) => part ?? ""))
    : undefined;
}

/**
 * Of two records of one workout the one with the lower rank is kept: the own device's, then other services', then what was
 * copied into a phone's health store, which is always a copy of something; and what was typed in by hand after all of them.
 */
export function copyRank(source: DataSource | undefined): number {
  const typedIn = source?.recordingMethod === "MANUAL" ? 3 : 0;
  return typedIn + platformRank(source?.platform);
}

function platformRank(platform: string | undefined): number {
  switch (platform) {
    case ownPlatform:
      return 0;
    case "HEALTH_CONNECT":
    case "HEALTH_KIT":
      return 2;
    default:
      return 1;
  }
}
