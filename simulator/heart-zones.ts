// The four heart-rate zones of a person and the minutes in each. Both providers tell the same zones of the same person,
// each in its own words.

import type { HeartRateSample } from "./workout.ts";

export interface Zone {
  name: string;
  type: string;
  min: number;
  max: number;
  multiplier: number;
}

/** Fitbit's four zones for a person of this age; a zone's upper bound is the next one's lower bound. */
export function zonesOf(age: number): Zone[] {
  const highest = 220 - age;
  const [fatBurn, cardio, peak] = [0.5, 0.7, 0.85].map((share) => Math.round(highest * share));
  return [
    { name: "Out of Range", type: "OUT_OF_ZONE", min: 30, max: fatBurn ?? 0, multiplier: 0 },
    { name: "Fat Burn", type: "FAT_BURN", min: fatBurn ?? 0, max: cardio ?? 0, multiplier: 1 },
    { name: "Cardio", type: "CARDIO", min: cardio ?? 0, max: peak ?? 0, multiplier: 2 },
    { name: "Peak", type: "PEAK", min: peak ?? 0, max: 220, multiplier: 2 },
  ];
}

/** Whole minutes of the readings in each zone. */
export function zoneMinutes(zones: readonly Zone[], readings: readonly HeartRateSample[]): number[] {
  const minutes = new Map<number, { sum: number; count: number }>();
  for (const { timeMs, bpm } of readings) {
    const minute = Math.floor(timeMs / 60_000);
    const bucket = minutes.get(minute) ?? { sum: 0, count: 0 };
    minutes.set(minute, { sum: bucket.sum + bpm, count: bucket.count + 1 });
  }
  return zones.map(
    ({ min, max }) =>
      [...minutes.values()].filter(({ sum, count }) => sum / count >= min && sum / count < max).length,
  );
}
