// Heart Rate Zones: how long the heart was in which zone, from an activity's own records. The time between two records
// belongs to the zone of the first; a gap of more than 10 seconds belongs to nobody, because nobody knows.

import { longestGapMilliseconds } from "./fitbit-heart-rate.ts";
import { heartRateOf, type PostedActivity, recordsOf } from "./posted-activity.ts";

export const zoneModels = ["fitbit", "five", "three", "custom"] as const;
export type ZoneModel = (typeof zoneModels)[number];

/** As the help page names them; `time` is its "Time Only". */
export const zoneStyles = ["emoji", "percentage", "time"] as const;
export type ZoneStyle = (typeof zoneStyles)[number];

/** A zone from `minBpm`, inclusive, to `maxBpm`, exclusive; the highest has no end. */
export interface Zone {
  readonly name: string;
  readonly minBpm: number;
  readonly maxBpm: number | null;
}

export interface ZoneOptions {
  readonly model: ZoneModel;
  readonly zones: readonly Zone[];
  readonly style: ZoneStyle;
  /** Symbols of a bar, 3 to 10. */
  readonly barLength: number;
}

export interface ZoneTime {
  readonly name: string;
  readonly minBpm: number;
  readonly maxBpm: number | null;
  readonly seconds: number;
  /** Of all the time that has a heart rate; 0 to 1. */
  readonly share: number;
}

export interface ZoneReport {
  readonly zones: readonly ZoneTime[];
  /** In none of them: below the lowest, above the highest, or between two that leave a hole. */
  readonly outsideSeconds: number;
  /** Time that has a heart rate: all zones and `outsideSeconds`. */
  readonly totalSeconds: number;
  readonly text: string;
}

/** Time in zones, or null when no two records near each other have a heart rate. */
export function reportZones(activity: PostedActivity, options: ZoneOptions): ZoneReport | null {
  const beats = recordsOf(activity)
    .flatMap((record) => {
      const bpm = heartRateOf(record);
      return bpm === null ? [] : [{ time: Date.parse(record.timestamp), bpm }];
    })
    .sort((one, other) => one.time - other.time);
  const seconds = options.zones.map(() => 0);
  let outsideSeconds = 0;
  for (const [index, { time, bpm }] of beats.entries()) {
    const next = beats[index + 1];
    if (next === undefined || next.time - time > longestGapMilliseconds) continue;
    const spent = (next.time - time) / 1000;
    const zone = zoneOf(options.zones, bpm);
    if (zone < 0) outsideSeconds += spent;
    else seconds[zone] = (seconds[zone] ?? 0) + spent;
  }
  const totalSeconds = seconds.reduce((sum, spent) => sum + spent, outsideSeconds);
  if (totalSeconds === 0) return null;
  const zones = options.zones.map((zone, index) => {
    const spent = seconds[index] ?? 0;
    return { ...zone, seconds: spent, share: spent / totalSeconds };
  });
  return { zones, outsideSeconds, totalSeconds, text: describeZones(zones, options) };
}

/** Zones of a share of the maximum heart rate. `five`: from 50, 60, 70, 80 and 90 %. `three`: below 80 %, to 90 %, above. */
export function zonesOfMaximum(model: "five" | "three", maxHeartRate: number): Zone[] {
  const bounds =
    model === "five"
      ? ([
          ["Recovery", 0.5],
          ["Endurance", 0.6],
          ["Tempo", 0.7],
          ["Threshold", 0.8],
          ["Maximum", 0.9],
        ] as const)
      : ([
          ["Easy", 0],
          ["Moderate", 0.8],
          ["Hard", 0.9],
        ] as const);
  return bounds.map(([name, share], index) => {
    const next = bounds[index + 1]?.[1];
    return {
      name,
      minBpm: Math.round(share * maxHeartRate),
      maxBpm: next === undefined ? null : Math.round(next * maxHeartRate),
    };
  });
}

/** Where a beat belongs; -1 for none. */
function zoneOf(zones: readonly Zone[], bpm: number): number {
  return zones.findLastIndex((zone) => bpm >= zone.minBpm && (zone.maxBpm === null || bpm < zone.maxBpm));
}

/** From the easiest zone to the hardest. */
const symbols = ["🟦", "🟩", "🟨", "🟧", "🟥"] as const;
const empty = "⬜";

/** The colours are spread over the zones there are, so that the hardest is red. */
function symbolOf(zone: number, zoneCount: number): string {
  const last = symbols.length - 1;
  return symbols[zoneCount === 1 ? last : Math.round((zone / (zoneCount - 1)) * last)] ?? empty;
}

function describeZones(zones: readonly ZoneTime[], { style, barLength }: ZoneOptions): string {
  const lines = zones.map((zone, index) => {
    const label = `Zone ${index + 1} (${zone.name}):`;
    const percent = `${Math.round(zone.share * 100)} %`;
    switch (style) {
      case "emoji": {
        const filled = Math.round(zone.share * barLength);
        const symbol = symbolOf(index, zones.length);
        return `${label} ${symbol.repeat(filled)}${empty.repeat(barLength - filled)} ${timeOf(zone.seconds)}`;
      }
      case "percentage":
        return `${label} ${percent} (${timeOf(zone.seconds)})`;
      case "time":
        return `${label} ${timeOf(zone.seconds)}`;
      default:
        return style satisfies never;
    }
  });
  return ["❤️ Heart Rate Zones:", ...lines].join("\n");
}

function timeOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes === 0 && seconds > 0) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
