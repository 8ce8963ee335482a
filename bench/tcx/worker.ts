// The first contestants inside workerd. A Worker's clock stands still while it computes, so the time is taken outside:
// `/?parser=…&hours=…&times=…` runs the parser so many times and answers with the hash of what it read.

import { type Columns, columnsHash } from "./columns.ts";
import {
  type BenchFile,
  countTrackpoints,
  decodeWithFastXmlParser,
  decodeWithOurs,
  decodeWithTxml,
} from "./contestants.ts";
import { fitbitBytes } from "./fitbit-file.ts";

const files = new Map<string, BenchFile>();

function fileOf(hours: string): BenchFile {
  const known = files.get(hours);
  if (known !== undefined) return known;
  const bytes = fitbitBytes(Number(hours) * 3_600);
  const file = { bytes, text: new TextDecoder().decode(bytes) };
  files.set(hours, file);
  return file;
}

const readers: Readonly<Record<string, (file: BenchFile) => Columns | number>> = {
  ours: decodeWithOurs,
  txml: decodeWithTxml,
  "fast-xml-parser": decodeWithFastXmlParser,
  floor: countTrackpoints,
};

export default {
  fetch(request: Request): Response {
    const query = new URL(request.url).searchParams;
    const file = fileOf(query.get("hours") ?? "1");
    const read = readers[query.get("parser") ?? ""];
    if (read === undefined) return new Response("unknown parser", { status: 404 });
    let result: Columns | number = 0;
    for (let count = Number(query.get("times")); count > 0; count--) result = read(file);
    return new Response(
      typeof result === "number" ? String(result) : query.has("hash") ? columnsHash(result) : "read",
    );
  },
};
