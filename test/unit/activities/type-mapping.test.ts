import { describe, expect, it } from "vitest";
import { mapActivityType } from "../../../src/activities/type-mapping.ts";

const named = (title: string) =>
  mapActivityType({ providerTypeId: null, title }).replace("ACTIVITY_TYPE_", "");
const typed = (providerTypeId: string, title = "") =>
  mapActivityType({ providerTypeId, title }).replace("ACTIVITY_TYPE_", "");

describe("what FitGlue's users rely on by name", () => {
  it.each([
    [
      "RUN",
      [
        "Run",
        "Morning Run",
        "Treadmill",
        "Jogging",
        "jog",
        "   Run   ",
        "RUN",
        "Structured Workout",
        "My Structured Workout",
      ],
    ],
    ["TRAIL_RUN", ["Trail Run", "trail running"]],
    ["VIRTUAL_RUN", ["Virtual Run"]],
    ["WALK", ["Walk", "Power Walk", "Treadmill Walk", "Dog-walking"]],
    [
      "RIDE",
      ["Bike", "Outdoor Bike", "Cycling", "Spinning", "Spin", "Spin Class", "Indoor Cycle", "Morning Ride"],
    ],
    ["VIRTUAL_RIDE", ["Virtual Ride", "Virtual Cycling"]],
    ["SWIM", ["Swim", "Pool Swim"]],
    [
      "WEIGHT_TRAINING",
      ["Weights", "Weight Lifting", "Strength Training", "Barbell Row", "Kettlebell Swing"],
    ],
    ["HIKE", ["Hike", "Hiking"]],
    ["YOGA", ["Yoga"]],
    ["PILATES", ["Pilates"]],
    ["ELLIPTICAL", ["Elliptical", "Cross-Trainer"]],
    ["ROWING", ["Rowing", "Row", "Rowing Machine", "Erg"]],
    ["CROSSFIT", ["CrossFit", "Cross Fit"]],
    [
      "HIGH_INTENSITY_INTERVAL_TRAINING",
      ["HIIT", "Interval Training", "Tabata", "Circuit Training", "Bootcamp"],
    ],
    ["TENNIS", ["Tennis"]],
    ["SOCCER", ["Soccer", "Football", "Futsal"]],
    ["GOLF", ["Golf"]],
    ["ALPINE_SKI", ["Skiing", "Downhill Ski"]],
    ["NORDIC_SKI", ["Cross-Country Skiing", "Nordic Ski"]],
    ["BACKCOUNTRY_SKI", ["Backcountry Skiing"]],
    ["SNOWBOARD", ["Snowboarding"]],
    ["SKATEBOARD", ["Skateboarding"]],
    ["SURFING", ["Surfing"]],
    ["STAIR_STEPPER", ["Stair Climbing", "Step Machine", "Stepper"]],
    ["ROCK_CLIMBING", ["Rock Climbing", "Climbing Wall"]],
    ["KAYAKING", ["Kayaking"]],
    ["WHEELCHAIR", ["Wheelchair"]],
    ["ICE_SKATE", ["Ice Skating", "Ice Hockey"]],
    ["INLINE_SKATE", ["Inline Skating", "Rollerblading", "Roller Skating"]],
    ["WORKOUT", ["Generic Workout", "", "   ", "Workout", "Upper Body", "Kickboxing", "Zumba", "Dance"]],
  ] as const)("%s", (kind, names) => {
    for (const name of names) expect([name, named(name)]).toEqual([name, kind]);
  });
});

describe("what FitGlue's own mapping got wrong", () => {
  it.each([
    ["Crunches", "WORKOUT"],
    ["Trunk Twists", "WORKOUT"],
    ["Skipping (Rope)", "WORKOUT"],
    ["Handcycling", "HANDCYCLE"],
    ["Hand Cycle", "HANDCYCLE"],
    ["Throwing", "WORKOUT"],
    ["Crow Pose", "WORKOUT"],
    ["Energy Medicine", "WORKOUT"],
    ["Standup Paddleboarding", "STAND_UP_PADDLING"],
    ["Stand Up Paddling", "STAND_UP_PADDLING"],
    ["SUP", "STAND_UP_PADDLING"],
    ["Paddleboard", "STAND_UP_PADDLING"],
    ["Supper with friends", "WORKOUT"],
    ["Squash", "SQUASH"],
    ["Badminton", "BADMINTON"],
    ["Pickleball", "PICKLEBALL"],
    ["Racquetball", "RACQUETBALL"],
    ["Table Tennis", "TABLE_TENNIS"],
    ["Canoeing", "CANOEING"],
    ["Snowshoeing", "SNOWSHOE"],
    ["Mountain Bike", "MOUNTAIN_BIKE_RIDE"],
    ["Mountain Biking", "MOUNTAIN_BIKE_RIDE"],
    ["Field Hockey", "WORKOUT"],
    ["American Football", "WORKOUT"],
    ["Interval Workout", "HIGH_INTENSITY_INTERVAL_TRAINING"],
    ["Dumbbell Press", "WEIGHT_TRAINING"],
    ["Dumbell Press", "WEIGHT_TRAINING"],
    ["E-Bike", "EBIKE_RIDE"],
    ["Ebike", "EBIKE_RIDE"],
    ["Electric Bike", "EBIKE_RIDE"],
    ["Electric Mountain Bike", "EMOUNTAIN_BIKE_RIDE"],
    ["Water Skiing", "WORKOUT"],
    ["Horseback Riding", "WORKOUT"],
    ["Gravel Ride", "GRAVEL_RIDE"],
    ["Kitesurfing", "KITESURF"],
    ["Windsurfing", "WINDSURF"],
    ["Sailing", "SAIL"],
    ["Roller Skiing", "ROLLER_SKI"],
    ["Virtual Row", "VIRTUAL_ROW"],
    ["Velomobile", "VELOMOBILE"],
  ])("%s is %s", (name, kind) => {
    expect(named(name)).toBe(kind);
  });
});

describe("the provider's type id", () => {
  it.each([
    ["90009", "RUN"],
    ["90013", "WALK"],
    ["90001", "RIDE"],
    ["1071", "RIDE"],
    ["55001", "RIDE"],
    ["90024", "SWIM"],
    ["90012", "HIKE"],
    ["90019", "RUN"],
    ["52001", "YOGA"],
    ["20047", "ELLIPTICAL"],
    ["91060", "RUN"],
    ["1", "WORKOUT"],
  ])("%s is %s, whatever the language of the name", (id, kind) => {
    expect(typed(id, "Entraînement")).toBe(kind);
  });

  it("decides the kind, and the name only refines it", () => {
    expect(typed("90009", "Trail Run")).toBe("TRAIL_RUN");
    expect(typed("90001", "Mountain Bike")).toBe("MOUNTAIN_BIKE_RIDE");
    expect(typed("90009", "Walk")).toBe("RUN");
    expect(typed("90013", "Trail Run")).toBe("WALK");
  });

  it("yields to a clear name where only other people's code knows the id", () => {
    expect(typed("90024", "Spinning")).toBe("RIDE");
    expect(typed("90019", "Treadmill Walk")).toBe("WALK");
    expect(typed("91060", "My Structured Workout")).toBe("RUN");
  });
});
