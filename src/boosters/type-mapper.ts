// Type Mapper: gives an activity another type by words of its title. Rules are a list and the first that matches wins, so
// that the same title maps alike in every run; a type that does not exist is refused before anything is mapped.

import { type ActivityType, activityTypes } from "../kernel/activity-types.ts";
import type { PostedActivity } from "./posted-activity.ts";

export interface TypeRule {
  /** What the title has to hold, in upper or lower case. */
  readonly match: string;
  /** `word` (the default): "run" matches "Evening run" and not "Brunch walk". `substring`: anywhere in the title. */
  readonly mode?: "word" | "substring" | undefined;
  readonly type: ActivityType;
}

export interface TypeMapperOptions {
  readonly rules: readonly TypeRule[];
  /** For titles that no rule matches, and for activities without a title. */
  readonly defaultType?: ActivityType | undefined;
}

export type TypeMapping =
  | {
      readonly status: "applied";
      readonly activity: PostedActivity;
      readonly metadata: {
        readonly type: ActivityType;
        readonly formerType: string | null;
        /** Index of the rule; null for the default. */
        readonly rule: number | null;
      };
    }
  | {
      readonly status: "skipped";
      readonly activity: PostedActivity;
      readonly metadata: { readonly reason: "no_title" | "no_matching_rule" | "same_type" };
    };

/** The activity with the type that the rules give it; unchanged where none matches. */
export function mapType(activity: PostedActivity, options: TypeMapperOptions): TypeMapping {
  const title = activity.name?.trim() ?? "";
  const found = title === "" ? -1 : options.rules.findIndex((rule) => isMatch(title, rule));
  const type = options.rules[found]?.type ?? options.defaultType;
  if (type === undefined) {
    const reason = title === "" ? "no_title" : "no_matching_rule";
    return { status: "skipped", activity, metadata: { reason } };
  }
  if (type === activity.type) return { status: "skipped", activity, metadata: { reason: "same_type" } };
  const metadata = { type, formerType: activity.type ?? null, rule: found < 0 ? null : found };
  return { status: "applied", activity: { ...activity, type }, metadata };
}

/**
 * A type by FitGlue's enum name, with or without its prefix, or by Strava's name (`TrailRun`). Null for any other text, and for
 * `ACTIVITY_TYPE_UNSPECIFIED`, which is no type to map to.
 */
export function parseActivityType(name: string): ActivityType | null {
  return typesByName.get(plain(name.trim().replace(/^ACTIVITY_TYPE_/i, ""))) ?? null;
}

/** Strava's names are the enum's without underscores: `EMountainBikeRide`, `HighIntensityIntervalTraining`. */
const typesByName: ReadonlyMap<string, ActivityType> = new Map(
  activityTypes
    .filter((type) => type !== "ACTIVITY_TYPE_UNSPECIFIED")
    .map((type) => [plain(type.replace(/^ACTIVITY_TYPE_/, "")), type]),
);

function plain(name: string): string {
  return name.replace(/[\s_-]/g, "").toLowerCase();
}

/** Letters and digits of any script, with their marks, make words; everything else ends one, an emoji with its marks too. */
const notInWordBefore = "(?<![\\p{L}\\p{N}]\\p{M}{0,8})";
const notInWordAfter = "(?![\\p{L}\\p{N}\\p{M}])";

function isMatch(title: string, rule: TypeRule): boolean {
  const wanted = plainText(rule.match);
  if (wanted === "") return false;
  const literal = wanted.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const pattern = rule.mode === "substring" ? literal : `${notInWordBefore}${literal}${notInWordAfter}`;
  return new RegExp(pattern, "iu").test(plainText(title));
}

/** However its letters are composed and its words are spaced. */
function plainText(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/gu, " ");
}
