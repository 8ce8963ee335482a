// test/conformance/README.md says of every provider's rule how it is known, in the references' four words, so that a conclusion of
// ours is never read as a fact. That the tests it names exist is test/unit/docs/conformance.test.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../conformance/README.md"), "utf8");

const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [title = "", ...lines] = text.split("\n");
    const rows = lines.filter((line) => line.startsWith("| "));
    return { title, head: rows[0] ?? "", rows: rows.slice(1) };
  });
/** The RFC is documented as a whole; everything else is said of each row. */
const ofProviders = sections.filter(({ title }) => !title.startsWith("RFC "));
const evidence = /\b(documented|observed|third party|inferred)\b/;

describe("test/conformance/README.md", () => {
  it("has a section for each kind of page of each provider, and one for the RFC", () => {
    expect(sections.map(({ title }) => title)).toEqual([
      "Fitbit: subscriptions",
      "Fitbit: OAuth 2.0",
      "Fitbit: activity log, TCX and limits",
      "Google Health: OAuth and identity",
      "Google Health: the list of exercises",
      "Google Health: an exercise",
      "Google Health: TCX",
      "Google Health: heart rate",
      "Google Health: webhooks",
      "Google Health: errors and limits",
      "RFC 9700, Best Current Practice for OAuth 2.0 Security",
    ]);
  });

  it.each(ofProviders)("says how each rule is known: $title", ({ head, rows }) => {
    expect(head).toBe("| rule | evidence | held by |");
    expect(rows.length).toBeGreaterThan(8);
    for (const row of rows) {
      const [rule, known, holder, ...more] = row.slice(2, -2).split(" | ");
      expect(rule, row).toBeTruthy();
      expect(known, row).toMatch(evidence);
      expect(holder, row).toBeTruthy();
      expect(more, row).toEqual([]);
    }
  });

  it("names what every kind of evidence means", () => {
    for (const word of ["documented", "observed", "third party", "inferred"]) {
      expect(page).toContain(`- **${word}**: `);
    }
  });
});
