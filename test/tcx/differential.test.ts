// The decoder against an independent one: a tree from saxes (strict) or txml, read by plain rules.
// saxes is the oracle of what is well-formed. The corpus is read where it exists, beside the project, and is no part of it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, plain, refusal } from "./fixtures.ts";
import { document, mutatedDocument } from "./random-documents.ts";
import { referenceActivities, saxesTree, txmlTree } from "./reference-decoder.ts";

const chunkSizes = fc.oneof(
  fc.constant<number[]>([]),
  fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
);

/** The one liberty that we take: a known exporter puts white space before the XML declaration. */
function withoutLeadingSpace(text: string): string {
  return text.replace(/^(\uFEFF?)[ \t\r\n]+(?=<\?xml[ \t\r\n?])/, "$1");
}

/** Holds our verdict and our activities against the oracle's. */
function compare(text: string, sizes: readonly number[]): void {
  const tree = saxesTree(withoutLeadingSpace(text));
  const ours = refusal(text, sizes);
  if (tree instanceof Error) {
    expect(ours, `saxes: ${tree.message}`).not.toBeNull();
    return;
  }
  const expected = referenceActivities(tree);
  if (expected.length === 0) expect(ours?.code).toBe("no_activity");
  else expect(plain(decode(text, sizes))).toEqual(expected);
}

describe("against saxes", () => {
  test("a well-formed document, however oddly written and cut, decodes to what a strict parser finds in it", () => {
    fc.assert(fc.property(document, chunkSizes, compare), { numRuns: 1_500 });
  });

  test("after an accident to a document, we refuse it if and only if a strict parser does, and else read the same", () => {
    fc.assert(
      fc.property(mutatedDocument, chunkSizes, (text, sizes) => {
        // Lone surrogates do not survive the way into bytes.
        fc.pre(text.isWellFormed());
        compare(text, sizes);
      }),
      { numRuns: 4_000 },
    );
  });
});

describe("against txml", () => {
  test("a document without comments and prefixes decodes to what a tree parser finds in it", () => {
    const simple = document.filter(
      (text) => !/<!|<\?go|t:|Ä|<style|<script/.test(text) && saxesTree(text) instanceof Error === false,
    );
    fc.assert(
      fc.property(simple, (text) => {
        const expected = referenceActivities({ ...txmlTree(text), namespace: "" });
        if (expected.length > 0) expect(plain(decode(text))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

const shared = join(import.meta.dirname, "../../../shared/tcx");
if (existsSync(shared)) {
  describe("files of real producers", () => {
    const files = ["fitbit", "corpus"].flatMap((folder) =>
      readdirSync(join(shared, folder))
        .filter((name) => name.endsWith(".tcx"))
        .map((name) => join(shared, folder, name)),
    );

    test.each(files)("%s decodes to what a strict parser finds in it, whatever the chunks", (file) => {
      const text = readFileSync(file, "utf8");
      const tree = saxesTree(withoutLeadingSpace(text));
      if (tree instanceof Error) throw tree;
      const expected = referenceActivities(tree);
      for (const sizes of [[], [65_536], [997], [4_096, 1, 777]]) {
        if (expected.length === 0) expect(refusal(text, sizes)?.code).toBe("no_activity");
        else expect(plain(decode(text, sizes))).toEqual(expected);
      }
    });
  });
}
