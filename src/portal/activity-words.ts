// What an activity's streams hold, in sentences: whether a route and heart rate came, how much of them, and why not more.
// A sentence tells what was answered and no more: where the provider gave no reason, none is made up.

import type { Completeness, StreamCompleteness, StreamReason } from "../activities/document.ts";

type StreamName = keyof Completeness;

const nouns: Readonly<Record<StreamName, string>> = { gps: "route", heartRate: "heart rate" };

/** Why a stream is not whole: the second half of a sentence, each a whole one in itself where two are needed. */
const reasons: Readonly<Record<StreamName, Readonly<Record<StreamReason, string>>>> = {
  gps: {
    no_gps: "this activity was recorded without GPS, as workouts indoors are.",
    scope_not_granted:
      "you did not allow access to your location. Reconnect and allow it, and new activities have their route.",
    not_worn: "your device measured no position.",
    provider_has_none: "a route was to be expected, but your provider has no more of it.",
    provider_refused: "your provider refused to give it out.",
    provider_error: "your provider's file could not be read, or could not be had after several tries.",
    one_minute_only: "your provider gave one point a minute only.",
    too_large: "your provider's file is larger than FitGlue can read.",
    pending: "it has not been fetched yet.",
  },
  heartRate: {
    no_gps: "your provider has none for this activity.",
    scope_not_granted:
      "you did not allow access to your heart rate. Reconnect and allow it, and new activities have it.",
    not_worn: "your provider has no sample for this time. The device was not worn, or its sensor was off.",
    provider_has_none: "your provider has no more samples for this time.",
    provider_refused: "your provider refused to give it out second by second.",
    provider_error: "your provider could not deliver it after several tries.",
    one_minute_only: "your provider gave one sample a minute only.",
    too_large: "there is more of it than FitGlue can read.",
    pending: "it has not been fetched yet.",
  },
};

/**
 * One sentence for each stream that is not whole: `No heart rate: …`. Nothing is said of a route that nobody could expect
 * (`no_gps`): an hour on a treadmill lacks nothing.
 */
export function missingStreamSentences(completeness: Completeness): string[] {
  return (["gps", "heartRate"] as const)
    .filter((name) => completeness[name].state !== "complete" && completeness[name].reason !== "no_gps")
    .map((name) => streamSentence(name, completeness[name]));
}

/** What there is of a stream, and why there is not more. */
export function streamSentence(name: StreamName, stream: StreamCompleteness): string {
  const noun = nouns[name];
  const reason = stream.reason === undefined ? null : reasons[name][stream.reason];
  switch (stream.state) {
    case "complete":
      return `The ${noun} is complete.`;
    case "partial":
      return reason === null ? `Not all of the ${noun} is there.` : `Not all of the ${noun}: ${reason}`;
    case "absent":
      return reason === null ? `No ${noun}.` : `No ${noun}: ${reason}`;
    default:
      return stream.state satisfies never;
  }
}

/** What does not change, however long one waits. */
const lasting: Readonly<Record<StreamName, readonly (StreamReason | undefined)[]>> = {
  gps: ["no_gps", "scope_not_granted", "too_large"],
  heartRate: ["no_gps", "scope_not_granted", "too_large", "provider_refused", "one_minute_only"],
};

/** Whether more of a stream may come while its activity settles. */
export function mayStillCome(name: StreamName, { state, reason }: StreamCompleteness): boolean {
  return state !== "complete" && !lasting[name].includes(reason);
}

/** As `streamSentence`, of an activity that settles: why something is not there is not known before it has. */
export function settlingSentence(name: StreamName, stream: StreamCompleteness): string {
  return stream.state === "absent" && mayStillCome(name, stream)
    ? `No ${nouns[name]} yet.`
    : streamSentence(name, stream);
}

/** How much of a stream there is, in figures: samples, how much of the active time they cover, the longest gap. */
export function streamFigures({ samples, coverage, largestGapSeconds }: StreamCompleteness): string {
  if (samples === 0) return "No samples.";
  const amount = samples === 1 ? "One sample" : `${samples.toLocaleString("en-GB")} samples`;
  const covered = `${Math.floor(coverage * 100)}% of the active time`;
  return `${amount}, covering ${covered}. The longest gap is ${spanText(largestGapSeconds)}.`;
}

/** `4 seconds`, `2 minutes`, `1 hour 5 minutes`; rounded to the unit that matters. */
export function spanText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 120 && whole !== 60) return counted(whole, "second");
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return counted(minutes, "minute");
  const rest = minutes % 60;
  const hours = counted(Math.floor(minutes / 60), "hour");
  return rest === 0 ? hours : `${hours} ${counted(rest, "minute")}`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
