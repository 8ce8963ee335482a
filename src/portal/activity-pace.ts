// How fast, in the measure that its sport is told in. The page and its script share this, so that the figures under the title
// and those under the cursor are the same. Pure: no time zone, no language but English.

/** Minutes a kilometre, minutes a hundred metres, or kilometres an hour. */
export type SpeedMeasure = "pace" | "swim_pace" | "speed";

interface Measure {
  readonly title: string;
  readonly unit: string;
  /** Metres that a pace counts the minutes of; null for a speed. */
  readonly paceMeters: number | null;
}

export const measures: Readonly<Record<SpeedMeasure, Measure>> = {
  pace: { title: "Pace", unit: "min/km", paceMeters: 1000 },
  swim_pace: { title: "Pace", unit: "min/100 m", paceMeters: 100 },
  speed: { title: "Speed", unit: "km/h", paceMeters: null },
};

const onFoot = new Set(["RUN", "TRAIL_RUN", "VIRTUAL_RUN", "WALK", "HIKE", "SNOWSHOE"]);

/** The measure of FitGlue's activity type. */
export function measureOf(activityType: string): SpeedMeasure {
  const kind = activityType.replace(/^ACTIVITY_TYPE_/, "");
  if (kind === "SWIM") return "swim_pace";
  return onFoot.has(kind) ? "pace" : "speed";
}

/** The number that stands on an axis: minutes a distance, or kilometres an hour. Null for standing still, which has no pace. */
export function amountOf(measure: SpeedMeasure, metersPerSecond: number): number | null {
  const { paceMeters } = measures[measure];
  if (paceMeters === null) return metersPerSecond * 3.6;
  return metersPerSecond > 0 ? paceMeters / metersPerSecond / 60 : null;
}

/** `5:12 min/km`, `23.4 km/h`; null where there is nothing to say. */
export function speedText(measure: SpeedMeasure, metersPerSecond: number): string | null {
  const amount = amountOf(measure, metersPerSecond);
  return amount === null ? null : `${amountText(measure, amount)} ${measures[measure].unit}`;
}

/** `5:12`, `23.4`: the number alone. */
export function amountText(measure: SpeedMeasure, amount: number): string {
  if (measures[measure].paceMeters === null) return amount.toFixed(1);
  const seconds = Math.round(amount * 60);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `850 m`, `5.50 km`, `104.3 km`. */
export function distanceText(meters: number): string {
  if (meters < 999.5) return `${Math.round(meters)} m`;
  const kilometers = meters / 1000;
  return `${kilometers.toFixed(kilometers < 99.995 ? 2 : 1)} km`;
}
