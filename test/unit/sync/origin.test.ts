// What is news and what is history, as a table.

import { describe, expect, it } from "vitest";
import { originOf } from "../../../src/sync/origin.ts";

const connectedAt = Date.UTC(2026, 10, 21, 12, 0, 0, 700);
const link = { connectedAt };
const before = { startTime: connectedAt - 3_600_000, elapsedSeconds: 600 };
const after = { startTime: connectedAt - 600_700, elapsedSeconds: 600 };

describe("an activity that is seen for the first time", () => {
  it.each([
    ["after connecting", "by a push", after, "notification", 1, "live"],
    ["after connecting", "by a backfill", after, "backfill", 0, "live"],
    ["after connecting", "by a sweep", after, "sweep", 1, "sweep"],
    ["before connecting", "by a backfill", before, "backfill", 1, "backfill"],
    ["before connecting", "by the first list", before, "connect", 0, "backfill"],
    ["while the connection was broken", "by the first list after it", before, "connect", 1, "live"],
  ] as const)("that ended %s and is found %s", (_when, _how, summary, trigger, listedAt, origin) => {
    expect(originOf(trigger, summary, link, listedAt)).toBe(origin);
  });
});
