// docs/storage.md names every table and every column, and none that does not exist.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import * as schema from "../../../src/db/schema.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/storage.md"), "utf8");

function documentedTables(): Map<string, string[]> {
  const d1 = page.slice(page.indexOf("\n## D1"), page.indexOf("\n## R2"));
  return new Map(
    d1
      .split("\n### ")
      .slice(1)
      .map((section) => [
        /^`(\w+)`/.exec(section)?.[1] ?? "",
        [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? ""),
      ]),
  );
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("docs/storage.md", () => {
  const tables = Object.values(schema)
    .filter((value) => value instanceof SQLiteTable)
    .map(getTableConfig);

  it("names the tables of the schema, no more and no fewer", () => {
    expect([...documentedTables().keys()].sort()).toEqual(tables.map((table) => table.name).sort());
  });

  it.each(tables.map((table) => [table.name, table] as const))(
    "names the columns of %s in order",
    (name, table) => {
      expect(documentedTables().get(name)).toEqual(table.columns.map((column) => snakeCase(column.name)));
    },
  );

  it("names every queue of wrangler.toml, and every kind of work a message can ask for", () => {
    const toml = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8");
    for (const [, queue] of toml.matchAll(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm))
      expect(page).toContain(`\`${queue}\``);
    const messages = readFileSync(join(import.meta.dirname, "../../../src/sync/messages.ts"), "utf8");
    const work = messages.slice(messages.indexOf("const workSchema"), messages.indexOf("export type Work "));
    const kinds = [...work.matchAll(/kind: z\.literal\("(\w+)"\)/g)].map((match) => match[1]);
    expect(kinds.length).toBeGreaterThan(5);
    for (const kind of kinds) expect(page).toContain(`\`${kind}\``);
  });
});
