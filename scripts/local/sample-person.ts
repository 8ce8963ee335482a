// The person whose account `npm start` keeps ready at the simulator: one account at each provider, with workouts of the last
// three weeks that were synced before anybody connected. So the consent pages offer an account that has something, and
// "Import history" has something to import, while the feed stays empty until somebody asks for it.

import { utcOffsetSecondsAt } from "../../simulator/time-zone.ts";
import { createAccount } from "../demo/connecting.ts";
import type { HttpClient } from "../demo/http-client.ts";

export const samplePersonName = "Sample person";

const timezone = "Europe/Berlin";
const dayMilliseconds = 86_400_000;

interface SampleWorkout {
  readonly daysAgo: number;
  /** When it begins, in hours of the person's own day. */
  readonly hour: number;
  /** The rest, as the simulator's control API takes it. */
  readonly recorded: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** One of each kind that a page may have to show: with and without route, laps, distance, heart rate. */
export const sampleWorkouts: readonly SampleWorkout[] = [
  {
    daysAgo: 2,
    hour: 7,
    recorded: {
      name: "Run",
      durationSeconds: 2_520,
      pauseSeconds: 95,
      gps: true,
      laps: 5,
      distanceMeters: 7_240,
    },
  },
  { daysAgo: 4, hour: 18, recorded: { name: "Weights", durationSeconds: 2_700, gps: false } },
  {
    daysAgo: 7,
    hour: 12,
    recorded: {
      name: "Swim",
      durationSeconds: 2_400,
      gps: false,
      distanceMeters: 1_500,
      poolLengthMeters: 25,
    },
  },
  {
    daysAgo: 11,
    hour: 9,
    recorded: { name: "Outdoor Bike", durationSeconds: 5_400, gps: true, laps: 3, distanceMeters: 31_800 },
  },
  {
    daysAgo: 15,
    hour: 17,
    recorded: { name: "Walk", durationSeconds: 3_000, gps: true, distanceMeters: 4_350 },
  },
  {
    daysAgo: 19,
    hour: 8,
    recorded: { name: "Run", durationSeconds: 1_860, gps: true, heartRate: false, distanceMeters: 5_150 },
  },
];

/**
 * Makes the person, and lets their watch sync. `now` in epoch milliseconds.
 * @throws DemoError when the simulator refuses a workout.
 */
export async function createSamplePerson(simulator: HttpClient, now: number): Promise<void> {
  const account = await createAccount(simulator, "fitbit", {
    displayName: samplePersonName,
    timezone,
    device: "Charge 6",
  });
  // The same person at Google: the same watch, and the same workouts under ids of Google's own.
  await createAccount(simulator, "google-health", { legacyUserId: account });
  for (const { daysAgo, hour, recorded } of sampleWorkouts) {
    const startTime = localTime(now - daysAgo * dayMilliseconds, hour);
    await simulator.post(`/sim/users/${account}/activities`, { ...recorded, startTime });
  }
  await simulator.post(`/sim/users/${account}/sync`);
}

/** That hour of the person's day which holds the instant, with the offset that their clocks have then. */
function localTime(timeMs: number, hour: number): string {
  const offsetSeconds = utcOffsetSecondsAt(timezone, timeMs);
  const date = new Date(timeMs + offsetSeconds * 1000).toISOString().slice(0, 10);
  const offset = new Date(offsetSeconds * 1000).toISOString().slice(11, 16);
  return `${date}T${String(hour).padStart(2, "0")}:12:00+${offset}`;
}
