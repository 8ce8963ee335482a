// What Activity History says of an activity beside its title: what it was in short, and what has still to come.

import type { Completeness, FeedActivity } from "../activities/document.ts";
import { typeWords } from "./activity-figures.ts";
import { distanceText } from "./activity-pace.ts";
import { clockText, durationText } from "./times.ts";

/** `Trail run, 1:02:09, 10.31 km`: what it was, unless its title says just that, how long it took, and how far where that is known. */
export function activityInShort(
  activity: Pick<FeedActivity, "title" | "type" | "elapsedSeconds" | "distanceMeters">,
): string {
  const { title, type, elapsedSeconds, distanceMeters } = activity;
  const words = typeWords(type);
  const isSaid = title.trim().toLowerCase() === words.toLowerCase();
  const parts = isSaid ? [durationText(elapsedSeconds)] : [words, durationText(elapsedSeconds)];
  if (distanceMeters !== undefined && distanceMeters > 0) parts.push(distanceText(distanceMeters));
  return parts.join(", ");
}

/** `Waits until 14:05 for its heart rate.` Both times in epoch milliseconds. */
export function settlingSentence(
  completeness: Completeness,
  settlesAt: number,
  now: number,
  utcOffsetSeconds: number,
): string {
  const what = awaited(completeness);
  return settlesAt <= now
    ? `It has waited for ${what}, and goes to FitGlue within minutes.`
    : `Waits until ${clockText(settlesAt, utcOffsetSeconds)} for ${what}, and goes to FitGlue then as it is.`;
}

/** What may still come: not what nobody expects, and not what nobody may read. */
function awaited({ gps, heartRate }: Completeness): string {
  const mayCome = ({ state, reason }: Completeness["gps"]) =>
    state !== "complete" && reason !== "no_gps" && reason !== "scope_not_granted" && reason !== "too_large";
  const nouns = [
    // A route comes whole with its file (rule 11), so one that is there is not waited for.
    mayCome(gps) && gps.state === "absent" ? "its route" : null,
    mayCome(heartRate) ? "its heart rate" : null,
  ].filter((noun) => noun !== null);
  return nouns.length === 0 ? "the rest of its data" : nouns.join(" and ");
}
