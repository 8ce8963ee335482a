import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCumulativeDistance } from "../../../src/activities/distance.ts";

const cumulative = (distances: readonly (number | undefined)[], stated: number | null) =>
  withCumulativeDistance(
    distances.map((distanceMeters, time) =>
      distanceMeters === undefined ? { time } : { time, distanceMeters },
    ),
    stated,
  ).map((record) => record.distanceMeters);

describe("distance along the way", () => {
  it.each([
    ["stays as the file has it", [0, 10, 20, 20, 35], 35, [0, 10, 20, 20, 35]],
    ["may begin above zero", [2604, 2610], 3000, [2604, 2610]],
    [
      "is added up over a restart that agrees with the stated total",
      [0, 500, 1000, 0, 400, 800],
      1810,
      [0, 500, 1000, 1000, 1400, 1800],
    ],
    [
      "leaves out a restart that does not agree",
      [0, 500, 1000, 0, 400, 800, 1200],
      1200,
      [0, 500, 1000, undefined, undefined, undefined, 1200],
    ],
    [
      "leaves out a restart where no total is stated",
      [0, 1000, 0, 400],
      null,
      [0, 1000, undefined, undefined],
    ],
    ["leaves out a small step back", [0, 100, 98, 105], 105, [0, 100, undefined, 105]],
    ["keeps its gaps", [0, undefined, 20], 20, [0, undefined, 20]],
  ] as const)("%s", (_name, distances, stated, expected) => {
    expect(cumulative(distances, stated)).toEqual(expected);
  });

  it("never shrinks, whatever the file says", () => {
    const value = fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(value),
        fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
        (distances, stated) => {
          const known = cumulative(distances, stated).filter((distance) => distance !== undefined);
          expect(known).toEqual([...known].sort((one, other) => one - other));
        },
      ),
    );
  });
});
