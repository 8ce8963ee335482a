// An isolate has 128 MB for everything that it does at once. Ten hours are exported here by a process whose heap is held to a
// quarter of that, which V8 ends as soon as it would need more.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportFormats } from "../../../../src/activities/exports/export.ts";

const heapMegabytes = 32;

it.each(exportFormats)("ten hours as %s fit into a part of an isolate's memory", (format) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${heapMegabytes}`, join(import.meta.dirname, "ten-hours.ts"), format],
    { encoding: "utf8" },
  );
  expect(status, stderr).toBe(0);
  const { bytes, peakMegabytes } = JSON.parse(stdout) as { bytes: number; peakMegabytes: number };
  expect(bytes).toBeGreaterThan(500_000);
  // Buffers stand outside the heap: a streamed text is never there whole.
  expect(peakMegabytes).toBeLessThan(64);
});
