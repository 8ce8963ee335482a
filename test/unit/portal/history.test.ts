// Activity History's pure parts: where a page ends and the next begins, what an address may name, and what is said of an activity.

import { describe, expect, it } from "vitest";
import type { Completeness, StreamCompleteness } from "../../../src/activities/document.ts";
import { historyFilters, historyStateOf, historyStates } from "../../../src/portal/history-filter.ts";
import { groupByDay, mergeReadings, type Reading } from "../../../src/portal/history-merge.ts";
import {
  newestFirst,
  type Position,
  parsePosition,
  positionText,
} from "../../../src/portal/history-position.ts";
import { activityInShort, settlingSentence } from "../../../src/portal/history-words.ts";

const at = (time: number, id = `act_${time}`): Position => ({ time, id });

describe("a place in Activity History", () => {
  it("is found again from the address that names it", () => {
    const place = at(1_763_737_200_000, "run_0abc9");
    expect(parsePosition(positionText(place))).toEqual(place);
  });

  it.each([
    undefined,
    "",
    "-",
    "12",
    "12-",
    "-act_1",
    "1.5-act_1",
    "1e9-act_1",
    "12-act 1",
    "12-a'b",
    "9".repeat(20),
  ])("is none where an address names %s", (text) => {
    expect(parsePosition(text)).toBeNull();
  });

  it("comes before what is older, and the larger id before the smaller at the same time", () => {
    const places = [at(1, "b"), at(2, "a"), at(1, "c"), at(2, "b"), at(1, "a")];
    expect(places.toSorted(newestFirst).map(positionText)).toEqual(["2-b", "2-a", "1-c", "1-b", "1-a"]);
    expect(newestFirst(at(1, "a"), at(1, "a"))).toBe(0);
  });
});

describe("a page of Activity History", () => {
  /** A source with these times, read `count` far. */
  function read(times: readonly number[], count: number): Reading<Position> {
    const entries = times.slice(0, count).map((time) => at(time));
    return { entries, readUntil: times.length > count ? (entries.at(-1) ?? null) : null };
  }

  it("is the last one when every source was read to its end", () => {
    expect(mergeReadings([read([5, 3], 9), read([4], 9)], 9)).toEqual({
      entries: [at(5), at(4), at(3)],
      next: null,
    });
  });

  it("leaves out what lies beyond the reach of a source that may have entries between", () => {
    // The first was read down to 8; the second's 7 may have a 7.5 of the first before it.
    expect(mergeReadings([read([10, 8, 7.5], 2), read([9, 7], 9)], 9)).toEqual({
      entries: [at(10), at(9), at(8)],
      next: at(8),
    });
  });

  it("says where the next begins although it holds nothing itself", () => {
    expect(mergeReadings([{ entries: [], readUntil: at(3) }], 9)).toEqual({ entries: [], next: at(3) });
  });

  it("is no longer than a page", () => {
    expect(mergeReadings([read([9, 7, 5], 9), read([8, 6, 4], 9)], 4)).toEqual({
      entries: [at(9), at(8), at(7), at(6)],
      next: at(6),
    });
    expect(mergeReadings([read([9, 8], 9)], 2).next).toBeNull();
  });

  it("holds each entry once, whatever the sources are and however far each is read", () => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state % below;
    };
    for (let round = 0; round < 200; round++) {
      const sources = Array.from({ length: 1 + random(4) }, (_, source) =>
        Array.from({ length: random(30) }, (_, index) => at(random(12), `s${source}_${index}`)).sort(
          newestFirst,
        ),
      );
      const seen: Position[] = [];
      for (let before: Position | null = null, pages = 0; pages < 500; pages++) {
        const cut: Position | null = before;
        const readings = sources.map((entries): Reading<Position> => {
          const rest = cut === null ? entries : entries.filter((entry) => newestFirst(cut, entry) < 0);
          // Each source is looked at five far, and shows a filtered part of what was looked at.
          const looked = rest.slice(0, 5);
          return { entries: looked, readUntil: rest.length > 5 ? (looked.at(-1) ?? null) : null };
        });
        const page = mergeReadings(readings, 4);
        seen.push(...page.entries);
        before = page.next;
        if (before === null) break;
      }
      expect(seen).toEqual(sources.flat().sort(newestFirst));
    }
  });

  it("puts entries under their days, each day once and the newest first, whatever clocks they stand by", () => {
    const days: Record<number, string> = {
      9: "2026-11-16",
      5: "2026-11-17",
      4: "2026-11-16",
      3: "2026-11-17",
    };
    expect(groupByDay([9, 5, 4, 3], (entry) => days[entry] ?? "")).toEqual([
      { day: "2026-11-17", entries: [5, 3] },
      { day: "2026-11-16", entries: [9, 4] },
    ]);
    expect(groupByDay([], () => "day")).toEqual([]);
  });
});

