// FIT's sport for each of FitGlue's types. A type that FIT has no sport for is the nearest that says nothing false.

import type { Types } from "@garmin/fitsdk";
import type { ActivityType } from "../../kernel/activity-types.ts";

export interface FitSport {
  readonly sport: Types.Sport;
  readonly subSport: Types.SubSport;
}

/** By FIT's own names (profile 21.217). */
const sports: Readonly<Record<ActivityType, readonly [sport: Types.Sport, subSport?: Types.SubSport]>> = {
  ACTIVITY_TYPE_ALPINE_SKI: ["alpineSkiing"],
  ACTIVITY_TYPE_BACKCOUNTRY_SKI: ["alpineSkiing", "backcountry"],
  ACTIVITY_TYPE_BADMINTON: ["racket", "badminton"],
  ACTIVITY_TYPE_CANOEING: ["canoeing"],
  ACTIVITY_TYPE_CROSSFIT: ["training"],
  ACTIVITY_TYPE_EBIKE_RIDE: ["eBiking"],
  ACTIVITY_TYPE_ELLIPTICAL: ["fitnessEquipment", "elliptical"],
  ACTIVITY_TYPE_EMOUNTAIN_BIKE_RIDE: ["eBiking", "eBikeMountain"],
  ACTIVITY_TYPE_GOLF: ["golf"],
  ACTIVITY_TYPE_GRAVEL_RIDE: ["cycling", "gravelCycling"],
  ACTIVITY_TYPE_HANDCYCLE: ["cycling", "handCycling"],
  ACTIVITY_TYPE_HIGH_INTENSITY_INTERVAL_TRAINING: ["hiit"],
  ACTIVITY_TYPE_HIKE: ["hiking"],
  ACTIVITY_TYPE_ICE_SKATE: ["iceSkating"],
  ACTIVITY_TYPE_INLINE_SKATE: ["inlineSkating"],
  ACTIVITY_TYPE_KAYAKING: ["kayaking"],
  ACTIVITY_TYPE_KITESURF: ["kitesurfing"],
  ACTIVITY_TYPE_MOUNTAIN_BIKE_RIDE: ["cycling", "mountain"],
  ACTIVITY_TYPE_NORDIC_SKI: ["crossCountrySkiing"],
  ACTIVITY_TYPE_PICKLEBALL: ["racket", "pickleball"],
  ACTIVITY_TYPE_PILATES: ["training", "pilates"],
  ACTIVITY_TYPE_RACQUETBALL: ["racket", "racquetball"],
  ACTIVITY_TYPE_RIDE: ["cycling"],
  ACTIVITY_TYPE_ROCK_CLIMBING: ["rockClimbing"],
  ACTIVITY_TYPE_ROLLER_SKI: ["crossCountrySkiing"],
  ACTIVITY_TYPE_ROWING: ["rowing"],
  ACTIVITY_TYPE_RUN: ["running"],
  ACTIVITY_TYPE_SAIL: ["sailing"],
  ACTIVITY_TYPE_SKATEBOARD: ["generic"],
  ACTIVITY_TYPE_SNOWBOARD: ["snowboarding"],
  ACTIVITY_TYPE_SNOWSHOE: ["snowshoeing"],
  ACTIVITY_TYPE_SOCCER: ["soccer"],
  ACTIVITY_TYPE_SQUASH: ["racket", "squash"],
  ACTIVITY_TYPE_STAIR_STEPPER: ["fitnessEquipment", "stairClimbing"],
  ACTIVITY_TYPE_STAND_UP_PADDLING: ["standUpPaddleboarding"],
  ACTIVITY_TYPE_SURFING: ["surfing"],
  ACTIVITY_TYPE_SWIM: ["swimming"],
  ACTIVITY_TYPE_TABLE_TENNIS: ["racket", "tableTennis"],
  ACTIVITY_TYPE_TENNIS: ["tennis"],
  ACTIVITY_TYPE_TRAIL_RUN: ["running", "trail"],
  ACTIVITY_TYPE_UNSPECIFIED: ["generic"],
  ACTIVITY_TYPE_VELOMOBILE: ["cycling"],
  ACTIVITY_TYPE_VIRTUAL_RIDE: ["cycling", "virtualActivity"],
  ACTIVITY_TYPE_VIRTUAL_ROW: ["rowing", "virtualActivity"],
  ACTIVITY_TYPE_VIRTUAL_RUN: ["running", "virtualActivity"],
  ACTIVITY_TYPE_WALK: ["walking"],
  ACTIVITY_TYPE_WEIGHT_TRAINING: ["training", "strengthTraining"],
  ACTIVITY_TYPE_WHEELCHAIR: ["wheelchairPushWalk"],
  ACTIVITY_TYPE_WINDSURF: ["windsurfing"],
  ACTIVITY_TYPE_WORKOUT: ["training"],
  ACTIVITY_TYPE_YOGA: ["training", "yoga"],
};

/** The sport of a type, as the encoder takes it. */
export function fitSportOf(type: ActivityType): FitSport {
  const [sport, subSport = "generic"] = sports[type];
  return { sport, subSport };
}
