// What FitGlue calls an activity, from the provider's type id and the activity's name. An id that was observed decides the
// kind, and the name may only refine it ("Trail Run" of the kind run); an id known from other people's code alone yields to a
// name that says something, because those sources disagree (Fitbit reference §9, row 21). Names count by whole words:
// FitGlue's own mapping looked for parts of words and made runs of crunches and skiing of rope skipping.

import type { ActivityType } from "../kernel/activity-types.ts";

/** The kind without FitGlue's prefix, which the tables below would otherwise repeat on every line. */
type Kind = ActivityType extends `ACTIVITY_TYPE_${infer Name}` ? Name : never;

interface KnownId {
  readonly kind: Kind;
  /** `observed` in captured answers; `code`: relied on by public clients only (Fitbit reference §3.3). */
  readonly evidence: "observed" | "code";
}

/** Fitbit's activity type ids. Another provider's ids are words, so they cannot be mistaken for these. */
const kindsById: Readonly<Record<string, KnownId>> = {
  "90009": { kind: "RUN", evidence: "observed" },
  "90013": { kind: "WALK", evidence: "observed" },
  "90001": { kind: "RIDE", evidence: "observed" },
  "1071": { kind: "RIDE", evidence: "observed" }, // Outdoor Bike
  "55001": { kind: "RIDE", evidence: "observed" }, // Spinning
  "90024": { kind: "SWIM", evidence: "code" },
  "90012": { kind: "HIKE", evidence: "code" },
  "90019": { kind: "RUN", evidence: "code" }, // Treadmill
  "52001": { kind: "YOGA", evidence: "code" },
  "20047": { kind: "ELLIPTICAL", evidence: "code" },
  "91060": { kind: "RUN", evidence: "code" }, // Structured Workout: a request of FitGlue's users
};

/** What a name may make of a kind that the id has decided. */
const refinements: Partial<Record<Kind, readonly Kind[]>> = {
  RUN: ["TRAIL_RUN", "VIRTUAL_RUN"],
  RIDE: [
    "MOUNTAIN_BIKE_RIDE",
    "GRAVEL_RIDE",
    "VIRTUAL_RIDE",
    "EBIKE_RIDE",
    "EMOUNTAIN_BIKE_RIDE",
    "HANDCYCLE",
    "VELOMOBILE",
  ],
};

/** One line of the table of names: any of the phrases, together with one of `and`, and none of `not`. Words in lower case. */
interface NameRule {
  readonly kind: Kind;
  readonly any: readonly string[];
  readonly and?: readonly string[];
  readonly not?: readonly string[];
}

const run = ["run", "runs", "running", "runner", "jog", "jogs", "jogging"];
const bike = [
  "bike",
  "bikes",
  "biking",
  "bicycle",
  "bicycling",
  "cycle",
  "cycling",
  "ride",
  "rides",
  "spin",
  "spinning",
];
const ski = ["ski", "skis", "skiing"];
const electric = ["electric", "e"];
const row = ["row", "rowing", "rower", "rowerg", "erg", "ergometer"];

