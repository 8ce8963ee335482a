// Exports ten hours at a record a second in one format, as the Worker would, to a reader that takes its time; prints what the
// reader saw of memory. Run by memory.test.ts in a process of its own, whose heap is bounded.

import { gzipSync } from "node:zlib";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { type ExportFormat, writeExport } from "../../../../src/activities/exports/export.ts";
import { documentOf, tenHoursOfRecords } from "./sample.ts";

const format = process.argv[2] as ExportFormat;

function makeDocument(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(JSON.stringify(documentOf({ laps: [tenHoursOfRecords()] }))));
}

const stored = makeDocument();
let peak = 0;
const look = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  peak = Math.max(peak, heapUsed + arrayBuffers);
};
const inflated = new Blob([stored]).stream().pipeThrough(new DecompressionStream("gzip"));
const document = (await new Response(inflated).json()) as ActivityDocument;
look();
const made = await writeExport(document, format);
look();
let bytes = 0;
for await (const chunk of made instanceof Uint8Array ? [made] : made) {
  bytes += chunk.length;
  look();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
process.stdout.write(JSON.stringify({ bytes, peakMegabytes: Math.ceil(peak / 1024 / 1024) }));
