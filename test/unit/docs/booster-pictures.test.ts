// docs/boosters.md shows what the code does today.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drawBoosters } from "../../../scripts/pictures/boosters.ts";

const docs = join(import.meta.dirname, "../../../docs");
const pictures = drawBoosters();

it.each([...pictures])("the picture %s is what its script draws (npm run docs:boosters)", (name, picture) => {
  expect(readFileSync(join(docs, "boosters", name), "utf8")).toBe(picture);
});

it("every picture stands on the page, with words for those who cannot see it, and no other is there", () => {
  const page = readFileSync(join(docs, "boosters.md"), "utf8");
  const shown = [...page.matchAll(/!\[([^\]]{20,})\]\(boosters\/([^)]+)\)/g)].map(([, , name]) => name);
  expect(shown.sort()).toEqual([...pictures.keys()].sort());
  expect(readdirSync(join(docs, "boosters")).sort()).toEqual([...pictures.keys()].sort());
});

it("a picture loads nothing and runs nothing", () => {
  for (const picture of pictures.values()) expect(picture).not.toMatch(/<script|href|url\(|@import/);
});
