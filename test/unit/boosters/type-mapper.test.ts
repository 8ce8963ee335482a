// Types by words of the title: the first rule that matches wins, in every run, and a word is a word.

import { describe, expect, it } from "vitest";
import { mapType, parseActivityType, type TypeRule } from "../../../src/boosters/type-mapper.ts";
import { activityTypes } from "../../../src/kernel/activity-types.ts";
import { activityOf } from "./posting.ts";

const titled = (name: string | undefined, type = "ACTIVITY_TYPE_WORKOUT") =>
  activityOf({ type, ...(name === undefined ? {} : { name }) });

const rule = (match: string, mode: TypeRule["mode"] = "word"): TypeRule => ({
  match,
  mode,
  type: "ACTIVITY_TYPE_RUN",
});

const matches = (title: string, one: TypeRule) =>
  mapType(titled(title), { rules: [one] }).status === "applied";

describe("the rules", () => {
  const rules: TypeRule[] = [
    { match: "trail", type: "ACTIVITY_TYPE_TRAIL_RUN" },
    { match: "run", type: "ACTIVITY_TYPE_RUN" },
    { match: "dog", type: "ACTIVITY_TYPE_WALK" },
  ];

  it("are tried in their order, and the first that matches wins", () => {
    const { activity, metadata } = mapType(titled("Trail run with the dog"), { rules });
    expect(activity.type).toBe("ACTIVITY_TYPE_TRAIL_RUN");
    expect(metadata).toEqual({
      type: "ACTIVITY_TYPE_TRAIL_RUN",
      formerType: "ACTIVITY_TYPE_WORKOUT",
      rule: 0,
    });
    const reversed = mapType(titled("Trail run with the dog"), { rules: rules.toReversed() });
    expect(reversed).toMatchObject({ activity: { type: "ACTIVITY_TYPE_WALK" }, metadata: { rule: 0 } });
  });

  it("give the same answer a hundred times in a row", () => {
    const answers = Array.from({ length: 100 }, () => mapType(titled("Run, dog, trail"), { rules }));
    expect(new Set(answers.map(({ activity }) => activity.type)).size).toBe(1);
  });

  it("leave everything but the type as it was, and what was posted untouched", () => {
    const posted = titled("Run");
    const before = structuredClone(posted);
    expect(mapType(posted, { rules }).activity).toEqual({ ...before, type: "ACTIVITY_TYPE_RUN" });
    expect(posted).toEqual(before);
  });
});

describe("a whole word", () => {
  it.each([
    ["Evening run", "run"],
    ["RUN", "run"],
    ["run", "RUN"],
    ["Long-run!", "run"],
    ["morning_run", "run"],
    ["Parkrun 5k", "5k"],
    ["Spin class with Ann", "spin class"],
    ["Straßenlauf: Lauf am Fluß", "lauf"],
    ["Cafe\u0301 ride", "caf\u00e9"],
    ["Caf\u00e9 ride", "cafe\u0301"],
    ["🏃 run 🏃", "run"],
    // A sun and a heart carry a mark that asks for their colours (U+FE0F).
    ["☀️run", "run"],
    ["❤️Run 5k❤️", "run"],
    ["Forest trail \u00a0run", "trail run"],
    ["Trail run", " trail  run "],
    ["C++ (hike)", "c++"],
  ])("is found in %j: %j", (title, match) => {
    expect(matches(title, rule(match))).toBe(true);
  });

  it.each([
    ["Brunch walk", "run"],
    ["Crunches", "run"],
    ["Running", "run"],
    ["Parkrun", "run"],
    ["15k", "5k"],
    ["Läufer", "lauf"],
    ["q\u0323run", "run"],
    ["übung", "bung"],
    ["a.b", "a b"],
  ])("is not a part of another: %j, %j", (title, match) => {
    expect(matches(title, rule(match))).toBe(false);
  });

  it("may be a part where that is asked for", () => {
    expect(matches("Parkrun", rule("RUN", "substring"))).toBe(true);
    expect(matches("Brunch", rule("run", "substring"))).toBe(true);
    expect(matches("Walk", rule("run", "substring"))).toBe(false);
  });

  it("takes a rule for text, never for a pattern", () => {
    expect(matches("anything", rule(".*", "substring"))).toBe(false);
    expect(matches("1 [of] 2 {a|b}", rule("[of] 2 {a|b}", "substring"))).toBe(true);
  });

  it("is looked for in a title of a megabyte in no time", () => {
    const title = "runx ".repeat(200_000);
    const before = performance.now();
    expect(matches(title, rule("run"))).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe("a title that no rule matches", () => {
  it("takes the default", () => {
    const answer = mapType(titled("Yoga"), { rules: [rule("run")], defaultType: "ACTIVITY_TYPE_YOGA" });
    expect(answer).toMatchObject({
      status: "applied",
      activity: { type: "ACTIVITY_TYPE_YOGA" },
      metadata: { rule: null },
    });
  });

  it.each([
    ["no_matching_rule", "Yoga"],
    ["no_title", undefined],
    ["no_title", "   "],
  ])("keeps its type without one, and says why: %s", (reason, title) => {
    const posted = titled(title);
    expect(mapType(posted, { rules: [rule("run")] })).toEqual({
      status: "skipped",
      activity: posted,
      metadata: { reason },
    });
  });

  it("takes the default where there is no title", () => {
    expect(mapType(titled(undefined), { rules: [], defaultType: "ACTIVITY_TYPE_WALK" }).activity.type).toBe(
      "ACTIVITY_TYPE_WALK",
    );
  });
});

it("says that the type is what it was", () => {
  expect(mapType(titled("Run", "ACTIVITY_TYPE_RUN"), { rules: [rule("run")] })).toMatchObject({
    status: "skipped",
    metadata: { reason: "same_type" },
  });
});

describe("the names of types", () => {
  it.each([
    ["ACTIVITY_TYPE_TRAIL_RUN", "ACTIVITY_TYPE_TRAIL_RUN"],
    ["TRAIL_RUN", "ACTIVITY_TYPE_TRAIL_RUN"],
    ["TrailRun", "ACTIVITY_TYPE_TRAIL_RUN"],
    ["trail run", "ACTIVITY_TYPE_TRAIL_RUN"],
    ["EBikeRide", "ACTIVITY_TYPE_EBIKE_RIDE"],
    ["EMountainBikeRide", "ACTIVITY_TYPE_EMOUNTAIN_BIKE_RIDE"],
    ["HighIntensityIntervalTraining", "ACTIVITY_TYPE_HIGH_INTENSITY_INTERVAL_TRAINING"],
    ["StandUpPaddling", "ACTIVITY_TYPE_STAND_UP_PADDLING"],
    ["Crossfit", "ACTIVITY_TYPE_CROSSFIT"],
  ])("are FitGlue's or Strava's: %s", (name, type) => {
    expect(parseActivityType(name)).toBe(type);
  });

  it("are all of the enum's but the one that says nothing", () => {
    expect(activityTypes.filter((type) => parseActivityType(type) !== type)).toEqual([
      "ACTIVITY_TYPE_UNSPECIFIED",
    ]);
  });

  it.each(["", "Running", "ACTIVITY_TYPE_", "ACTIVITY_TYPE_UNSPECIFIED", "27"])(
    "are no others: %j",
    (name) => {
      expect(parseActivityType(name)).toBeNull();
    },
  );
});
