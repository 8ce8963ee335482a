// Pictures of the overlay of heart rate: where a record gets its beats from, where it gets none, and how long a device is
// waited for.

import { overlayHeartRate, type Sample } from "../../src/boosters/fitbit-heart-rate.ts";
import {
  heartRateOf,
  type PostedActivity,
  type PostedLap,
  recordsOf,
} from "../../src/boosters/posted-activity.ts";
import { bar, colours, dot, line, ring, svg, text } from "./svg.ts";

const start = Date.parse("2026-09-02T17:00:00Z");
const late = start + 24 * 3_600_000;
const at = (second: number) => new Date(start + second * 1000).toISOString();
const width = 640;
const left = 60;
const right = width - 20;

function activityOf(seconds: number, laps: readonly PostedLap[]): PostedActivity {
  return {
    startTime: at(0),
    sessions: [{ startTime: at(0), totalElapsedTime: seconds, laps: [...laps] }],
  };
}

const recordsAt = (...seconds: readonly number[]): PostedLap => ({
  records: seconds.map((second) => ({ timestamp: at(second) })),
});

const samplesAt = (...samples: readonly (readonly [second: number, bpm: number])[]): Sample[] =>
  samples.map(([second, bpm]) => ({ time: start + second * 1000, bpm }));

/** What came of it; a picture of an activity that was not merged would be none. */
function overlaid(
  activity: PostedActivity,
  samples: readonly Sample[],
): { second: number; bpm: number | null }[] {
  const answer = overlayHeartRate(activity, samples, { force: false, now: late });
  if (answer.status !== "merged") throw new Error(`nothing to draw: ${answer.status}`);
  return recordsOf(answer.activity).map((record) => ({
    second: (Date.parse(record.timestamp) - start) / 1000,
    bpm: heartRateOf(record),
  }));
}

/** Samples and records over time; records without beats stand on the line at the bottom. */
function chart(
  title: string,
  {
    seconds,
    lowest,
    highest,
  }: { readonly seconds: number; readonly lowest: number; readonly highest: number },
  samples: readonly Sample[],
  records: readonly { second: number; bpm: number | null }[],
): string {
  const x = (second: number) => left + (second / seconds) * (right - left);
  const y = (bpm: number) => 120 - ((bpm - lowest) / (highest - lowest)) * 90;
  const step = seconds > 120 ? 240 : 10;
  const axis = Array.from({ length: seconds / step + 1 }, (_, index) => index * step);
  return svg(width, 190, title, [
    ...[lowest, highest].map((bpm) => text(left - 10, y(bpm) + 4, `${bpm}`, "end")),
    line(left, 140, right, 140, colours.line),
    ...axis.map((second) =>
      text(x(second), 158, seconds > 120 ? `${second / 60} min` : `${second} s`, "middle"),
    ),
    ...records.map(({ second, bpm }) =>
      bpm === null ? ring(x(second), 140, colours.nothing) : dot(x(second), y(bpm), colours.record, 2.5),
    ),
    ...samples.map(({ time, bpm }) => dot(x((time - start) / 1000), y(bpm), colours.sample)),
    dot(left, 178, colours.sample),
    text(left + 10, 182, "sample of the device"),
    dot(left + 170, 178, colours.record, 2.5),
    text(left + 180, 182, "record with heart rate"),
    ring(left + 350, 178, colours.nothing),
    text(left + 360, 182, "record without"),
  ]);
}

export function drawTenSeconds(): string {
  const samples = samplesAt([5, 96], [10, 104], [20, 124], [32, 132], [38, 126], [46, 118]);
  const everySecond = Array.from({ length: 61 }, (_, second) => second);
  return chart(
    "Between samples at most ten seconds apart records lie on the line; in a gap of twelve, and outside, they get nothing.",
    { seconds: 60, lowest: 90, highest: 140 },
    samples,
    overlaid(activityOf(60, [recordsAt(...everySecond)]), samples),
  );
}

export function drawNoStretch(): string {
  const samples = samplesAt(
    ...Array.from(
      { length: 66 },
      (_, index) => [index * 10, 80 + Math.abs(((index * 2) % 80) - 40)] as const,
    ),
  );
  const everyThirteen = Array.from({ length: 93 }, (_, index) => index * 13);
  return chart(
    "Heart rate of the first eleven of twenty minutes stays where it was taken; the rest of the route has none.",
    { seconds: 1200, lowest: 70, highest: 130 },
    samples.filter((_, index) => index % 3 === 0),
    overlaid(activityOf(1200, [recordsAt(...everyThirteen)]), samples),
  );
}

export function drawSecondRecords(): string {
  const laps: PostedLap[] = [
    { startTime: at(0), totalElapsedTime: 20, exerciseName: "Squat" },
    { startTime: at(20), totalElapsedTime: 15, exerciseName: "Rest" },
    { startTime: at(35), totalElapsedTime: 25, exerciseName: "Press" },
  ];
  const samples = samplesAt(
    ...Array.from({ length: 13 }, (_, index) => [index * 5, 100 + index * 2] as const),
  );
  const answer = overlayHeartRate(activityOf(60, laps), samples, { force: false, now: late });
  if (answer.status !== "merged") throw new Error(`nothing to draw: ${answer.status}`);
  const x = (second: number) => left + (second / 61) * (right - left);
  const shapes = (answer.activity.sessions[0]?.laps ?? []).flatMap((lap, index) => {
    const seconds = (lap.records ?? []).map((record) => (Date.parse(record.timestamp) - start) / 1000);
    const first = seconds[0] ?? 0;
    const colour = colours.zones[index] ?? colours.line;
    return [
      text(x(first), 24, `${String(lap.exerciseName)}: ${seconds.length} records`),
      ...seconds.map((second) => bar(x(second), 34, 6, 30, colour)),
      text(x(first), 82, `${first} s`),
    ];
  });
  return svg(
    width,
    92,
    "A workout of a minute without records gets one a second, each in the lap in which it lies.",
    shapes,
  );
}

export function drawWaiting(): string {
  const activity = activityOf(1800, [recordsAt(0, 600, 1200, 1800)]);
  const x = (minute: number) => left + (minute / 66) * (right - left);
  const asked: string[] = [];
  for (let second = 0; ; ) {
    const answer = overlayHeartRate(activity, [], { force: false, now: start + (1800 + second) * 1000 });
    const isRetry = answer.status === "retry";
    asked.push(dot(x(second / 60), 50, isRetry ? colours.record : colours.sample, isRetry ? 2.5 : 4));
    if (!isRetry) {
      const reason = answer.status === "skipped" ? answer.reason : "";
      asked.push(text(x(second / 60), 34, `${answer.status}: ${reason}`, "end"));
      break;
    }
    second += answer.retryAfterSeconds;
  }
  return svg(
    width,
    104,
    "A device that never syncs is asked about each minute at first, then every five, and no more after an hour.",
    [
      line(x(0), 50, x(66), 50, colours.line),
      text(x(0), 34, "the activity ends"),
      ...[0, 10, 20, 30, 40, 50, 60].map((minute) => text(x(minute), 70, `${minute} min`, "middle")),
      ...asked,
      dot(left, 92, colours.record, 2.5),
      text(left + 10, 96, "retry: device_not_synced"),
    ],
  );
}
