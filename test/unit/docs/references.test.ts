// What the pages refer to exists: files, npm scripts, settings, log events, routes.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleSecretValues } from "../../../src/kernel/example-secrets.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
].filter((path) => path.endsWith(".md"));

/** Every TypeScript file of the Worker, as one text. */
const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => read(join("src", path)))
  .join("\n");

describe.each(pages)("%s", (page) => {
  const text = read(page);

  it("links only to what is there", () => {
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect(existsSync(join(root, dirname(page), target)), target).toBe(true);
    }
  });

  it("names only files that are there", () => {
    for (const [, path = ""] of text.matchAll(
      /`((?:src|scripts|test|simulator|bench|examples|docs|\.ci)\/[\w./-]*)`/g,
    )) {
      const isThere = existsSync(join(root, path)) || existsSync(join(root, `${path}.ts`));
      expect(isThere, path).toBe(true);
    }
  });

  it("names only npm scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, script = ""] of text.matchAll(/npm run (?:-s )?([a-z][a-z:]*)/g)) {
      expect(Object.keys(scripts)).toContain(script);
    }
  });
});

describe("docs/operations.md", () => {
  const text = read("docs/operations.md");

  it("explains every secret, and every variable of wrangler.toml", () => {
    const toml = read("wrangler.toml");
    const section = toml.slice(toml.indexOf("[vars]"), toml.indexOf("[[d1_databases]]"));
    const variables = [...section.matchAll(/^([A-Z_]+) =/gm)].map((match) => match[1] ?? "");
    expect(variables.length).toBeGreaterThan(3);
    for (const name of [...Object.keys(exampleSecretValues), ...variables])
      expect(text).toContain(`\`${name}\``);
  });

  it("names only log events that the Worker writes", () => {
    const table = text.slice(text.indexOf("## Log lines"));
    const events = [...table.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map((match) => match[1] ?? "");
    expect(events.length).toBeGreaterThan(5);
    for (const event of events) expect(source).toContain(`"${event}"`);
  });
});
