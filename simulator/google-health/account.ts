// Who the user is and what they wear: getIdentity, settings, profile, paired devices. Each has a scope of its own.

import { jsonResponse } from "../json.ts";
import { utcOffsetSecondsAt } from "../time-zone.ts";
import type { Caller } from "./authentication.ts";
import { scopeInsufficient } from "./errors.ts";
import { mayIdentify, profileScope, settingsScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";
import { duration, timestamp } from "./values.ts";

/** `legacyUserId` is absent for a person who never had a Fitbit account (third-party report). */
export function getIdentity({ account, token }: Caller): Response {
  if (!mayIdentify(token.scopes)) return scopeInsufficient();
  return jsonResponse(200, {
    name: "users/me/identity",
    legacyUserId: account.legacyUserId ?? undefined,
    healthUserId: account.providerUserId,
  });
}

export function getSettings(state: GoogleSimulator, { account, token }: Caller): Response {
  if (!token.scopes.includes(settingsScope)) return scopeInsufficient();
  return jsonResponse(200, {
    name: "users/me/settings",
    timeZone: account.timezone,
    utcOffset: duration(utcOffsetSecondsAt(account.timezone, state.clock.now())),
    distanceUnit: "DISTANCE_UNIT_KILOMETERS",
    swimUnit: "SWIM_UNIT_METERS",
    languageLocale: "en-US",
    autoStrideEnabled: true,
  });
}

export function getProfile({ account, token }: Caller): Response {
  if (!token.scopes.includes(profileScope)) return scopeInsufficient();
  const since = new Date(account.createdAtMs);
  return jsonResponse(200, {
    name: "users/me/profile",
    age: account.age,
    membershipStartDate: {
      year: since.getUTCFullYear(),
      month: since.getUTCMonth() + 1,
      day: since.getUTCDate(),
    },
    autoWalkingStrideLengthMm: 720,
    autoRunningStrideLengthMm: 1010,
  });
}

/** The wearable, and the phone that counts steps as "MobileTrack" (observed). */
export function getPairedDevices({ account, token }: Caller): Response {
  if (!token.scopes.includes(settingsScope)) return scopeInsufficient();
  const parent = `users/${account.providerUserId}/pairedDevices`;
  const lastSyncTime = timestamp(account.lastSyncAtMs ?? account.createdAtMs);
  const device = (id: string, deviceVersion: string, batteryStatus: string, batteryLevel?: number) => ({
    name: `${parent}/${id}`,
    deviceType: "TRACKER",
    batteryStatus,
    batteryLevel,
    lastSyncTime,
    deviceVersion,
  });
  return jsonResponse(200, {
    pairedDevices: [
      device(account.device.id, account.device.name, "Medium", 66),
      device(`${account.device.id}0`, "MobileTrack", "Empty"),
    ],
  });
}
