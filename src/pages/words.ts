// Words that several pages use: what a provider is called, and what a user goes without when they leave a scope out.

import type { ProviderName } from "../kernel/ids.ts";
import type { GrantScope } from "../providers/port.ts";

/** A provider's name as its users know it. */
export const providerTitles: Readonly<Record<ProviderName, string>> = {
  fitbit: "Fitbit",
  "google-health": "Google Health",
};

/** A scope's name, and what a user goes without when they leave it out. */
export const scopeCosts: Readonly<Record<GrantScope, { title: string; cost: string }>> = {
  activity: { title: "Activity and exercise", cost: "no activity can be fetched at all" },
  heartrate: { title: "Heart rate", cost: "activities arrive without heart rate" },
  location: { title: "Location and GPS", cost: "activities arrive without a route" },
  profile: { title: "Profile", cost: "FitGlue cannot read your time zone and your age" },
  settings: { title: "Devices and settings", cost: "FitGlue cannot read which devices you have" },
};
