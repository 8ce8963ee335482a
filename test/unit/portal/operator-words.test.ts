// How the operator's page counts, and how its pages of dead letters are addressed.

import { describe, expect, it } from "vitest";
import { asId, type DeadLetterId } from "../../../src/kernel/ids.ts";
import { countLimit, type RunGroup, sumRuns } from "../../../src/portal/operator-figures.ts";
import { parsePlace, placeText } from "../../../src/portal/operator-place.ts";
import { amountText, countText, numberText } from "../../../src/portal/operator-words.ts";

describe("a count", () => {
  it("is exact up to its limit, and says so beyond", () => {
    expect(countText(0)).toBe("0");
    expect(countText(1234)).toBe("1,234");
    expect(countText(countLimit)).toBe("10,000");
    expect(countText(countLimit + 1)).toBe("more than 10,000");
  });

  it("says one message and several messages", () => {
    expect(amountText(1, "message")).toBe("1 message");
    expect(amountText(2, "message")).toBe("2 messages");
    expect(amountText(countLimit + 1, "message")).toBe("more than 10,000 messages");
    expect(amountText(countLimit + 1, "call", numberText)).toBe("10,001 calls");
  });
});

describe("the sum of runs", () => {
  const groups: RunGroup[] = [
    { status: "succeeded", trigger: "notification", runs: 5, calls: 20 },
    { status: "failed", trigger: "notification", runs: 2, calls: 4 },
    { status: "failed", trigger: "sweep", runs: 1, calls: 1 },
  ];

  it("adds runs, failures and calls", () => {
    expect(sumRuns(groups)).toEqual({ runs: 8, failed: 3, calls: 25 });
    expect(sumRuns(groups, ({ trigger }) => trigger === "sweep")).toEqual({ runs: 1, failed: 1, calls: 1 });
    expect(sumRuns([])).toEqual({ runs: 0, failed: 0, calls: 0 });
  });
});

describe("a place among dead letters", () => {
  it("comes back from an address as it went in", () => {
    const place = { failedAt: 1_795_259_154_312, id: asId<DeadLetterId>("dead_0123abc") };
    expect(parsePlace(placeText(place))).toEqual(place);
  });

  it.each([
    undefined,
    "",
    "1",
    "1.act_x",
    "x.dead_1",
    "1.dead_A",
    "1.dead_1&done=gone",
    "1.dead_1\r\nx: y",
    7,
  ])("is none when somebody made it up: %j", (text) => expect(parsePlace(text)).toBeNull());
});
