// A sync in a sentence, for every purpose and outcome that there is.

import { describe, expect, it } from "vitest";
import { outcomeOf, purposeOf, type SyncRun } from "../../../src/portal/run-words.ts";

const quiet = {
  status: "succeeded",
  listed: 0,
  created: 0,
  updated: 0,
  deleted: 0,
  errorMessage: null,
} as SyncRun;
const outcome = (changed: Partial<SyncRun>) => outcomeOf({ ...quiet, ...changed });

describe("what a sync was for", () => {
  it.each([
    "connect",
    "notification",
    "manual",
    "sweep",
    "backfill",
    "late_data",
    "recovery",
    "retry",
    "replay",
  ] as const)("is told in words: %s", (trigger) => {
    expect(purposeOf({ trigger })).toMatch(/^[A-Z][a-z ]+$/);
    expect(purposeOf({ trigger })).not.toContain("_");
  });
});

describe("what came of a sync", () => {
  it("counts what changed, one or several", () => {
    expect(outcome({ created: 1 })).toBe("1 activity new.");
    expect(outcome({ created: 3, updated: 1, deleted: 2 })).toBe(
      "3 activities new, 1 activity changed, 2 activities deleted.",
    );
  });

  it("says that nothing was new, and how much was looked at", () => {
    expect(outcome({})).toBe("Nothing new.");
    expect(outcome({ listed: 7 })).toBe("7 activities looked at, nothing new.");
    expect(outcome({ listed: 1 })).toBe("1 activity looked at, nothing new.");
  });

  it("says how far it is while it is under way, and that it waits before", () => {
    expect(outcome({ status: "queued" })).toBe("Waiting for its turn.");
    expect(outcome({ status: "running", created: 12 })).toBe("Under way: 12 activities new so far.");
    expect(outcome({ status: "running", listed: 3 })).toBe(
      "Under way: 3 activities looked at, nothing new so far.",
    );
    expect(outcome({ status: "running" })).toBe("Under way.");
  });

  it("says what it waits for while it does not go on", () => {
    const errorMessage = "The provider's call limit is used up; it goes on by itself.";
    expect(outcome({ status: "running", errorMessage })).toBe(`Under way. ${errorMessage}`);
    expect(outcome({ status: "running", created: 1, errorMessage })).toBe(
      `Under way: 1 activity new so far. ${errorMessage}`,
    );
  });

  it("says why it failed, and what was left where it came only so far", () => {
    expect(outcome({ status: "failed", errorMessage: "Fitbit did not answer." })).toBe(
      "Fitbit did not answer.",
    );
    expect(outcome({ status: "failed" })).toBe("It failed.");
    expect(outcome({ status: "partial", created: 1, errorMessage: "One was too large." })).toBe(
      "1 activity new. One was too large.",
    );
    expect(outcome({ status: "partial" })).toBe("Nothing new. Something was left for later.");
  });
});
