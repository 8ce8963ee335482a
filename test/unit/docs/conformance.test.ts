// test/conformance/README.md names tests; here they are looked for. A test that is renamed or removed takes its row with it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "test/conformance/README.md"), "utf8");

interface Row {
  readonly rule: string;
  readonly holder: string;
}

/** The rows of all tables, without their heads. */
const rows: readonly Row[] = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| rule |"))
  .map((line) => {
    const [, rule = "", holder = ""] = /^\| (.+) \| (.+) \|$/.exec(line) ?? [];
    return { rule, holder };
  });

/** The tests that a row names: a file, then any number of names, up to the next file. */
function testsOf(holder: string): { readonly file: string; readonly names: readonly string[] }[] {
  return [...holder.matchAll(/`(test\/[\w./-]+\.test\.ts)` ›([^`]*)/g)].map(([, file = "", rest = ""]) => ({
    file,
    names: [...rest.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => name),
  }));
}

/** The names under which a file calls `it` or `test`, with or without `each`. */
function namesIn(file: string): Set<string> {
  const text = readFileSync(join(root, file), "utf8");
  const calls =
    /(?:\b(?:it|test)|\](?: as const)?\s*\)|\b(?:it|test)\.each\([^\n]*\))\(\s*(["'`])((?:\\.|(?!\1).)*)\1,/g;
  return new Set([...text.matchAll(calls)].map(([, , name = ""]) => name.replaceAll(/\\(.)/g, "$1")));
}

describe("test/conformance/README.md", () => {
  it("has a row for every rule, each once, and none without a holder", () => {
    expect(rows.length).toBeGreaterThan(70);
    for (const { rule, holder } of rows) expect([rule, holder]).not.toContain("");
    expect(new Set(rows.map(({ rule }) => rule)).size).toBe(rows.length);
  });

  it.each(rows)("names a test that is there, or says why none is needed: $rule", ({ holder }) => {
    const tests = testsOf(holder);
    if (tests.length === 0) {
      expect(holder).toMatch(/^do(es)? not apply: .{20}/);
      return;
    }
    for (const { file, names } of tests) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(names.length, file).toBeGreaterThan(0);
      const known = namesIn(file);
      for (const name of names) expect(known.has(name), `${file}: ${name}`).toBe(true);
    }
  });
});