describe("a filter", () => {
  it.each([undefined, "", "made-up", "toString", "__proto__", "Attention"])(
    "that is none (%s) shows everything",
    (text) => {
      expect(historyStateOf(text)).toBe("everything");
    },
  );

  it("says in whole sentences that there is nothing", () => {
    for (const state of historyStates) {
      expect(historyStateOf(state)).toBe(state);
      expect(historyFilters[state].empty).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe("an activity in short", () => {
  it("has type, duration and distance", () => {
    expect(
      activityInShort({
        title: "Round the lake",
        type: "ACTIVITY_TYPE_TRAIL_RUN",
        elapsedSeconds: 3729,
        distanceMeters: 10_310,
      }),
    ).toBe("Trail run, 1:02:09, 10.31 km");
  });

  it("has no distance where none is known", () => {
    const yoga = { title: "Sun salutation", type: "ACTIVITY_TYPE_YOGA", elapsedSeconds: 1800 } as const;
    expect(activityInShort(yoga)).toBe("Yoga, 30:00");
    expect(activityInShort({ ...yoga, distanceMeters: 0 })).toBe("Yoga, 30:00");
  });
});

describe("an activity whose title is its type", () => {
  it("is not told twice what it was", () => {
    const run = { title: "Trail Run", type: "ACTIVITY_TYPE_TRAIL_RUN", elapsedSeconds: 60 } as const;
    expect(activityInShort(run)).toBe("1:00");
  });
});

describe("an activity that settles", () => {
  const whole: StreamCompleteness = { state: "complete", coverage: 1, largestGapSeconds: 1, samples: 9 };
  const absent = (reason: NonNullable<StreamCompleteness["reason"]>): StreamCompleteness => ({
    state: "absent",
    reason,
    coverage: 0,
    largestGapSeconds: 60,
    samples: 0,
  });
  const noon = Date.parse("2026-11-21T12:00:00Z");
  const say = (completeness: Completeness, now = noon - 1) => settlingSentence(completeness, noon, now, 3600);

  it("says until when it waits, and for what", () => {
    expect(say({ gps: whole, heartRate: absent("pending") })).toBe(
      "Waits until 13:00 for its heart rate, and goes to FitGlue then as it is.",
    );
    expect(say({ gps: absent("provider_has_none"), heartRate: absent("not_worn") })).toContain(
      "for its route and its heart rate,",
    );
  });

  it("does not wait for a route that nobody expects, or for what nobody may read", () => {
    expect(say({ gps: absent("no_gps"), heartRate: absent("pending") })).toContain("for its heart rate,");
    expect(say({ gps: absent("pending"), heartRate: absent("scope_not_granted") })).toContain(
      "for its route,",
    );
    expect(say({ gps: { ...whole, state: "partial" }, heartRate: absent("pending") })).not.toContain("route");
    expect(say({ gps: whole, heartRate: whole })).toContain("for the rest of its data,");
  });

  it("says when its time is over that it goes to FitGlue within minutes", () => {
    expect(say({ gps: whole, heartRate: absent("pending") }, noon)).toBe(
      "It has waited for its heart rate, and goes to FitGlue within minutes.",
    );
  });
});
