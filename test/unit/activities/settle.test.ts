// Rule 11 as a table: when an activity enters the feed, and when somebody looks at it again.

import { describe, expect, it } from "vitest";
import {
  isVisible,
  nextLook,
  type SettleInput,
  settleLook,
  settlesAt,
} from "../../../src/activities/settle.ts";

const minute = 60_000;
const hour = 60 * minute;
const seen = Date.parse("2026-03-10T14:00:00Z");

/** Seen `afterEnd` milliseconds after its end, asked about `later` milliseconds after that. */
const input = (change: Partial<SettleInput> & { afterEnd?: number; later?: number } = {}): SettleInput => {
  const { afterEnd = 5 * minute, later = 0, ...rest } = change;
  return {
    endTime: seen - afterEnd,
    firstSeenAt: seen,
    now: seen + later,
    settleMinutes: 15,
    isMissingSomething: true,
    ...rest,
  };
};

/** Minutes after first sight of every look that follows, each done at once when it is due. */
function looks(change: Parameters<typeof input>[0] = {}): [number, number][] {
  const found: [number, number][] = [];
  let look = -1;
  let now = seen;
  for (;;) {
    const next = nextLook({ ...input(change), now }, look);
    if (next === null) return found;
    found.push([next.look, (next.at - seen) / minute]);
    ({ look, at: now } = next);
  }
}

describe("an activity enters the feed", () => {
  it.for<[string, Parameters<typeof input>[0], boolean]>([
    ["at once when nothing is missing", { isMissingSomething: false }, true],
    ["not yet when it has just ended and lacks something", {}, false],
    ["not yet a moment before settling ends", { later: 15 * minute - 1 }, false],
    ["when settling ends, whatever is missing", { later: 15 * minute }, true],
    ["at once when it ended an hour ago", { afterEnd: hour }, true],
    ["not yet when it ended a little under an hour ago", { afterEnd: hour - 1 }, false],
    ["at once when it is of last week", { afterEnd: 7 * 24 * hour }, true],
    ["at once when nobody wants to wait", { settleMinutes: 0 }, true],
    ["not yet when the device's clock is ahead of ours", { afterEnd: -minute }, false],
  ])("%s", ([, change, visible]) => {
    expect(isVisible(input(change))).toBe(visible);
  });

  it("at the latest `SETTLE_MINUTES` after it was seen first, not after it ended", () => {
    expect(settlesAt(input({ settleMinutes: 7, later: 3 * minute }))).toBe(seen + 7 * minute);
  });
});

describe("an activity is looked at again", () => {
  it.for<[string, Parameters<typeof input>[0], [number, number][]]>([
    [
      "after 1, 2, 5 and 10 minutes, when settling ends, and after 1, 6 and 24 hours",
      {},
      [
        [0, 1],
        [1, 2],
        [2, 5],
        [3, 10],
        [settleLook, 15],
        [5, 60],
        [6, 360],
        [7, 1440],
      ],
    ],
    ["never when nothing is missing", { isMissingSomething: false }, []],
    [
      "only later when it ended an hour ago",
      { afterEnd: hour },
      [
        [5, 60],
        [6, 360],
        [7, 1440],
      ],
    ],
    ["never when it ended a day ago", { afterEnd: 24 * hour }, []],
    ["never when it is of last week", { afterEnd: 7 * 24 * hour }, []],
    [
      "no oftener than settling lasts",
      { settleMinutes: 3 },
      [
        [0, 1],
        [1, 2],
        [settleLook, 3],
        [5, 60],
        [6, 360],
        [7, 1440],
      ],
    ],
  ])("%s", ([, change, expected]) => {
    expect(looks(change)).toEqual(expected);
  });

  it("once and not in a burst when the time of several looks has passed", () => {
    expect(nextLook(input({ later: 7 * minute }), 0)).toEqual({ look: 3, at: seen + 10 * minute });
    expect(nextLook(input({ later: 7 * hour }), 0)).toEqual({ look: 7, at: seen + 24 * hour });
    expect(nextLook(input({ later: 48 * hour }), 0)).toBeNull();
  });

  it("is not looked at twice for the same look", () => {
    expect(nextLook(input(), 0)).toEqual({ look: 1, at: seen + 2 * minute });
    expect(nextLook(input({ later: hour - 1 }), 5)).toEqual({ look: 6, at: seen + 6 * hour });
  });
});
