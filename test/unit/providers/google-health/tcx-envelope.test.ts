import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EnvelopeReader, unwrapTcx } from "../../../../src/providers/google-health/tcx-envelope.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** What the reader makes of an envelope that comes in these chunks. */
function unwrap(chunks: readonly Uint8Array[]): string {
  const reader = new EnvelopeReader();
  const bytes = chunks.flatMap((chunk) => [...reader.push(chunk)]);
  reader.end();
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** Both halves of the bytes, cut at `at`. */
const cutAt = (bytes: Uint8Array, at: number) => [bytes.subarray(0, at), bytes.subarray(at)];
/** JSON in which everything but plain letters is escaped, as some encoders write it. */
const escapedJson = (text: string) =>
  JSON.stringify(text).replace(/[^\x20-\x7e]|[<>&]/g, (unit) =>
    [...Array(unit.length).keys()]
      .map((index) => `\\u${unit.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );

const xml = '<?xml version="1.0"?>\r\n\t<Notes>50 % \\ "é" 走る 🏃 \u2028 &amp;</Notes>\b\f/';

describe("a TCX inside JSON", () => {
  it("is the text that was put in, wherever the bytes are cut", () => {
    for (const json of [JSON.stringify(xml), escapedJson(xml), JSON.stringify(xml).replaceAll("/", "\\/")]) {
      const bytes = encode(` \n{ "tcxData" :\t${json} }\n`);
      for (let at = 0; at <= bytes.length; at++) expect(unwrap(cutAt(bytes, at))).toBe(xml);
      expect(unwrap([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(xml);
    }
  });

  it("is what a whole JSON parser would give, for any text and any cuts", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.boolean(),
        fc.array(fc.nat(200), { maxLength: 6 }),
        (text, isEscaped, cuts) => {
          const bytes = encode(`{"tcxData":${isEscaped ? escapedJson(text) : JSON.stringify(text)}}`);
          const ends = [...cuts, bytes.length]
            .map((cut) => Math.min(cut, bytes.length))
            .sort((a, b) => a - b);
          const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
          expect(unwrap(chunks)).toBe(text);
        },
      ),
    );
  });

  it("is found among other fields, whatever they hold", () => {
    const others = '"a":{"tcxData":"no","b":["}",{}]},"":null,"c\\"":"\\\\","tcxDatum":"no","tcxDataX":"no"';
    expect(unwrap([encode(`{${others},"tcxData":"yes","z":[1,[2]],"y":-1.5e3}`)])).toBe("yes");
  });

  it.each([
    ["{}"],
    ['{"tcxData":""}'],
    ['{"tcxData":null}'],
    ['{"name":"x"}'],
    ['{"tcxData":["<xml>"]}'],
    ["\uFEFF { } "],
  ])("is nothing in %s", (json) => {
    const bytes = encode(json);
    for (let at = 0; at <= bytes.length; at++) expect(unwrap(cutAt(bytes, at))).toBe("");
  });

  it("says of half a character what text can say of it", () => {
    const cases: [string, string][] = [
      ["a\\ud83cb", "a\uFFFDb"],
      ["\\ud83c\\n", "\uFFFD\n"],
      ["\\ud83c\\ud83c\\udfc3", "\uFFFD🏃"],
      ["\\udfc3", "\uFFFD"],
      ["\\ud83c", "\uFFFD"],
      ["\\ud83c\\u0041", "\uFFFDA"],
      ["\\ud83c\\u8d70", "\uFFFD走"],
    ];
    for (const [json, text] of cases) {
      const bytes = encode(`{"tcxData":"${json}"}`);
      expect(unwrap([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(text);
      for (let at = 0; at <= bytes.length; at++) expect(unwrap(cutAt(bytes, at))).toBe(text);
    }
  });

  it("is an error, and never a shorter file, when it is cut anywhere", () => {
    const bytes = encode(`{"a":[1],"tcxData":${escapedJson(xml)}}`);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => unwrap([bytes.subarray(0, length)])).toThrow("before its time");
    }
  });

  it.each([
    ['{"tcxData":"a\\x"}'],
    ['{"tcxData":"\\u12g4"}'],
    ['{"tcxData" "a"}'],
    ['{"tcxData":"a" "b"}'],
    ['{"tcxData":"a"}}'],
    ["{tcxData:1}"],
    ['["tcxData"]'],
    ['{"a":1]}'],
  ])("is an error when it is not JSON: %s", (json) => {
    expect(() => unwrap([encode(json)])).toThrow(/JSON|escape/);
  });

  it("fails as a stream where the connection breaks, after what came before", async () => {
    const chunks = [encode('{"tcxData":"<a>'), encode("half")];
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.error(new TypeError("terminated"));
        else controller.enqueue(chunk);
      },
    });
    await expect(new Response(unwrapTcx(broken)).text()).rejects.toThrow("terminated");
  });
});
