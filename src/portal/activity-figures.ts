// An activity's figures as a list of what and how much. A figure that the provider did not give has no line: nothing is
// filled in, and a distance that was estimated says so.

import type { FeedActivity } from "../activities/document.ts";
import type { ActivityType } from "../kernel/activity-types.ts";
import { providerTitles } from "../pages/words.ts";
import { distanceText, measureOf, measures, speedText } from "./activity-pace.ts";
import { clockText, dayText, durationText, offsetText } from "./times.ts";

export interface Figure {
  readonly name: string;
  readonly value: string;
}

const recordings: Readonly<Record<FeedActivity["recordedBy"], string>> = {
  tracker: "started on the device",
  phone: "recorded with a phone",
  auto_detected: "recognised by the device by itself",
  manual: "entered by hand",
  other: "in another way",
};

const distanceSources: Readonly<Record<NonNullable<FeedActivity["distanceSource"]>, string>> = {
  gps: "",
  steps: ", estimated from steps",
  manual: ", entered by hand",
  unknown: "",
};

/** `High intensity interval training`; `Activity` where FitGlue has no type for it. */
export function typeWords(type: ActivityType): string {
  if (type === "ACTIVITY_TYPE_UNSPECIFIED") return "Activity";
  const words = type.replace("ACTIVITY_TYPE_", "").replace(/^E(?=BIKE|MOUNTAIN)/, "E-");
  return words.charAt(0) + words.slice(1).toLowerCase().replaceAll("_", " ");
}

/** The activity's figures in the order of interest. */
export function figuresOf(activity: FeedActivity): Figure[] {
  const { distanceMeters, activeSeconds, elapsedSeconds } = activity;
  const measure = measureOf(activity.type);
  const pace =
    distanceMeters === undefined || distanceMeters <= 0 || activeSeconds <= 0
      ? null
      : speedText(measure, distanceMeters / activeSeconds);
  const pausedSeconds = Math.round(elapsedSeconds) - Math.round(activeSeconds);
  const figures: [name: string, value: string | null | undefined][] = [
    ["Type", typeWords(activity.type)],
    ["When", whenText(activity)],
    [
      "Duration",
      pausedSeconds > 0
        ? `${durationText(elapsedSeconds)}, of which ${durationText(activeSeconds)} active`
        : durationText(elapsedSeconds),
    ],
    [
      "Distance",
      distanceMeters === undefined
        ? null
        : `${distanceText(distanceMeters)}${distanceSources[activity.distanceSource ?? "unknown"]}`,
    ],
    [`Average ${measures[measure].title.toLowerCase()}`, pace],
    ["Heart rate", heartRateText(activity)],
    ["Active zone minutes", given(activity.activeZoneMinutes, "")],
    ["Calories", given(activity.calories, " kcal")],
    ["Steps", given(activity.steps, "")],
    ["Elevation gain", given(activity.elevationGainMeters, " m")],
    ["Provider", providerTitles[activity.provider]],
    ["Device", activity.device],
    ["Recorded", recordings[activity.recordedBy]],
  ];
  return figures.flatMap(([name, value]) => (value === null || value === undefined ? [] : [{ name, value }]));
}

/** `Saturday, 2 September 2017, 18:54 to 19:29 (UTC−7)`, on the clock of where it was recorded. */
export function whenText(activity: Pick<FeedActivity, "startTime" | "endTime" | "utcOffsetSeconds">): string {
  const [start, end] = [Date.parse(activity.startTime), Date.parse(activity.endTime)];
  const offset = activity.utcOffsetSeconds;
  const [startDay, endDay] = [dayText(start, offset), dayText(end, offset)];
  const until = startDay === endDay ? clockText(end, offset) : `${endDay}, ${clockText(end, offset)}`;
  return `${startDay}, ${clockText(start, offset)} to ${until} (${offsetText(offset)}, the time of where it was recorded)`;
}

function heartRateText({ averageHeartRate, maxHeartRate }: FeedActivity): string | null {
  const parts = [
    averageHeartRate === undefined ? null : `${Math.round(averageHeartRate)} bpm on average`,
    maxHeartRate === undefined ? null : `${Math.round(maxHeartRate)} bpm at most`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

function given(value: number | undefined, unit: string): string | null {
  return value === undefined ? null : `${Math.round(value).toLocaleString("en-GB")}${unit}`;
}
