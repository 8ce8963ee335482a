import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, tryParseJson } from "../../../../src/providers/fitbit/json.ts";

describe("JSON with 64-bit ids", () => {
  it("keeps every unsigned 64-bit integer to the last digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
        const parsed = parseJson(`{"logId":${id}}`);
        expect(parsed).toEqual({ logId: id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : String(id) });
      }),
    );
  });

  it("leaves everything else as JSON.parse makes it", () => {
    const asText = (_key: string, value: unknown) =>
      Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value;
    const same = fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text), asText));
    });
    fc.assert(same, { numRuns: 100 });
  });

  it("is undefined when it is cut anywhere", () => {
    const text = '{"activities":[{"logId":12345678901234567890}]}';
    for (let end = 0; end < text.length; end++) expect(tryParseJson(text.slice(0, end))).toBeUndefined();
  });
});
