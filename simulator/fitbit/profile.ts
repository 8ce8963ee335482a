// GET /1/user/-/profile.json and /1/user/-/devices.json ("Get Profile", "Get Devices", dev.fitbit.com), with the fields
// that clients read. `offsetFromUTCMillis` is the offset now, not that of any activity.

import { jsonResponse } from "../json.ts";
import type { State } from "../state.ts";
import { localDate, localDateTime, utcOffsetSecondsAt } from "../time-zone.ts";
import type { Caller } from "./authentication.ts";
import { scopeMissing } from "./errors.ts";

export function getProfile(state: State, caller: Caller): Response {
  if (!caller.token.scopes.includes("profile")) return scopeMissing("profile");
  const { account } = caller;
  const now = state.clock.now();
  const birthYear = new Date(now).getUTCFullYear() - account.age;
  return jsonResponse(200, {
    user: {
      age: account.age,
      clockTimeDisplayFormat: "24hour",
      dateOfBirth: `${birthYear}-01-01`,
      displayName: account.displayName,
      distanceUnit: "METRIC",
      encodedId: account.providerUserId,
      features: { exerciseGoal: true },
      fullName: account.displayName,
      gender: "NA",
      height: 172,
      heightUnit: "METRIC",
      languageLocale: "en_US",
      locale: "en_GB",
      memberSince: localDate(account.createdAtMs, 0),
      offsetFromUTCMillis: utcOffsetSecondsAt(account.timezone, now) * 1000,
      startDayOfWeek: "MONDAY",
      strideLengthRunning: 105.2,
      strideLengthRunningType: "default",
      strideLengthWalking: 71.3,
      strideLengthWalkingType: "default",
      swimUnit: "METRIC",
      timezone: account.timezone,
      weightUnit: "METRIC",
    },
  });
}

export function getDevices(state: State, caller: Caller): Response {
  if (!caller.token.scopes.includes("settings")) return scopeMissing("settings");
  const { account } = caller;
  const synced = account.lastSyncAtMs ?? account.createdAtMs;
  return jsonResponse(200, [
    {
      battery: "High",
      batteryLevel: 82,
      deviceVersion: account.device.name,
      features: [],
      id: account.device.id,
      lastSyncTime: `${localDateTime(synced, utcOffsetSecondsAt(account.timezone, state.clock.now()))}.000`,
      mac: "00DEADBEEF00",
      type: "TRACKER",
    },
  ]);
}
