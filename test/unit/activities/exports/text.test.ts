// What the text formats share: text and numbers as XML may have them, and a body that is made while it is read.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeGpx } from "../../../../src/activities/exports/gpx.ts";
import { writeTcx } from "../../../../src/activities/exports/tcx.ts";
import { escapeXml, plain, streamText } from "../../../../src/activities/exports/text.ts";
import { randomDocument } from "./random-documents.ts";
import { sampleDocument } from "./sample.ts";
import { elementsOf, parseXml, textOf } from "./xml.ts";

describe("a title", () => {
  it("arrives as it is, in any script, without the characters that XML cannot write", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const expected = document.title
          .toWellFormed()
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out.
          .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
        for (const [write, element, name] of [
          [writeTcx, "Activity", "Notes"],
          [writeGpx, "trk", "name"],
        ] as const) {
          const root = parseXml([...write(document)].join(""));
          expect(textOf(elementsOf(root, element)[0], name)).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["夜ラン 🏃🏽", "夜ラン 🏃🏽"],
    ["]]>", "]]&gt;"],
    ['<a b="c">&amp;', "&lt;a b=&quot;c&quot;&gt;&amp;amp;"],
    ["one\r\ntwo", "one&#13;\ntwo"],
    ["half \ud83c pair", "half \ufffd pair"],
    ["bell\u0007", "bell"],
  ])("%j is written as %j", (title, written) => {
    expect(escapeXml(title)).toBe(written);
  });
});

describe("a number", () => {
  it("is written without an exponent and read back as the same number, to a millionth of a millionth", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e24, max: 1e24, noNaN: true }), (value) => {
        const text = plain(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(text.replace(/[-.]/g, "").length).toBeLessThanOrEqual(25);
        if (Math.abs(value) >= 1e-6) expect(Number(text)).toBe(value);
        else expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(1e-12);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [34.3, "34.3"],
    [1e-7, "0.0000001"],
    [-2.5e-9, "-0.0000000025"],
    [-5e-324, "0"],
    [1.25e21, "1250000000000000000000"],
    [0, "0"],
  ])("%d is %s", (value, text) => {
    expect(plain(value)).toBe(text);
  });
});

describe("a streamed body", () => {
  const document = { pieces: 40_000, piece: "x".repeat(99).concat("\n") };

  it("has its first chunk before its last piece is made, and is made no faster than it is read", async () => {
    let made = 0;
    function* pieces() {
      for (; made < document.pieces; made++) yield document.piece;
    }
    const reader = streamText(pieces()).getReader();
    const first = await reader.read();
    expect(first.value?.length).toBeGreaterThan(60_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    // What was read, and one chunk ahead of it.
    expect(made).toBeLessThan(document.pieces / 20);
    let bytes = first.value?.length ?? 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
    expect(bytes).toBe(document.pieces * document.piece.length);
  });

  it("that nobody reads to its end stops being made", async () => {
    let isOver = false;
    function* pieces() {
      try {
        for (;;) yield document.piece;
      } finally {
        isOver = true;
      }
    }
    const reader = streamText(pieces()).getReader();
    await reader.read();
    await reader.cancel();
    expect(isOver).toBe(true);
  });

  it("is the same bytes as the whole", async () => {
    const whole = [...writeTcx(sampleDocument)].join("");
    expect(await new Response(streamText(writeTcx(sampleDocument))).text()).toBe(whole);
    expect(await new Response(streamText(["é", "", "🏃"])).text()).toBe("é🏃");
    expect(await new Response(streamText([])).text()).toBe("");
  });
});
