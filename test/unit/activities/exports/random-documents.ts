// Documents of every kind that storage may hold, for properties: laps with and without records, records with any of their fields,
// seconds with fractions, places at the edges of the map, numbers that JavaScript writes with an exponent, titles in any script.

import fc from "fast-check";
import type { ActivityDocument, StandardizedRecord } from "../../../../src/activities/document.ts";
import { activityTypes } from "../../../../src/kernel/activity-types.ts";
import { documentOf, recordAt } from "./sample.ts";

/** With the digits that exports write of a number under a millionth. */
const written = (value: number) => (Math.abs(value) < 1e-6 ? Number(value.toFixed(12)) : value);

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(written);

const degrees = (most: number) =>
  fc.oneof(number(-most, most), fc.constantFrom(-most, most, 0, 1e-7, -3.5e-9, most - 1e-9));

const fields: fc.Arbitrary<Omit<StandardizedRecord, "timestamp">> = fc
  .record(
    {
      position: fc
        .tuple(degrees(90), degrees(180))
        // Our decoder takes 0, 0 for a receiver without a fix, so no document holds it.
        .filter(([latitude, longitude]) => latitude !== 0 || longitude !== 0),
      altitude: fc.oneof(number(-600, 13_000), fc.constantFrom(-500, -500.1, 0, 1e-12, 12_606.8, 1e21)),
      distance: fc.oneof(number(0, 200_000), fc.constantFrom(0, 1e-9, 5e7, 1.5e22)),
      heartRate: fc.integer({ min: 1, max: 254 }),
    },
    { requiredKeys: [] },
  )
  .map(({ position, ...rest }) =>
    position === undefined ? rest : { ...rest, positionLat: position[0], positionLong: position[1] },
  );

/** Records a second apart or more, some with a fraction, as the assembler leaves them: never two in one second. */
const lapFields = fc.array(
  fc.record({
    wait: fc.integer({ min: 1, max: 90 }),
    fraction: fc.constantFrom(0, 0, 0, 0.25, 0.999),
    fields,
  }),
  { maxLength: 25 },
);

/** Any UTF-16 at all: control characters and halves of surrogate pairs too. */
const title = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "]]>", "<a>&amp;\r\n", "夜ラン 🏃🏽", "جري الصباح", "\ud83c", "\uffff\u0000"),
);

export const randomDocument: fc.Arbitrary<ActivityDocument> = fc
  .record({
    title,
    type: fc.constantFrom(...activityTypes),
    laps: fc.array(lapFields, { minLength: 1, maxLength: 4 }),
    lapDistance: fc.option(number(0, 50_000), { nil: undefined }),
    calories: fc.option(fc.double({ min: 0, max: 200_000, noNaN: true }), { nil: undefined }),
    elevation: fc.option(fc.double({ min: 0, max: 9_000, noNaN: true }), { nil: undefined }),
    utcOffsetSeconds: fc.constantFrom(-43_200, 0, 19_800, 50_400),
  })
  .map(({ title, type, laps, lapDistance, calories, elevation, utcOffsetSeconds }) => {
    let at = 0;
    const document = documentOf({
      laps: laps.map((lap) =>
        lap.map(({ wait, fraction, fields }) => {
          at += wait;
          return recordAt(at + fraction, fields);
        }),
      ),
      lapDistance,
      fields: { title, type, calories, elevationGainMeters: elevation, utcOffsetSeconds },
    });
    // What comes out of storage is JSON: nothing that is undefined, and no -0.
    return JSON.parse(JSON.stringify(document)) as ActivityDocument;
  });