/** The first line that fits wins; what fits none is a workout. */
const nameRules: readonly NameRule[] = [
  { kind: "WHEELCHAIR", any: ["wheelchair"] },
  {
    kind: "HANDCYCLE",
    any: ["handcycle", "handcycling", "handbike", "hand cycle", "hand cycling", "hand bike"],
  },
  { kind: "VELOMOBILE", any: ["velomobile"] },
  { kind: "TRAIL_RUN", any: run, and: ["trail", "trails"] },
  { kind: "VIRTUAL_RUN", any: run, and: ["virtual"] },
  { kind: "RUN", any: [...run, "structured workout"] },
  { kind: "SNOWSHOE", any: ["snowshoe", "snowshoes", "snowshoeing", "snow shoe", "snow shoeing"] },
  { kind: "WALK", any: ["walk", "walks", "walking", "walker"] },
  { kind: "RUN", any: ["treadmill"] },
  // Rides of another sort, before every ride.
  {
    kind: "WORKOUT",
    any: ["horse", "horseback", "pony", "motor", "motorcycle", "motorbike"],
    and: [...bike, "riding"],
  },
  { kind: "EMOUNTAIN_BIKE_RIDE", any: ["emtb", "e mtb"] },
  { kind: "EMOUNTAIN_BIKE_RIDE", any: ["mountain bike", "mountain biking"], and: electric },
  { kind: "MOUNTAIN_BIKE_RIDE", any: ["mountain bike", "mountain biking", "mountain ride", "mtb"] },
  { kind: "EBIKE_RIDE", any: ["ebike", "ebikes", "ebiking"] },
  { kind: "EBIKE_RIDE", any: bike, and: electric },
  { kind: "GRAVEL_RIDE", any: bike, and: ["gravel"] },
  { kind: "VIRTUAL_RIDE", any: bike, and: ["virtual"] },
  { kind: "RIDE", any: bike },
  { kind: "SWIM", any: ["swim", "swims", "swimming"] },
  {
    kind: "WEIGHT_TRAINING",
    any: [
      ...["weight", "weights", "weightlifting", "strength", "resistance", "lifting", "powerlifting"],
      ...["dumbbell", "dumbbells", "dumbell", "dumbells", "barbell", "barbells", "kettlebell", "kettlebells"],
    ],
  },
  { kind: "YOGA", any: ["yoga"] },
  { kind: "PILATES", any: ["pilates"] },
  { kind: "HIKE", any: ["hike", "hikes", "hiking", "trek", "trekking"] },
  { kind: "ELLIPTICAL", any: ["elliptical", "cross trainer", "crosstrainer"] },
  { kind: "ROLLER_SKI", any: ["roller ski", "roller skiing", "rollerski", "rollerskiing"] },
  {
    kind: "WORKOUT",
    any: ["water ski", "water skiing", "waterski", "waterskiing", "jet ski", "jet skiing", "ski erg"],
  },
  { kind: "VIRTUAL_ROW", any: row, and: ["virtual"] },
  { kind: "ROWING", any: row },
  { kind: "CROSSFIT", any: ["crossfit", "cross fit"] },
  {
    kind: "HIGH_INTENSITY_INTERVAL_TRAINING",
    any: [
      ...["hiit", "high intensity", "interval", "intervals", "tabata", "circuit", "circuits"],
      ...["bootcamp", "boot camp", "functional training"],
    ],
  },
  { kind: "TABLE_TENNIS", any: ["table tennis", "ping pong", "pingpong"] },
  { kind: "RACQUETBALL", any: ["racquetball", "racketball"] },
  { kind: "SQUASH", any: ["squash"] },
  { kind: "BADMINTON", any: ["badminton"] },
  { kind: "PICKLEBALL", any: ["pickleball"] },
  { kind: "TENNIS", any: ["tennis", "padel"] },
  { kind: "WORKOUT", any: ["football"], and: ["american", "flag", "australian", "gaelic"] },
  { kind: "SOCCER", any: ["soccer", "football", "futsal"] },
  { kind: "GOLF", any: ["golf", "golfing"] },
  { kind: "NORDIC_SKI", any: ski, and: ["cross country", "nordic", "xc"] },
  { kind: "BACKCOUNTRY_SKI", any: ski, and: ["backcountry", "back country", "touring"] },
  { kind: "ALPINE_SKI", any: ski },
  { kind: "SNOWBOARD", any: ["snowboard", "snowboarding"] },
  { kind: "SKATEBOARD", any: ["skateboard", "skateboarding"] },
  {
    kind: "STAND_UP_PADDLING",
    any: [
      ...["sup", "paddleboard", "paddleboarding", "paddle board", "paddle boarding"],
      ...["stand up paddle", "stand up paddling", "standup paddle", "standup paddling"],
    ],
  },
  { kind: "KITESURF", any: ["kitesurf", "kitesurfing", "kite surf", "kite surfing", "kiteboarding"] },
  { kind: "WINDSURF", any: ["windsurf", "windsurfing", "wind surf", "wind surfing"] },
  { kind: "SURFING", any: ["surf", "surfing"] },
  { kind: "SAIL", any: ["sail", "sailing"] },
  {
    kind: "STAIR_STEPPER",
    any: ["stair", "stairs", "stairclimber", "stairmaster", "step machine", "stepper"],
  },
  {
    kind: "ROCK_CLIMBING",
    any: ["climb", "climbs", "climbing", "climber"],
    and: ["rock", "boulder", "wall", "indoor"],
  },
  { kind: "ROCK_CLIMBING", any: ["bouldering"] },
  { kind: "CANOEING", any: ["canoe", "canoeing"] },
  { kind: "KAYAKING", any: ["kayak", "kayaking", "paddling"] },
  { kind: "INLINE_SKATE", any: ["rollerblade", "rollerblading", "roller hockey"] },
  { kind: "INLINE_SKATE", any: ["skate", "skates", "skating"], and: ["inline", "roller"] },
  { kind: "ICE_SKATE", any: ["skate", "skates", "skating"], and: ["ice", "figure", "speed"] },
  { kind: "ICE_SKATE", any: ["hockey"], not: ["field", "street", "floor"] },
];

/**
 * FitGlue's type for an activity: the adapter's own word where it has one, or what id and name say, and
 * `ACTIVITY_TYPE_WORKOUT` where they say nothing.
 */
export function mapActivityType(activity: {
  readonly providerTypeId: string | null;
  readonly activityType?: ActivityType;
  readonly title: string;
}): ActivityType {
  if (activity.activityType !== undefined) return activity.activityType;
  const named = kindOfName(activity.title);
  const known = activity.providerTypeId === null ? undefined : kindsById[activity.providerTypeId];
  return `ACTIVITY_TYPE_${chooseKind(known, named)}`;
}

function chooseKind(known: KnownId | undefined, named: Kind | null): Kind {
  if (known === undefined) return named ?? "WORKOUT";
  if (named === null) return known.kind;
  if (known.evidence === "code") return named;
  return refinements[known.kind]?.includes(named) === true ? named : known.kind;
}

/** What the words of a name say, null where they say nothing. */
function kindOfName(name: string): Kind | null {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const text = ` ${words.join(" ")} `;
  const holds = (phrases: readonly string[]) => phrases.some((phrase) => text.includes(` ${phrase} `));
  const rule = nameRules.find(
    ({ any, and, not }) =>
      holds(any) && (and === undefined || holds(and)) && (not === undefined || !holds(not)),
  );
  return rule?.kind ?? null;
}
